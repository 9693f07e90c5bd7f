"""What a reviewer sees of pairs: their text, the scrubbed report, the masked frames; nothing else is on the shelf.

Flows in: ids of pairs. Flows out: ``Shown`` pairs, in the order of the ids; pairs that have left the shelf are missing.
Frames are JPEG, with their longest side as asked for: a page with four of them should open quickly.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from flows.quality.overlays import overlays
from schemas.expert import text_sha256
from warehouse.shards import Source
from warehouse.tables import Shelf

_COLUMNS = ("instance_id", "case_id", "systems", "language", "task", "question", "answer", "frame_ids")
JPEG_QUALITY = 90
#: Behind the id of a frame: the same frame with its annotations drawn over it.
OVERLAY = "/overlay"


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair with its report; no text shows in a repr."""

    instance_id: str
    case_id: str
    system: str
    language: str
    task: str
    report: str = field(repr=False)
    question: str = field(repr=False)
    answer: str = field(repr=False)
    frame_ids: tuple[str, ...]

    @property
    def text_sha256(self) -> str:
        """Hash of the text that a review would be about."""
        return text_sha256(self.question, self.answer)


class Desk:
    """The tables that reviewers see, opened once."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._pairs = Source(shelf, "instruction_pairs", "instance_id", "grounded_pairs")
        self._reports = Source(shelf, "reports", "case_id")
        self._frames = Source(shelf, "images", "frame_id", "twin_frames")
        self._known = {name: set(source.ids().to_pylist()) for name, source in self._sources().items()}

    def _sources(self) -> dict[str, Source]:
        return {"pairs": self._pairs, "reports": self._reports, "frames": self._frames}

    def pairs(self, instance_ids: Sequence[str]) -> Iterator[Shown]:
        """Give the pairs that are still there, in this order."""
        there = [one for one in instance_ids if one in self._known["pairs"]]
        rows = self._pairs.rows(there, _COLUMNS).to_pylist()
        cases = sorted({row["case_id"] for row in rows} & self._known["reports"])
        found = self._reports.rows(cases, ["case_id", "findings", "impression"]).to_pylist()
        reports = {row["case_id"]: "\n".join(text for text in _texts(row) if text) for row in found}
        wanted = pc.field("instance_id").isin(pa.array(there, pa.string()))
        grounded = set(self._shelf.read("grounded_pairs", ["instance_id"], wanted)["instance_id"].to_pylist())
        for row in (row for row in rows if row["case_id"] in reports):
            if row["instance_id"] in grounded:
                row["frame_ids"] += [frame_id + OVERLAY for frame_id in row["frame_ids"]]
            yield _shown(row, reports[row["case_id"]])

    def frames(self, pairs: Sequence[Shown], longest_px: int) -> dict[str, bytes]:
        """Give the frames of pairs as JPEG, by id; frames that have left are missing."""
        wanted = {frame for pair in pairs for frame in pair.frame_ids}
        drawn = sorted(frame.removesuffix(OVERLAY) for frame in wanted if frame.endswith(OVERLAY))
        ids = sorted(wanted & self._known["frames"])
        rows = self._frames.rows(pa.array(ids, pa.string()), ["frame_id", "image"]).to_pylist()
        plain = {row["frame_id"]: smaller(row["image"]["bytes"], longest_px) for row in rows}
        over = overlays(self._shelf, drawn, longest_px) if drawn else {}
        return plain | {frame_id + OVERLAY: picture for frame_id, picture in over.items()}


def smaller(picture: bytes, longest_px: int) -> bytes:
    """Write a picture as JPEG with its longest side at most as asked for."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.thumbnail((longest_px, longest_px))
    sink = io.BytesIO()
    image.save(sink, "JPEG", quality=JPEG_QUALITY)
    return sink.getvalue()


def _texts(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["findings"], row["impression"]


def _shown(row: Mapping[str, Any], report: str) -> Shown:
    system = ", ".join(row["systems"])
    texts = (report, row["question"], row["answer"])
    return Shown(
        row["instance_id"], row["case_id"], system, row["language"], row["task"], *texts, tuple(row["frame_ids"])
    )
