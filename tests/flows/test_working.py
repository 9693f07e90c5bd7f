"""What a flow holds while it works."""

import sqlite3
from contextlib import closing

HEARTBEATS = """
SELECT DISTINCT flow.name FROM events
JOIN flow_run ON events.resource_id = 'prefect.flow-run.' || flow_run.id JOIN flow ON flow.id = flow_run.flow_id
WHERE events.event = 'prefect.flow-run.heartbeat'
AND (flow.name = 'curate' OR flow_run.parent_task_run_id IS NOT NULL)
"""


def test_a_pipeline_sends_heartbeats_and_its_stages_none(finished, site):
    with closing(sqlite3.connect(site.prefect_home / "prefect.db")) as database:
        assert database.execute(HEARTBEATS).fetchall() == [("curate",)]
        stages = "SELECT count(*) FROM flow_run WHERE parent_task_run_id IS NOT NULL"
        assert database.execute(stages).fetchone()[0] >= 12
