"""Hugging Face datasets: Parquet with the pictures inside, or an image folder with a table beside it.

``embed``: ``data/SPLIT-NNNNN-of-NNNNN.parquet`` with all columns of a pair and ``images`` as a list of Image, not
compressed (PNG does not shrink), 64 rows per group. ``files``: ``metadata.jsonl`` for the builder ``imagefolder``.
Source: datasets, Image feature and ImageFolder with ``images_file_names``.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.instruction import INSTRUCTION_PAIR
from warehouse.export.layout import Call, Example, Layout, feature_of, lines_of, readme

IMAGES = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
ROWS_PER_GROUP = 64


def schema_of(pairs: pa.Schema, feature: dict[str, Any], column: str, kind: pa.DataType) -> pa.Schema:
    """Give the schema of a table of pairs with pictures, and say so in the key that `datasets` reads."""
    fields = [pa.field(field.name, field.type, True, field.metadata) for field in pairs]
    features = {field.name: feature_of(field.type) for field in fields} | {column: feature}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([*fields, pa.field(column, kind)], metadata)


def write_parquet(stream: BinaryIO, schema: pa.Schema, tables: Iterator[pa.Table]) -> None:
    """Write one row group per table; columns of bytes are not compressed."""
    leaves = [column.path for column in pq.ParquetFile(_empty(schema)).schema]
    compression = {name: "NONE" if name.endswith(".bytes") else "ZSTD" for name in leaves}
    with pq.ParquetWriter(stream, schema, compression=compression, use_dictionary=False) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=ROWS_PER_GROUP)


def _empty(schema: pa.Schema) -> pa.BufferReader:
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    return pa.BufferReader(sink.getvalue())


def picture_cell(example: Example) -> list[dict[str, Any]]:
    """Give the pictures of an example as Image structs."""
    return [{"bytes": picture.data, "path": picture.path.rpartition("/")[2]} for picture in example.pictures]


def _write(stream: BinaryIO, batches: Iterator[list[Example]], _call: Call) -> None:
    schema = schema_of(INSTRUCTION_PAIR, {"feature": {"_type": "Image"}, "_type": "List"}, "images", IMAGES)

    def tables() -> Iterator[pa.Table]:
        for batch in batches:
            rows = [{**example.pair, "images": picture_cell(example)} for example in batch]
            yield pa.Table.from_pylist(rows, schema=schema)

    write_parquet(stream, schema, tables())


def _metadata(example: Example) -> dict[str, Any]:
    """Name the pictures from the folder of the split, as the builder reads them."""
    names = [picture.path.split("/", 2)[2] for picture in example.pictures]
    return {"images_file_names": names, **example.pair}


def _about_parquet(call: Call, splits: Sequence[str]) -> dict[str, str]:
    files = "\n".join(f"  - split: {split}\n    path: data/{split}-*.parquet" for split in splits)
    header = f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}\n---\n"
    return {"README.md": readme(call, ['`datasets.load_dataset("PATH")` with the path of this folder.'], header)}


def _about_folder(call: Call, _splits: Sequence[str]) -> dict[str, str]:
    return {"README.md": readme(call, ['`datasets.load_dataset("imagefolder", data_dir="images")` in this folder.'])}


EMBED = Layout(
    rows_per_part=1000,
    file=lambda _call, split, part, parts: f"data/{split}-{part:05d}-of-{parts:05d}.parquet",
    write=_write,
    extras=_about_parquet,
)
FILES = Layout(
    rows_per_part=1000,
    file=lambda _call, split, _part, _parts: f"images/{split}/metadata.jsonl",
    write=lines_of(_metadata),
    extras=_about_folder,
    appends=True,
)
