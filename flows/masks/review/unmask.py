"""Apply the decisions of a review: log them, then show the boxes that may be shown.

In: the decisions of a queue, the published frames and their sources. Out: amended rows of `images` and `text_regions`,
and `mask_reviews`, which is written first: a run that is killed is finished by the next call, and nothing is shown that
the log does not name. A decision cannot overrule known PHI. Source: spec, Images, rules 4, 5 and 9.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation.image.desensitize import encode_png
from curation.image.mask import Box
from curation.image.ocr import OcrEngine
from curation.image.rapidocr import load_engine
from flows.alone import alone
from flows.key import load_key
from flows.masks.review.doubts import (
    DOUBTS,
    UNPROVEN,
    Place,
    State,
    box_of,
    by_frame,
    case_of,
    identities,
    image_of,
    state_of,
    touches,
)
from flows.masks.review.offers import Decided, Offers, read_decisions, read_offers
from flows.masks.review.seal import review_id
from flows.masks.review.second_look import look_again
from flows.masks.review.sources import BATCH, Pair, frame_rows, pair_of
from flows.progress import Track
from flows.stage import Context, context_of
from schemas.errors import ChunkError, ConfigError
from schemas.region import RegionAction, RegionKind
from schemas.review import MASK_REVIEW, REVIEWED, ReviewDecision, ReviewOutcome
from schemas.shelf import shelved
from warehouse.amend import REVIEWS, is_committed, log_reviews, read_reviews, replace_rows
from warehouse.catalog import rebuild
from warehouse.shards import groups
from warehouse.tables import Commit

STAGE = "mask_review"
OUTDATED = "the masks have changed since this queue was exported: export a new one"


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of the decisions of a queue: counts by outcome, and how many frames show more than before."""

    outcomes: dict[ReviewOutcome, int]
    frames: int

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        for outcome, count in self.outcomes.items():
            yield f"{count} {outcome.value}"
        yield f"{self.frames} frames amended"
        if self.frames:
            yield "published releases stay as they are: set another [release] name to publish the amended frames"


def apply_decisions(config_path: Path | str, out_dir: Path, *, ocr: OcrEngine | None = None) -> Applied:
    """Log the decisions of a queue and unmask what may be shown, exactly once; the same queue again changes nothing.

    Raises: ConfigError when the queue does not belong to this warehouse, or is not filled in properly.
    """
    context = context_of(str(config_path))
    offers = read_offers(out_dir)
    decided = [row for row in read_decisions(out_dir) if row.decision is not None]
    _check_genuine(offers, decided, load_key(context.config))
    state = State(offers.stage_epoch, offers.fingerprint)
    _check_state(context, state)
    commit = Commit(STAGE, state.stage_epoch, state.fingerprint, _batch_id(decided))
    with alone(context.shelf.root):
        _check_state(context, state)  # again: a run may have ended in between
        _finish(context, state)
        if not is_committed(context.shelf, REVIEWS, commit):
            log_reviews(context.shelf, _judge_all(context, state, decided, ocr), commit)
        _finish(context, state)
        rebuild(context.shelf)
    return _summary(read_reviews(context.shelf, commit).to_pylist())


def _check_state(context: Context, state: State) -> None:
    if state_of(context.shelf) != state:
        raise ConfigError(OUTDATED)


def _check_genuine(offers: Offers, decided: Sequence[Decided], key: bytes) -> None:
    """See that what was offered was offered under this project's key, box by box."""
    for row in decided:
        offer = row.offer
        parts = (offers.stage_epoch, offers.fingerprint, offer.frame_id, offer.box, offer.rule)
        if review_id(key, *parts) != offer.review_id:
            raise ConfigError("the queue was changed or made under another key: export a new one")


def _batch_id(decided: Iterable[Decided]) -> str:
    """Name a set of decisions by its content, however the sheet was saved."""
    lines = sorted(f"{row.offer.review_id}|{row.decision}|{row.reviewer}" for row in decided)
    return f"{STAGE}-{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"


def _summary(rows: Sequence[Mapping[str, Any]]) -> Applied:
    counts = Counter(ReviewOutcome(row["outcome"]) for row in rows)
    frames = {row["frame_id"] for row in rows if row["outcome"] == ReviewOutcome.APPLIED}
    return Applied({outcome: counts[outcome] for outcome in ReviewOutcome if counts[outcome]}, len(frames))


def _judge_all(context: Context, state: State, decided: Sequence[Decided], ocr: OcrEngine | None) -> pa.Table:
    """Find the outcome of every decision that the log does not hold yet."""
    log = read_reviews(context.shelf).filter(state.holds()).to_pylist()
    held = {(row["frame_id"], box_of(row["box_px"]), row["decision"], row["reviewer"]) for row in log}
    fresh = [row for row in decided if (*_place(row), row.decision, row.reviewer) not in held]
    sites = _sites(context, state, fresh)
    visible = {_logged(row) for row in log if row["outcome"] == ReviewOutcome.APPLIED}
    left_masked = {_logged(row) for row in log if row["decision"] == ReviewDecision.MASK} | {
        _place(row) for row in decided if row.decision is ReviewDecision.MASK
    }
    keeps = [row for row in fresh if row.decision is ReviewDecision.KEEP and _place(row) not in visible]
    outcomes = dict(_judge_keeps(context, keeps, left_masked, ocr))
    rows = []
    for row in fresh:
        place = _place(row)
        kept = row.decision is ReviewDecision.KEEP
        default = ReviewOutcome.REFUSED_SOURCE_CHANGED if kept else ReviewOutcome.STAYS_MASKED
        outcome = ReviewOutcome.ALREADY_VISIBLE if place in visible else outcomes.get(place, default)
        rows.append(_log_row(row, sites[place], outcome))
    return pa.Table.from_pylist(rows, schema=MASK_REVIEW)


