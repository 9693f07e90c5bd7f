"""`sonocurate plan`: the cluster and the money that an archive needs, from measured service times.

In: the size of an archive, and processor seconds per row as the log of a warehouse holds them (``chunk.done`` lines),
or a TOML of one's own. Out: processors, requests at a time, hours and money per stage.

Little's law gives what must be busy at a time: rows per second x seconds per row. Deduplication is not linear: its
search compares every pair with what was kept before (docs/scale.md).
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from flows.watch.costs import costs_of
from flows.watch.log import read
from schemas.errors import ConfigError
from schemas.load import parse_toml

#: Which number of the archive a stage's rows follow; deduplication has a formula of its own.
ROWS = {
    "intake": "cases",
    "desensitize": "images",
    "annotate": "annotated",
    "rate": "rated",
    "scrub": "cases",
    "tag": "cases",
    "generate": "cases",
    "verify": "pairs",
    "prescreen": "pairs",
    "ground": "annotated",
}
_HOUR, _DAY = 3600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class DedupRun:
    """A measured run of deduplication."""

    texts: int
    kept: int
    cpu_s: float


#: Dense texts of `make bench-dedup`, as the table of docs/scale.md shows them; of each, this is start-up.
SMALL_RUN, LARGE_RUN = DedupRun(100_000, 49_071, 6.3), DedupRun(1_000_000, 256_384, 169.0)
START_S = 2.0


def _costs(small: DedupRun, large: DedupRun) -> tuple[float, float]:
    """Draw a line through two runs: seconds per text = read + compare x half of what is kept."""
    low, high = ((run.cpu_s - START_S) / run.texts for run in (small, large))
    compare_s = (high - low) / ((large.kept - small.kept) / 2)
    return low - compare_s * small.kept / 2, compare_s


READ_S, COMPARE_S = _costs(SMALL_RUN, LARGE_RUN)


def _stage(name: str) -> str:
    if name not in ROWS:
        raise PydanticCustomError("stage", "{text}", {"text": f"no stage of the plan, which has {', '.join(ROWS)}"})
    return name


#: Seconds, tokens, money: more than any of them can be, so that no product of them is infinite.
LARGEST = 1e12
Figure = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Stage = Annotated[str, AfterValidator(_stage)]


class Numbers(BaseModel):
    """Service times and prices; every one can be told in a TOML of the same keys."""

    model_config = ConfigDict(extra="forbid", strict=True)

    cpu_s: dict[Stage, Figure] = Field(default_factory=dict, description="processor seconds per row, by stage")
    dedup_read_s: Figure = Field(READ_S, description="of a pair, without its search")
    dedup_compare_s: Figure = Field(COMPARE_S, description="to compare a pair with a kept one")
    kept_share: float = Field(0.6, ge=0, le=1, description="share of pairs that deduplication keeps")
    request_s: Figure | None = Field(None, gt=0, description="seconds of a request, from sending to answer")
    requests_per_pair: float = Field(1.0, gt=0, le=1e6, description="with retries, checks and judges")
    tokens_in: Figure | None = Field(None, description="of a request")
    tokens_out: Figure | None = Field(None, description="of a request")
    usd_per_mtok_in: Figure | None = None
    usd_per_mtok_out: Figure | None = None
    usd_per_core_hour: Figure | None = None
    busy_share: float = Field(0.8, ge=0.001, le=1, description="share of time that a worker works")


@dataclass(frozen=True, slots=True)
class Archive:
    """What is to be worked through, and in how many days."""

    cases: int
    images: int
    pairs: int
    days: float
    annotated: int = 0  # images with annotations
    rated: int = 0  # images whose quality a model judges


@dataclass(frozen=True, slots=True)
class Need:
    """What one stage needs: ``at_once`` processors, or requests of a model, that work at the same time."""

    stage: str
    rows: int
    s_per_row: float
    hours: float
    at_once: float
    usd: float | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """What all stages need together."""

    archive: Archive
    needs: tuple[Need, ...]
    missing: tuple[str, ...]

    def table(self) -> pa.Table:
        """Give a row per stage."""
        rows = [asdict(need) for need in self.needs]
        return pa.Table.from_pylist(
            [
                {**row, "s_per_row": float(f"{row['s_per_row']:.3g}"), "hours": round(row["hours"], 1)}
                | {"at_once": round(row["at_once"], 2), "usd": None if row["usd"] is None else round(row["usd"], 2)}
                for row in rows
            ]
        )

    def lines(self) -> Iterator[str]:
        """Say what must be there, and what is not known."""
        cores = sum(need.at_once for need in self.needs if need.stage != "requests")
        yield f"{cores:.1f} processors busy for {self.archive.days:g} days, if stages overlap"
        asked = [need for need in self.needs if need.stage == "requests"]
        if asked:
            yield f"{asked[0].at_once:.1f} requests to models at a time"
        known = [need.usd for need in self.needs if need.usd is not None]
        if known:
            yield f"{sum(known):,.0f} USD for what has a price"
        for name in self.missing:
            yield f"not known: {name} (measure it by a run, or tell it with --numbers)"


def service_of(root: Path, numbers: Path | None) -> Numbers:
    """Read service times of a warehouse's log and ledger; those of a TOML win.

    Raises: ConfigError naming the key of the TOML that is wrong.
    """
    told = _told(numbers) if numbers else {}
    measured = _measured(root)
    return Numbers.model_validate({**measured, **told, "cpu_s": {**measured["cpu_s"], **told.get("cpu_s", {})}})


def plan_of(archive: Archive, numbers: Numbers) -> Cluster:
    """Compute what an archive needs.

    Raises: ConfigError when its days are no number.
    """
    if not 0 < archive.days < math.inf:
        raise ConfigError("--days must be a number above 0")
    needs, missing = [], []
    for stage, unit in ROWS.items():
        rows: int = getattr(archive, unit)
        if stage in numbers.cpu_s:
            needs.append(_need(stage, rows, numbers.cpu_s[stage], archive, numbers))
        elif rows:
            missing.append(f"cpu_s.{stage}")
    needs.append(_dedup(archive, numbers))
    if numbers.request_s is None:
        missing.append("request_s")
    else:
        needs.append(_requests(archive, numbers))
    missing += [name for name in ("usd_per_core_hour",) if getattr(numbers, name) is None]
    return Cluster(archive, tuple(needs), tuple(missing))


def _need(stage: str, rows: int, s_per_row: float, archive: Archive, numbers: Numbers) -> Need:
    hours = rows * s_per_row / _HOUR
    at_once = rows * s_per_row / (archive.days * _DAY * numbers.busy_share)
    price = numbers.usd_per_core_hour
    return Need(stage, rows, s_per_row, hours, at_once, None if price is None else hours * price)


def _dedup(archive: Archive, numbers: Numbers) -> Need:
    """Cost of the ordered pass: each pair is compared with half of what is kept in the end, on average."""
    if not archive.pairs:
        return _need("deduplicate", 0, 0.0, archive, numbers)
    compared = archive.pairs * numbers.kept_share / 2
    per_pair = numbers.dedup_read_s + compared * numbers.dedup_compare_s
    return _need("deduplicate", archive.pairs, per_pair, archive, numbers)


def _requests(archive: Archive, numbers: Numbers) -> Need:
    rows = round(archive.pairs * numbers.requests_per_pair) + archive.rated
    seconds = numbers.request_s or 0.0
    money = [
        tokens * price / 1e6
        for tokens, price in (
            (numbers.tokens_in, numbers.usd_per_mtok_in),
            (numbers.tokens_out, numbers.usd_per_mtok_out),
        )
        if tokens is not None and price is not None
    ]
    usd = rows * sum(money) if money else None
    return Need("requests", rows, seconds, rows * seconds / _HOUR, rows * seconds / (archive.days * _DAY), usd)


def _measured(root: Path) -> dict[str, Any]:
    rows, cpu_s = defaultdict[str, int](int), defaultdict[str, float](float)
    kept = dropped = 0
    for line in read(root):
        if line["event"] == "chunk.done":
            rows[line["stage"]] += line["rows"]
            cpu_s[line["stage"]] += line["cpu_s"]
            if line["stage"] == "deduplicate":
                kept, dropped = kept + line["kept"], dropped + line["rejected"]
    found: dict[str, Any] = {"cpu_s": {name: cpu_s[name] / rows[name] for name in ROWS if rows.get(name)}}
    if kept + dropped:
        found["kept_share"] = kept / (kept + dropped)
    costs = costs_of(root)
    if answers := sum(cost.answered for cost in costs):
        found["tokens_in"] = sum(cost.tokens_in for cost in costs) / answers
        found["tokens_out"] = sum(cost.tokens_out for cost in costs) / answers
    return found


def _told(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"--numbers: {path} cannot be read") from None
    try:
        return Numbers.model_validate(parse_toml(text, f"--numbers: {path}")).model_dump(exclude_unset=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise ConfigError(f"--numbers: {path}: {place}: {first['msg']}") from None
