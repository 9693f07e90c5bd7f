"""Which masked boxes a human may look at: boxes that no rule proved and none identified, by the rule that masked them.

In: `text_regions` and the log of reviews. Out: boxes to offer, identities that no crop may touch.
Source: spec, Images, rule 9; the doubts of curation/image/classify.py.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from curation.image.mask import Box, overlap
from schemas.errors import ConfigError
from schemas.region import RegionAction, RegionKind
from warehouse.amend import read_reviews
from warehouse.tables import Shelf

#: A rule proved the line, and something spoke against keeping it. ``known_phi`` is no doubt.
DOUBTS = ("low_score", "collision", "beside_unknown", "header_band", "after_cue", "axis_tick_doubtful")
#: No rule proved the line.
UNPROVEN = "default_deny"
#: Regions looked at together.
SLICE = 2000

Place = tuple[str, Box]


@dataclass(frozen=True, slots=True)
class State:
    """What the masks on the shelf were made under."""

    stage_epoch: int
    fingerprint: str

    def holds(self) -> pc.Expression:
        """Choose rows of this state."""
        return (pc.field("stage_epoch") == self.stage_epoch) & (pc.field("fingerprint") == self.fingerprint)


@dataclass
class Search:
    """What was found: boxes to offer with their rule, and how many were not."""

    found: list[tuple[str, Box, str]] = field(default_factory=list)
    withheld: int = 0
    remaining: int = 0


def state_of(shelf: Shelf) -> State:
    """Give the state of the published frames.

    Raises: ConfigError when nothing is published.
    """
    rows = shelf.read("images", ["stage_epoch", "fingerprint"])
    if rows.num_rows == 0:
        raise ConfigError(f"no frame is published below {shelf.root}: run `sonocurate run` first")
    newest = pc.max(rows["stage_epoch"]).as_py()
    return State(newest, rows.filter(pc.field("stage_epoch") == newest)["fingerprint"][0].as_py())


def image_of(frame_id: str) -> str:
    """Give the image file that a frame is of."""
    return frame_id.rpartition("/f")[0]


def case_of(frame_id: str) -> str:
    """Give the case that a frame is of."""
    return frame_id.partition("/")[0]


def box_of(values: Sequence[int]) -> Box:
    """Read a box of a table."""
    x0, y0, x1, y1 = values
    return x0, y0, x1, y1


def find_doubts(shelf: Shelf, state: State, *, limit: int, unproven: bool) -> Search:
    """Find boxes that nobody has decided about, doubts first, in the order of their frames.

    Boxes that share pixels with identity in any frame of the image are withheld: they could never be unmasked.
    """
    search, seen = Search(), _decided(shelf, state)
    for rules in (DOUBTS, (UNPROVEN,)) if unproven else (DOUBTS,):
        rows = _masked(shelf, state, rules)
        for start in range(0, rows.num_rows, SLICE):
            if len(search.found) >= limit:
                search.remaining += rows.num_rows - start
                break
            _look(rows.slice(start, SLICE), identities(shelf, _cases(rows.slice(start, SLICE))), search, seen)
    search.remaining += max(0, len(search.found) - limit)
    del search.found[limit:]
    return search


def identities(shelf: Shelf, case_ids: Sequence[str]) -> Mapping[str, list[Box]]:
    """Give the boxes of identity of every image of some cases, over all its frames."""
    where = (pc.field("kind") == RegionKind.PHI.value) & pc.field("case_id").isin(pa.array(case_ids, pa.string()))
    boxes: dict[str, list[Box]] = defaultdict(list)
    for row in shelf.read("text_regions", ["frame_id", "box_px"], where).to_pylist():
        boxes[image_of(row["frame_id"])].append(box_of(row["box_px"]))
    return boxes


def touches(box: Box, others: Sequence[Box]) -> bool:
    """Say whether a box shares pixels with any other."""
    return any(overlap(box, other) for other in others)


def _masked(shelf: Shelf, state: State, rules: Sequence[str]) -> pa.Table:
    where = (pc.field("kind") == RegionKind.UNKNOWN.value) & (pc.field("action") == RegionAction.MASK.value)
    where = where & pc.field("rule").isin(pa.array(rules, pa.string())) & state.holds()
    return shelf.read("text_regions", ["frame_id", "box_px", "rule"], where).sort_by("frame_id")


def _cases(rows: pa.Table) -> list[str]:
    return sorted({case_of(frame_id) for frame_id in rows["frame_id"].to_pylist()})


def _look(rows: pa.Table, phi: Mapping[str, list[Box]], search: Search, seen: set[Place]) -> None:
    for row in sorted(rows.to_pylist(), key=lambda row: (row["frame_id"], row["box_px"])):
        box = box_of(row["box_px"])
        if (row["frame_id"], box) in seen:
            continue
        seen.add((row["frame_id"], box))
        if touches(box, phi.get(image_of(row["frame_id"]), ())):
            search.withheld += 1
        else:
            search.found.append((row["frame_id"], box, row["rule"]))


def _decided(shelf: Shelf, state: State) -> set[Place]:
    rows = read_reviews(shelf).filter(state.holds())
    return {(row["frame_id"], box_of(row["box_px"])) for row in rows.select(["frame_id", "box_px"]).to_pylist()}


def by_frame(places: Sequence[Place]) -> Iterator[tuple[str, list[Box]]]:
    """Group boxes by frame."""
    grouped: dict[str, list[Box]] = defaultdict(list)
    for frame_id, box in places:
        grouped[frame_id].append(box)
    yield from grouped.items()
