"""What later stages add to rows when they are published: the level of a frame, who verified a rationale.

In: a snapshot of the shelf and rows of a component. Out: the rows with the columns of the released schema. Reviews and
levels come after the rows they speak of, so they are joined here and not written into tables that are done.
"""

from collections import defaultdict
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from schemas.expert import ExpertVerdict, text_sha256
from schemas.released import RELEASED_GROUNDED, RELEASED_IMAGE
from warehouse.tables import Tables

#: A pair and the hash of its text.
Text = tuple[str, str]
TEXT_COLUMNS = ("instance_id", "question", "answer", "rationale")
_SCHEMAS = {"images": RELEASED_IMAGE, "grounded": RELEASED_GROUNDED}


class Added:
    """The columns that are joined, read once."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def to(self, component: str, rows: pa.Table) -> pa.Table:
        """Give rows of a component as they are published."""
        schema = _SCHEMAS.get(component)
        if schema is None:
            return rows
        frames = rows["frame_id"] if component == "images" else pc.list_element(rows["frame_ids"], 0)
        values = {"quality_level": [self._levels.get(one) for one in frames.to_pylist()]}
        if component == "grounded":
            verified = verified_by(self._tables)
            values["rationale_verified_by"] = [verified.get(text) for text in texts_of(rows)]
        for name, column in values.items():
            rows = rows.append_column(schema.field(name), pa.array(column, pa.string()))
        return rows.select(schema.names)

    @cached_property
    def _levels(self) -> dict[str, str]:
        rows = self._tables.read("frame_quality", ["frame_id", "level"], pc.field("level").is_valid())
        return dict(zip(rows["frame_id"].to_pylist(), rows["level"].to_pylist(), strict=True))


def texts_of(rows: pa.Table) -> list[Text | None]:
    """Name the texts of grounded pairs, None where there is no rationale to be verified."""
    columns = (rows[name].to_pylist() for name in TEXT_COLUMNS)
    return [(name, text_sha256(q, a)) if rationale else None for name, q, a, rationale in zip(*columns, strict=True)]


def verified_by(tables: Tables) -> dict[Text | None, str]:
    """Give the first expert who accepted each text that no expert found wrong; attention checks say nothing.

    A review of an older text of the pair says nothing about the one of now.
    """
    columns = ["instance_id", "text_sha256", "reviewer", "verdict", "reviewed_at", "attention"]
    known = ~pc.field("attention") & pc.field("text_sha256").is_valid()
    rows = tables.read("reviews", columns, known).sort_by("reviewed_at").to_pylist()
    said: dict[Text, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        said[row["instance_id"], row["text_sha256"]].append((row["verdict"], row["reviewer"]))
    accepted = ExpertVerdict.ACCEPT.value
    return {text: found[0][1] for text, found in said.items() if all(verdict == accepted for verdict, _ in found)}
