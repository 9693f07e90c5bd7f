"""Flow `release`: publish what survived as a named, immutable folder of plain Parquet shards, or nothing at all."""

from prefect import flow

from flows.releases.create import create_release
from flows.stage import Receipt, context_of


@flow(name="release", flow_run_name="release", persist_result=False)
def release_flow(config_path: str) -> Receipt:
    """Publish the release that the config names; the same content again changes nothing.

    Raises: LeakError when a row holds known PHI; ConfigError when the name is taken by other content.
    """
    context = context_of(config_path)
    return create_release(context, context.config.release)[1]
