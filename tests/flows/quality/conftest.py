"""The hospital of the release tests with juries and reviews whose figures are known."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from schemas.expert import REVIEW
from schemas.judgement import JUDGEMENT, PRESCREEN
from tests.flows.releases.conftest import hospital  # noqa: F401 - a fixture
from warehouse.catalog import rebuild
from warehouse.tables import Commit

WRONG = 6


def review(pair, reviewer, verdict, *, attention=False, errors=()):
    return {
        **{name: pair[name] for name in ("instance_id", "case_id", "site")},
        "review_id": f"{pair['instance_id']}|{reviewer}|{attention}",
        "task_id": "t",
        "reviewer": reviewer,
        "verdict": verdict,
        "errors": list(errors),
        "attention": attention,
        "reviewed_at": datetime(2026, 1, 1, tzinfo=UTC),
        "source": "csv",
        "comment": "looks odd" if verdict != "accept" else None,
    }


def judgement(pair, judge, verdict):
    ids = {name: pair[name] for name in ("instance_id", "case_id", "site")}
    return {**ids, "judge": judge, "model": judge, "request_key": "k", "saw_frames": judge == "eye", "verdict": verdict}


@pytest.fixture
def reviewed(hospital):  # noqa: F811
    """48 open pairs of two models, all passed by two judges; the first 30 reviewed, 6 of model-a wrong, 10 twice."""
    pairs = hospital.rows["instruction_pairs"]
    for at, row in enumerate(pairs):
        row["model"] = ("model-a", "model-b")[at % 2]
    hospital.shelve()
    ids = [{name: row[name] for name in ("instance_id", "case_id", "site")} for row in pairs]
    said = ["reject" if at % 2 == 0 and at < 2 * WRONG else "accept" for at in range(30)]
    reviews = [review(pairs[at], "r1", said[at], errors=["side"] * (said[at] != "accept")) for at in range(30)]
    reviews += [review(pairs[at], "r2", said[at] if at else "accept", errors=["side"]) for at in range(10)]
    reviews += [review(pairs[40], "r1", "reject", attention=True, errors=["number"])]
    reviews += [review(pairs[41], "r2", "accept", attention=True)]
    judged = [judgement(row, judge, "pass") for row in pairs for judge in ("ear", "eye")]
    judged[0] = judgement(pairs[0], "ear", "fail")
    rows = {
        "prescreens": pa.Table.from_pylist(
            [{**one, "outcome": "pass", "judges": 2, "passed": 2} for one in ids], schema=PRESCREEN
        ),
        "judgements": pa.Table.from_pylist(judged, schema=JUDGEMENT),
        "reviews": pa.Table.from_pylist(reviews, schema=REVIEW),
    }
    for name, table in rows.items():
        hospital.shelf.append(name, table, Commit("test", 0, "f", "k"))
    rebuild(hospital.shelf)
    return hospital
