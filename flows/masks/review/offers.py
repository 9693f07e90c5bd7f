"""The folder of a review queue: what is offered, where reviewers write their decisions, and reading them back.

In: offers. Out: `offers.json` (what was offered, never changed), `queue.csv` (one row per box, to fill in), decisions.
Both hold ids and boxes, never text or pictures. Source: spec, Images, rule 9 (review only unmasks).
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from curation.image.mask import Box
from flows.masks.readers.sheets import read_moment, read_sheet, sheet, write_private
from flows.masks.review.seal import purge_crops
from flows.person import check_code
from schemas.errors import ConfigError
from schemas.review import ReviewDecision

OFFERS, QUEUE = "offers.json", "queue.csv"
_BOX = ("x0", "y0", "x1", "y1")
COLUMNS = ("review_id", "frame_id", *_BOX, "rule", "decision", "reviewer", "decided_at")
_NEEDED = COLUMNS[:-1]
#: A code, so that no staff name comes into the log.


@dataclass(frozen=True, slots=True)
class Offer:
    """One masked box that a human may unmask."""

    review_id: str
    frame_id: str
    box: Box
    rule: str


@dataclass(frozen=True, slots=True)
class Offers:
    """What a queue was made from: the state of the shelf, the lifetime of its crops, the offers."""

    stage_epoch: int
    fingerprint: str
    ttl_s: int
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """An offer and what a reviewer said; ``decision`` is None where nobody has said anything yet."""

    offer: Offer
    decision: ReviewDecision | None
    reviewer: str
    decided_at: datetime


def write_queue(out_dir: Path, offers: Offers) -> None:
    """Write a new queue; its sheet comes last and says that the folder is complete."""
    rows = [[o.review_id, o.frame_id, *o.box, o.rule] for o in offers.offers]
    facts = {"stage_epoch": offers.stage_epoch, "fingerprint": offers.fingerprint, "ttl_s": offers.ttl_s}
    write_private(out_dir / OFFERS, json.dumps({**facts, "offers": rows}, indent=1).encode())
    now = datetime.now(UTC)
    _write_sheet(out_dir, [Decided(offer, None, "", now) for offer in offers.offers])


def read_offers(out_dir: Path) -> Offers:
    """Read what a queue offers.

    Raises: ConfigError when the folder is no finished queue.
    """
    try:
        facts = json.loads((out_dir / OFFERS).read_text(encoding="utf-8"))
        offers = [Offer(str(r[0]), str(r[1]), _box(r[2:6]), str(r[6])) for r in facts["offers"]]
        found = Offers(int(facts["stage_epoch"]), str(facts["fingerprint"]), int(facts["ttl_s"]), tuple(offers))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        found = None
    if found is None or not (out_dir / QUEUE).is_file():
        raise ConfigError(f"{out_dir} holds no finished review queue: export one into a new folder")
    return found


def read_decisions(out_dir: Path) -> list[Decided]:
    """Read the sheet back, in the order of the offers; a row that is gone is a row without a decision.

    Raises: ConfigError when a row is unknown, twice there or changed, or a decision is none or nobody's.
    """
    offers = {offer.review_id: offer for offer in read_offers(out_dir).offers}
    path = out_dir / QUEUE
    saved_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    found: dict[str, Decided] = {}
    for number, row in read_sheet(path, _NEEDED, optional=COLUMNS[-1:]):
        where, name = f"{QUEUE}, row {number}", row["review_id"]
        if name not in offers:
            raise ConfigError(f"{where}: the review id is unknown; restore the row or delete it")
        if name in found:
            raise ConfigError(f"{where}: review {name} is there twice; delete one of the rows")
        _check_same(row, offers[name], where)
        found[name] = _decided(row, offers[name], saved_at, where)
    return [found.get(name) or Decided(offer, None, "", saved_at) for name, offer in offers.items()]


def record(out_dir: Path, name: str, decision: ReviewDecision, reviewer: str) -> None:
    """Write one decision into the sheet; several pages may do so at once.

    Raises: ConfigError when the review is unknown or the sheet cannot be read.
    """
    check_code(reviewer, "reviewer")
    with _alone_in(out_dir):
        rows = read_decisions(out_dir)
        place = next((i for i, row in enumerate(rows) if row.offer.review_id == name), None)
        if place is None:
            raise ConfigError("the review id is unknown")
        rows[place] = Decided(rows[place].offer, decision, reviewer, datetime.now(UTC))
        _write_sheet(out_dir, rows)


def purge(out_dir: Path, *, now: int | None = None) -> int:
    """Delete the crops of a queue that have expired; give their number. Decisions stay.

    Raises: ConfigError when the folder is no review queue.
    """
    return purge_crops(out_dir, read_offers(out_dir).ttl_s, now=now)


def _decided(row: dict[str, str], offer: Offer, saved_at: datetime, where: str) -> Decided:
    word = row["decision"].lower()
    if not word:
        return Decided(offer, None, "", saved_at)
    if word not in set(ReviewDecision):
        raise ConfigError(f"{where}: decision must be keep, mask or empty")
    if not row["reviewer"]:
        raise ConfigError(f"{where}: a decision needs a reviewer; write your code")
    try:
        check_code(row["reviewer"], "reviewer")
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    return Decided(offer, ReviewDecision(word), row["reviewer"], read_moment(row.get("decided_at", "")) or saved_at)


def _check_same(row: dict[str, str], offer: Offer, where: str) -> None:
    same = [row["frame_id"], *(row[name] for name in _BOX), row["rule"]]
    if same != [offer.frame_id, *map(str, offer.box), offer.rule]:
        raise ConfigError(f"{where}: only decision and reviewer may be changed; restore frame, box and rule")


def _box(values: Sequence[Any]) -> Box:
    x0, y0, x1, y1 = map(int, values)
    return x0, y0, x1, y1


def _write_sheet(out_dir: Path, rows: Sequence[Decided]) -> None:
    write_private(out_dir / QUEUE, sheet(COLUMNS, map(_row, rows)))


def _row(decided: Decided) -> dict[str, Any]:
    offer, decision = decided.offer, decided.decision
    fixed = {"review_id": offer.review_id, "frame_id": offer.frame_id, "rule": offer.rule}
    box = dict(zip(_BOX, offer.box, strict=True))
    if decision is None:
        return {**fixed, **box}
    made = decided.decided_at.isoformat(timespec="seconds")
    return {**fixed, **box, "decision": decision.value, "reviewer": decided.reviewer, "decided_at": made}


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let one writer at a time change the sheet."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