def _place(row: Decided) -> Place:
    return row.offer.frame_id, row.offer.box


def _logged(row: Mapping[str, Any]) -> Place:
    return row["frame_id"], box_of(row["box_px"])


def _sites(context: Context, state: State, decided: Sequence[Decided]) -> dict[Place, str]:
    """Find every decided box on the shelf, masked as it was offered or shown by an earlier review; give its site.

    Raises: ConfigError when one is not there.
    """
    cases = sorted({case_of(row.offer.frame_id) for row in decided})
    where = pc.field("case_id").isin(pa.array(cases, pa.string())) & state.holds()
    where = where & pc.field("rule").isin(pa.array([*DOUBTS, UNPROVEN, REVIEWED], pa.string()))
    rows = context.shelf.read("text_regions", ["frame_id", "box_px", "site"], where).to_pylist()
    sites = {_logged(row): str(row["site"]) for row in rows}
    if any(_place(row) not in sites for row in decided):
        raise ConfigError(OUTDATED)
    return sites


def _judge_keeps(
    context: Context, keeps: Sequence[Decided], left_masked: set[Place], ocr: OcrEngine | None
) -> Iterator[tuple[Place, ReviewOutcome]]:
    boxes = dict(by_frame([_place(row) for row in keeps]))
    phi = identities(context.shelf, sorted({case_of(frame_id) for frame_id in boxes}))
    with Track("mask review", len(keeps), unit="boxes") as track:
        for row in frame_rows(context.shelf, sorted(boxes)):
            frame_id = row["frame_id"]
            pair = pair_of(context.export, row)
            for box in boxes[frame_id]:
                barred = [*phi.get(image_of(frame_id), ()), *_others(left_masked, frame_id, box)]
                yield (frame_id, box), _judge(pair, box, barred, ocr)
                track.advance()


def _others(places: Iterable[Place], frame_id: str, box: Box) -> list[Box]:
    return [other for frame, other in places if frame == frame_id and other != box]


def _judge(pair: Pair | None, box: Box, barred: Sequence[Box], ocr: OcrEngine | None) -> ReviewOutcome:
    if pair is None:
        return ReviewOutcome.REFUSED_SOURCE_CHANGED
    if touches(box, barred):
        return ReviewOutcome.REFUSED_BESIDE_PHI
    try:
        return look_again(pair, box, ocr or load_engine()) or ReviewOutcome.APPLIED
    except Exception as error:  # noqa: BLE001 - its message may hold what was read
        raise ChunkError(f"text could not be read ({type(error).__name__}); nothing was shown, run again") from None


def _log_row(row: Decided, site: str, outcome: ReviewOutcome) -> dict[str, Any]:
    return {
        "frame_id": row.offer.frame_id,
        "case_id": case_of(row.offer.frame_id),
        "site": site,
        "box_px": list(row.offer.box),
        "rule": row.offer.rule,
        "decision": row.decision,
        "reviewer": row.reviewer,
        "decided_at": row.decided_at,
        "outcome": outcome.value,
    }


def _finish(context: Context, state: State) -> None:
    """Give effect to everything that the log says was applied and that is not on the shelf yet."""
    batches: dict[str, dict[str, list[Box]]] = defaultdict(lambda: defaultdict(list))
    for row in read_reviews(context.shelf).filter(state.holds()).to_pylist():
        if row["outcome"] == ReviewOutcome.APPLIED:
            batches[row["chunk_id"]][row["frame_id"]].append(box_of(row["box_px"]))
    for chunk_id, boxes in sorted(batches.items()):
        commit = Commit(STAGE, state.stage_epoch, state.fingerprint, chunk_id)
        for number, frame_ids in enumerate(groups(sorted(boxes), BATCH)):
            _amend(context, {frame_id: boxes[frame_id] for frame_id in frame_ids}, commit, f"/{number:04d}")


def _amend(context: Context, boxes: Mapping[str, Sequence[Box]], commit: Commit, part: str) -> None:
    shelf = context.shelf
    if not is_committed(shelf, "images", commit, part):
        rows = [_amended_frame(context, row, boxes[row["frame_id"]]) for row in frame_rows(shelf, sorted(boxes))]
        images = pa.Table.from_pylist(rows, schema=shelved("images"))
        replace_rows(shelf, "images", "frame_id", images, commit, part)
    if not is_committed(shelf, "text_regions", commit, part):
        where = pc.field("frame_id").isin(pa.array(sorted(boxes), pa.string()))
        rows = [_amended_region(row, boxes) for row in shelf.read("text_regions", None, where).to_pylist()]
        regions = pa.Table.from_pylist(rows, schema=shelved("text_regions"))
        replace_rows(shelf, "text_regions", "frame_id", regions, commit, part)


def _amended_frame(context: Context, row: dict[str, Any], boxes: Sequence[Box]) -> dict[str, Any]:
    pair = pair_of(context.export, row)
    if pair is None:
        raise ChunkError(f"the source of {row['frame_id']} is gone or has changed; put it back and run again")
    data = encode_png(pair.with_source(boxes))
    sha256 = hashlib.sha256(data).hexdigest()
    return {**row, "sha256": sha256, "image": {"bytes": data, "path": row["image"]["path"]}}


def _amended_region(row: dict[str, Any], boxes: Mapping[str, Sequence[Box]]) -> dict[str, Any]:
    shown = box_of(row["box_px"]) in boxes[row["frame_id"]] and row["kind"] == RegionKind.UNKNOWN
    masked = row["action"] == RegionAction.MASK
    return {**row, "action": RegionAction.KEEP.value, "rule": REVIEWED} if shown and masked else row
