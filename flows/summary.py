"""What a run shows at its end: the funnel, a picture, a rejected row, three pairs, what to ask next."""

import io
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from PIL import Image
from rich.table import Table

from curation.image.errors import DecodeError
from flows.show import FUNNEL_SQL, console, show_table
from flows.stage import Context
from warehouse.catalog import query

PICTURE = "before_after.png"
PAIRS_SQL = """
SELECT task, form, language, question, answer FROM pairs
QUALIFY row_number() OVER (PARTITION BY task, form ORDER BY instance_id) = 1 ORDER BY form, task LIMIT 3
"""
REJECT_SQL = "SELECT stage, unit, reason, detail FROM rejects ORDER BY detail IS NULL, stage, id LIMIT 1"
MOST_MASKED_SQL = """
SELECT frame_id FROM text_regions WHERE action = 'mask' GROUP BY frame_id ORDER BY count(*) DESC, frame_id LIMIT 1
"""
NEXT_SQL = "SELECT site, stage, reason, count(*) AS n FROM rejects GROUP BY ALL ORDER BY n DESC"


def print_summary(context: Context, folder: Path) -> None:
    """Write the summary to standard output; the run has drawn the picture into a folder of the identified zone."""
    root = context.shelf.root
    out = console()
    out.print("\nFunnel: rows in, kept and rejected per stage", markup=False)
    show_table(query(root, FUNNEL_SQL), "table")
    for row in query(root, REJECT_SQL).to_pylist():
        out.print(f"One rejected row: {row['unit']} at {row['stage']}: {row['reason']} ({row['detail']})", markup=False)
    pairs = Table("task", "form", "question", "answer", title="Three instruction pairs")
    for row in query(root, PAIRS_SQL).to_pylist():
        pairs.add_row(row["task"], row["form"], row["question"], row["answer"])
    out.print(pairs)
    if (picture := folder / PICTURE).is_file():
        out.print(f"Before/after picture: {picture} (shows PHI: it stays in the identified zone)", markup=False)
    out.print(f"Release: {root / 'releases' / context.config.release.name}", markup=False)
    out.print(f'Ask next: sonocurate sql "{NEXT_SQL}"', markup=False)
    out.print("Watch runs in the Prefect UI: make ui", markup=False)


def before_after(context: Context, folder: Path) -> Path | None:
    """Draw the first published frame with most masked boxes beside its source; None where that cannot be done.

    The source may have left the export since, and the folder may not be ours to write to.
    """
    counted = query(
        context.shelf.root,
        MOST_MASKED_SQL,
    )
    if counted.num_rows == 0:
        return None
    frame_id = counted["frame_id"][0].as_py()
    columns = ["image_id", "frame", "image"]
    rows = context.shelf.read("images", columns, pc.field("frame_id") == frame_id).to_pylist()
    if not rows:
        return None
    try:
        before = context.export.open(rows[0]["image_id"]).frame(rows[0]["frame"])
        after = np.asarray(Image.open(io.BytesIO(rows[0]["image"]["bytes"])).convert("RGB"))
        gap = np.full((before.shape[0], 8, 3), 255, np.uint8)
        path = folder / PICTURE
        Image.fromarray(np.concatenate([before, gap, after], axis=1)).save(path)
    except (DecodeError, LookupError, OSError):
        return None
    return path
