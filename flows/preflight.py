"""Look at everything a run needs before it starts; nothing is written.

In: the config. Out: what was found, as plain lines, or ConfigError that says what to do.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from curation.generate.embedded import model_path
from curation.generate.pool import check_endpoints
from flows.stage import Context, context_of
from schemas.errors import ConfigError

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a run would find."""

    rows: int
    images: int
    ignored_columns: tuple[str, ...]
    defects: dict[str, int]
    orphans: int
    endpoints: dict[str, str | None]

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"input: {self.rows} rows, {self.images} image files, {self.orphans} of them in no row"
        if self.ignored_columns:
            yield f"ignored columns: {', '.join(self.ignored_columns)}"
        for reason, count in sorted(self.defects.items()):
            yield f"rows that will be rejected: {count} {reason}"
        for name, trouble in self.endpoints.items():
            yield f"endpoint {name}: {trouble or 'ok'}"
        if not self.endpoints:
            yield "endpoint: none configured, the embedded demo model will be used"
        yield "ready"


def preflight(config_path: Path, *, embedded: bool) -> Preflight:
    """Validate config, key, input and endpoints.

    Raises: ConfigError, also when endpoints are configured and none answers.
    """
    context = context_of(str(config_path))
    export = context.export
    defects = Counter(reason for reason in export.cases["defect"].to_pylist() if reason)
    endpoints = _endpoints(context, embedded=embedded)
    orphans = len(export.orphan_ids)
    ignored = tuple(export.ignored_columns)
    return Preflight(export.cases.num_rows, len(export.files.paths), ignored, dict(defects), orphans, endpoints)


def _endpoints(context: Context, *, embedded: bool) -> dict[str, str | None]:
    configured = context.config.endpoints
    if not configured:
        if not embedded:
            raise ConfigError("endpoints: none is configured and --no-embedded forbids the demo model")
        model_path()
        return {}
    found = check_endpoints(configured, timeout_s=TIMEOUT_S)
    if all(trouble is not None for trouble in found.values()):
        listed = "; ".join(f"{name}: {trouble}" for name, trouble in found.items())
        raise ConfigError(f"endpoints: none is reachable ({listed})")
    return found
