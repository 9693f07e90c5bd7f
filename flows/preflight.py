"""Look at everything a run needs before it starts; nothing is written.

In: the config. Out: what was found, as plain lines, or ConfigError that says what to do.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow.compute as pc

from curation.dedup.stored import rule_name
from curation.generate.embedded import model_path
from curation.image.engines import check_engines
from curation.pool.reach import check_endpoints
from curation.pool.terms import Terms
from flows.annotations import check_words
from flows.arrivals import come_late, would_keep
from flows.pool.keys import keys_of
from flows.stage import STAGES, Context, context_of
from schemas.errors import ConfigError
from schemas.review import ReviewOutcome
from warehouse.amend import read_reviews
from warehouse.journal import planned_ids
from warehouse.published import published_fingerprints, published_hashes

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


def preflight(config_path: str | Path, *, embedded: bool, rebuild: bool = False, publish: bool = True) -> Preflight:
    """Validate config, key, input and endpoints; ``rebuild`` allows another rule of deduplication than before.

    ``publish`` says whether the release of the config will be made, whose name must then be free.
    Raises: ConfigError, also when endpoints are configured and none answers.
    """
    try:
        context = context_of(str(config_path))
        if not rebuild:
            check_rule(context)
        return _look(context, embedded=embedded, publish=publish)
    except (OSError, ValueError, RuntimeError) as error:  # these may quote names of files
        raise ConfigError(
            f"the input or the warehouse cannot be read ({type(error).__name__}): check the paths"
        ) from None


def _look(context: Context, *, embedded: bool, publish: bool) -> Preflight:
    check_root(context.shelf.root, context.config.input.images)
    check_engines(context.config.desensitize)
    check_words(context.config)
    export = context.export
    if publish:
        check_release_name(context)
    defects = Counter(reason for reason in export.cases["defect"].to_pylist() if reason)
    endpoints = _endpoints(context, embedded=embedded)
    orphans = len(export.orphan_ids)
    ignored = tuple(export.ignored_columns)
    return Preflight(export.cases.num_rows, len(export.files.paths), ignored, dict(defects), orphans, endpoints)


def check_root(root: Path, images: Path) -> None:
    """See that the warehouse can be written and lies apart from the hospital's files.

    Raises: ConfigError.
    """
    if root.exists() and not root.is_dir():
        raise ConfigError(f"warehouse.root: {root} is not a folder")
    if root.resolve().is_relative_to(images.resolve()):
        raise ConfigError("warehouse.root lies inside input.images: the hospital's folder is only ever read")
    nearest = next(folder for folder in (root, *root.parents) if folder.exists())
    if not os.access(nearest, os.W_OK | os.X_OK) or not nearest.is_dir():
        raise ConfigError(f"warehouse.root: {nearest} cannot be written")


def check_rule(context: Context) -> None:
    """See that earlier pairs were kept under the rule and versions of now.

    Raises: ConfigError.
    """
    rules = set(context.shelf.read("dedup_pool", ["rule"])["rule"].unique().to_pylist())
    now = rule_name(context.config.deduplicate)
    if rules - {now}:
        before = next(iter(rules - {now})) or "an older version"
        raise ConfigError(
            f"pairs were kept under another rule ({before}; now: {now}): set [deduplicate] back, or decide all pairs "
            "anew with `sonocurate run --rebuild`"
        )


def check_release_name(context: Context) -> None:
    """See that the release's name is free, or that nothing is new since it was published.

    Raises: ConfigError.
    """
    published = published_fingerprints(context.shelf, context.config.release)
    if published is None:
        return
    ids = {*context.export.case_ids, *context.export.orphan_ids}
    current = {name: context.fingerprint(name) for name in STAGES} | {"release": context.config.release.fingerprint()}
    if (
        published != current
        or ids - planned_ids(context.shelf, "intake")
        or come_late(context, partial(would_keep, context), note=False)
        or _is_amended(context)
    ):
        name = context.config.release.name
        raise ConfigError(
            f"release {name} is published and immutable, and the input, the key, the settings or the masks have "
            "changed since: set another [release] name"
        )


def _is_amended(context: Context) -> bool:
    """Say whether a review has unmasked boxes, under these settings, in frames that the release shows masked."""
    shelf, same_settings = context.shelf, pc.field("fingerprint") == context.fingerprint("desensitize")
    applied = read_reviews(shelf).filter(same_settings & (pc.field("outcome") == ReviewOutcome.APPLIED.value))
    if applied.num_rows == 0:
        return False
    frame_ids = applied["frame_id"].unique()
    here = same_settings & pc.field("frame_id").isin(frame_ids)
    rows = shelf.read("images", ["frame_id", "sha256"], here).to_pylist()
    published = published_hashes(shelf, context.config.release, frame_ids.to_pylist())
    return any(published.get(row["frame_id"], row["sha256"]) != row["sha256"] for row in rows)


def _endpoints(context: Context, *, embedded: bool) -> dict[str, str | None]:
    configured = context.config.endpoints
    if not configured:
        if not embedded:
            raise ConfigError("endpoints: none is configured and --no-embedded forbids the demo model")
        model_path()
        return {}
    terms = Terms(allowed=context.config.generate.allowed, keys=keys_of(configured))
    found = check_endpoints(configured, timeout_s=TIMEOUT_S, terms=terms)
    if all(trouble is not None for trouble in found.values()):
        listed = "; ".join(f"{name}: {trouble}" for name, trouble in found.items())
        raise ConfigError(f"endpoints: none is reachable ({listed})")
    return found
