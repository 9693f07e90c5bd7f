"""The review of doubtful boxes: offer them to a human, sealed; take the decisions back; unmask what may be shown.

In: published frames and the hospital's images. Out: a private folder with `queue.csv` and encrypted crops; later, from
the decisions, amended rows of `images` and `text_regions` and a log, `mask_reviews`. Masks deny by default: a box that
nobody decides about stays masked, and a decision can only unmask. The parts: doubts.py (which boxes), seal.py (crops),
offers.py (the folder), review_page.py (the page), unmask.py (applying). Source: spec, Images, rule 9.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2

from curation.image.desensitize import encode_png
from curation.image.mask import Box, clip, widen
from flows.key import load_key
from flows.masks.readers.sheets import PRIVATE_FOLDER, fresh_folder
from flows.masks.review.doubts import State, by_frame, find_doubts, state_of
from flows.masks.review.offers import Offer, Offers, purge, read_decisions, write_queue
from flows.masks.review.review_page import serve
from flows.masks.review.seal import CROPS, check_ttl, open_crop, review_id, seal_crop
from flows.masks.review.sources import Pair, frame_rows, pair_of
from flows.masks.review.unmask import apply_decisions
from flows.stage import Context, context_of
from schemas.errors import ConfigError

__all__ = ["Exported", "apply_decisions", "export_queue", "open_crop", "purge", "read_decisions", "serve"]

#: Pixels around a box that a reviewer sees, as published.
CONTEXT_PX = 60
FRAME_COLOUR = (255, 255, 0)


@dataclass(frozen=True, slots=True)
class Exported:
    """How many boxes are offered and why others are not."""

    offered: int
    withheld: int
    unreadable: int
    remaining: int

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"{self.offered} boxes to review"
        if self.withheld:
            yield f"{self.withheld} boxes are not offered because they share pixels with identity"
        if self.unreadable:
            yield f"{self.unreadable} boxes are not offered because their source image is gone or has changed"
        if self.remaining:
            yield f"{self.remaining} boxes are beyond the limit: export again after this queue is applied"


def export_queue(
    config_path: Path | str, out_dir: Path, *, ttl_hours: float = 72, limit: int = 500, unproven: bool = False
) -> Exported:
    """Write a review queue into a new private folder outside the warehouse; ``unproven`` offers what no rule proved.

    Crops show what was masked: they are encrypted, and expire ``ttl_hours`` after the export.

    Raises: ConfigError when nothing is published or the folder or a number will not do.
    """
    context = context_of(str(config_path))
    ttl_s = check_ttl(ttl_hours)
    if limit < 1:
        raise ConfigError("the limit of a review queue must be at least 1")
    state = state_of(context.shelf)
    fresh_folder(out_dir, apart_from=(context.shelf.root, context.config.input.images))
    for folder in (out_dir, out_dir / CROPS):
        folder.mkdir(exist_ok=True)
        folder.chmod(PRIVATE_FOLDER)
    key = load_key(context.config)
    search = find_doubts(context.shelf, state, limit=limit, unproven=unproven)
    rules = {(frame_id, box): rule for frame_id, box, rule in search.found}
    offers = []
    for pair, box in _pairs(context, list(rules)):
        offer = _offer(key, state, pair.row["frame_id"], box, rules[pair.row["frame_id"], box])
        seal_crop(out_dir, offer.review_id, crop_of(pair, box), key, ttl_s=ttl_s)
        offers.append(offer)
    write_queue(out_dir, Offers(state.stage_epoch, state.fingerprint, ttl_s, tuple(offers)))
    return Exported(len(offers), search.withheld, len(rules) - len(offers), search.remaining)


def crop_of(pair: Pair, box: Box) -> bytes:
    """Cut a box and its surroundings out: source pixels in the box, published pixels around it, a line between.

    Shapes: box xyxy px, half-open; PNG bytes.
    """
    pixels = pair.with_source([box])
    x0, y0, x1, y1 = clip(widen(box, CONTEXT_PX), *pixels.shape[:2])
    cv2.rectangle(pixels, (box[0] - 2, box[1] - 2), (box[2] + 1, box[3] + 1), FRAME_COLOUR, 1)
    return encode_png(pixels[y0:y1, x0:x1])


def _pairs(context: Context, places: list[tuple[str, Box]]) -> Iterator[tuple[Pair, Box]]:
    boxes = dict(by_frame(places))
    for row in frame_rows(context.shelf, list(boxes)):
        pair = pair_of(context.export, row)
        if pair is not None:
            yield from ((pair, box) for box in boxes[row["frame_id"]])


def _offer(key: bytes, state: State, frame_id: str, box: Box, rule: str) -> Offer:
    return Offer(review_id(key, state.stage_epoch, state.fingerprint, frame_id, box, rule), frame_id, box, rule)
