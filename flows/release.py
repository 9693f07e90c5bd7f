"""Flow `release`: publish what survived as a named, immutable folder of plain Parquet shards, or nothing at all.

A production release pauses for a person: the review figures are the run's artifact, and the decision is checked again
after the run goes on.
"""

from pathlib import Path

from prefect import flow

from flows.names import run_name
from flows.parameters import ReleaseRun, dated
from flows.releases.create import Ask, create_release
from flows.releases.decision import ask_person
from flows.stage import Receipt
from flows.watch.events import leak_suspected, release_published
from flows.working import working
from schemas.errors import LeakError
from schemas.load import release_of
from warehouse.release import folder_of


@flow(name="release", flow_run_name=run_name, persist_result=False)
def release_flow(run: ReleaseRun) -> Receipt:
    """Publish the release that the config names, or another; the same content again changes nothing.

    Raises: LeakError when a row holds known PHI; ConfigError when the name is taken by other content, or a production
        release is refused.
    """
    with working(run, "release") as work:
        context, told = work.context, work.context.config.release
        config = release_of(told, name=dated(run.name or told.name), tier=run.tier)
        was_there = folder_of(context.shelf, config.name).exists()
        ask = Ask(tuple(map(Path, run.against)), Path(run.audit) if run.audit else None)
        try:
            receipt = create_release(context, config, ask, ask_person(context.shelf.root))[1]
        except LeakError:
            leak_suspected(work, config.name)
            raise
        if not was_there:
            release_published(work, config.name, receipt)
        return receipt
