"""Data files of a table: the rows of a commit as Parquet, and what the log says about them.

In: rows in the table's schema. Out: files in the table's folder, and the actions that add them to it. A file is written
aside and renamed, so that who reads every file of a folder (purge) never meets half of one; it is part of the table
once an action that names it is committed, and vacuum's before.
Source: Delta Lake protocol, "Add File and Remove File", "Per-file Statistics".
"""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

#: Row groups of image tables hold few rows, because a row is a picture (spec: 32-256).
IMAGE_GROUP_ROWS = 64
TEXT_GROUP_ROWS = 65_536
#: Files are written, and joined, up to about this size.
TARGET_BYTES = 128 * 1024 * 1024
#: What the log keeps the smallest and largest of: the smallest and largest text of a file would be row content, and it
#: would outlive the file.
ID_COLUMNS = frozenset(
    {"case_id", "frame_id", "image_id", "instance_id", "patient_key", "site", "stage", "stage_epoch", "id", "release"}
)
#: Rows that show whether the values of a column repeat.
_SHOWN = 1000


def write_files(folder: Path, rows: pa.Table) -> list[AddAction]:
    """Write rows to new files of a table's folder; gives the actions that add them.

    Raises: OSError when a file cannot be written.
    """
    return [_write(folder, part, number) for number, part in enumerate(_parts(rows))]


def _parts(rows: pa.Table) -> Iterator[pa.Table]:
    files = max(1, -(-rows.nbytes // TARGET_BYTES))
    step = max(1, -(-rows.num_rows // files))
    for start in range(0, rows.num_rows, step):
        yield rows.slice(start, step)


def _write(folder: Path, rows: pa.Table, number: int) -> AddAction:
    path = folder / f"part-{number:05d}-{uuid.uuid4()}-c000.parquet"
    aside = path.with_name(f"{path.name}.writing")
    try:
        footer: list[pq.FileMetaData] = []
        pq.write_table(rows, aside, metadata_collector=footer, **_settings(rows))
        aside.rename(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    now_ms = int(time.time() * 1000)
    return AddAction(path.name, path.stat().st_size, {}, now_ms, True, json.dumps(_statistics(rows, footer[0])))


def _settings(rows: pa.Table) -> dict[str, Any]:
    """Choose how a file is written: pictures as they are, without statistics of their bytes; text compressed."""
    repeated = [name for name in rows.schema.names if _repeats(rows[name])]
    if "image" not in rows.schema.names:
        return {"compression": "ZSTD", "row_group_size": TEXT_GROUP_ROWS, "use_dictionary": repeated}
    compared = [name for name in rows.schema.names if name != "image"]
    settings = {"compression": "NONE", "row_group_size": IMAGE_GROUP_ROWS, "use_dictionary": repeated}
    return {**settings, "write_statistics": compared}


def _repeats(column: pa.ChunkedArray) -> bool:
    """Say whether a dictionary is worth its time: of what does not repeat it would be a copy."""
    shown = column.slice(0, _SHOWN)
    return not pa.types.is_nested(column.type) and pc.count_distinct(shown).as_py() <= len(shown) / 2


def _statistics(rows: pa.Table, footer: pq.FileMetaData) -> dict[str, Any]:
    """Count rows; give the smallest, the largest and the nulls of ids, as the file's own footer has them."""
    ids = [name for name in rows.schema.names if name in ID_COLUMNS]
    least, most = {}, {}
    for name in ids:
        ends = _ends(footer, name)
        if ends:
            least[name], most[name] = min(low for low, _ in ends), max(high for _, high in ends)
    nulls = {name: rows[name].null_count for name in ids}
    return {"numRecords": rows.num_rows, "minValues": least, "maxValues": most, "nullCount": nulls}


def _ends(footer: pq.FileMetaData, name: str) -> list[tuple[Any, Any]]:
    """Give the smallest and largest value of every row group that has any; none where one does not say."""
    at = next(at for at in range(footer.num_columns) if footer.schema.column(at).path == name)
    found = [footer.row_group(group).column(at).statistics for group in range(footer.num_row_groups)]
    if not all(one and (one.has_min_max or one.num_values == 0) for one in found):
        return []
    return [(one.min, one.max) for one in found if one.has_min_max]
