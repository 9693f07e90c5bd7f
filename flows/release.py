"""Flow `release`: publish what survived as a named, immutable folder of plain Parquet shards, or nothing at all.

A production release pauses for a person: the review figures are the run's artifact, and the decision is checked again
after the run goes on.
"""

from collections.abc import Sequence
from pathlib import Path

from prefect import flow

from flows.releases.create import Ask, create_release
from flows.releases.decision import ask_person
from flows.stage import Receipt, context_of
from schemas.load import release_of


@flow(name="release", flow_run_name="release", persist_result=False)
def release_flow(
    config_path: str,
    name: str | None = None,
    tier: str | None = None,
    against: Sequence[str] = (),
    audit: str | None = None,
) -> Receipt:
    """Publish the release that the config names, or another; the same content again changes nothing.

    Raises: LeakError when a row holds known PHI; ConfigError when the name is taken by other content, or a production
        release is refused.
    """
    context = context_of(config_path)
    config = release_of(context.config.release, name=name or context.config.release.name, tier=tier)
    ask = Ask(tuple(map(Path, against)), Path(audit) if audit else None)
    return create_release(context, config, ask, ask_person(context.shelf.root))[1]
