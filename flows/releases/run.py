"""`sonocurate release create`: publish under a new name; a production release runs as a flow, which waits for a person.

Flows in: a config and options. Flows out: a release, and lines that say what it holds.
"""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from flows.alone import alone
from flows.releases.create import Ask, check_free, check_governance, create_release
from flows.releases.select import UNITS
from flows.runner import result_of
from flows.server import check_configured_server, prefect_server
from flows.stage import Context, context_of
from schemas.instruction import Tier
from schemas.load import release_of
from schemas.publishing import Release
from warehouse.published import manifest_of
from warehouse.release import OPTIONAL, folder_of


def run_release(
    config_path: Path, name: str, tier: str | None, *, against: Sequence[Path], audit: Path | None
) -> Iterator[str]:
    """Publish a release and say what it holds.

    Raises: ConfigError, LeakError.
    """
    context = context_of(str(config_path))
    config = release_of(context.config.release, name=name, tier=tier)
    check_governance(config)
    with alone(context.shelf.root):
        check_free(context.shelf, name)
        if config.tier is Tier.PRODUCTION:
            _run_flow(context, config_path, config, against=against, audit=audit)
        else:
            create_release(context, config, Ask(tuple(against), audit))
    manifest = manifest_of(folder_of(context.shelf, name))
    for component in (name for name in UNITS if manifest["counts"][name] or name not in OPTIONAL):
        yield f"{component}: {manifest['counts'][component]}"
    yield f"content {manifest['content_sha256']}"
    yield f"{folder_of(context.shelf, name)}: see card.html there"


def _run_flow(
    context: Context, config_path: Path, config: Release, *, against: Sequence[Path], audit: Path | None
) -> None:
    warnings.simplefilter("ignore")  # libraries print values of headers in their warnings
    check_configured_server()
    with prefect_server(context.shelf.root / "logs" / "prefect-server.log"):
        from flows.parameters import ReleaseRun  # noqa: PLC0415 - Prefect reads its settings at import
        from flows.release import release_flow  # noqa: PLC0415

        run = ReleaseRun(
            config_path=str(config_path.resolve()),
            name=config.name,
            tier=config.tier,
            against=tuple(str(path.resolve()) for path in against),
            audit=str(audit.resolve()) if audit else None,
        )
        result_of(release_flow(run, return_state=True))
