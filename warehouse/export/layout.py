"""What every format shares: an example, where its pictures lie, and how rows become files.

In: rows of table `instruction_pairs` and PNG bytes. Out: lines of one file per split, or one file per part of a split.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO
from urllib.parse import quote

import orjson
import pyarrow as pa

#: Text that consumers read as a place for a picture, or as the end of a turn: it must not come from a report.
RESERVED = re.compile(r"<(?:image|video|audio|bbox|ref-object|image-pad)>|<\|[A-Za-z_]{1,40}\|>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame of an example: its id, its file below the export (`--images files`), or its PNG bytes (`embed`)."""

    frame_id: str
    path: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Example:
    """A pair to be written: its split and position there, its columns, its pictures, the report of its case."""

    split: str
    number: int
    pair: Mapping[str, Any]
    pictures: tuple[Picture, ...]
    report: str

    @property
    def prompt(self) -> str:
        """The question behind one placeholder per picture, as ms-swift, LLaMA-Factory and LLaVA read it."""
        return "<image>" * len(self.pictures) + str(self.pair["question"])


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked for. The same call on the same release gives the same bytes."""

    release: str
    content_sha256: str
    format: str
    images: str
    splits: tuple[str, ...]
    where: str | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A format with one way for pictures to travel: which splits are usual, how rows become bytes.

    ``file(call, split, part, parts)`` names a file; a format that ``appends`` names the same file for every part.
    ``write(stream, batches, call)`` writes one part. ``unfit(example)`` says why a row cannot be told in the format.
    ``columns`` of a pair are all that it reads (None: every column).
    ``component`` of the release has the rows.
    ``extras(call, splits)`` gives small files of the whole export, by name.
    """

    rows_per_part: int
    file: Callable[[Call, str, int, int], str]
    write: Callable[[BinaryIO, Iterator[list[Example]], Call], None]
    extras: Callable[[Call, Sequence[str]], dict[str, str]]
    appends: bool = False
    head: bytes = b""
    tail: bytes = b""
    unfit: Callable[[Example], str | None] = lambda _example: None
    with_report: bool = False
    columns: tuple[str, ...] | None = None
    default_splits: tuple[str, ...] = ("train", "validation", "test")
    component: str = "pairs"


@lru_cache(4096)  # the pairs of a case name the same frames
def _file_of(split: str, frame_id: str) -> Picture:
    return Picture(frame_id, picture_path(split, frame_id), None)


def named(split: str, frame_id: str, data: bytes | None) -> Picture:
    """Give the picture of a frame: its file, or its bytes."""
    found = _file_of(split, frame_id)
    return found if data is None else Picture(frame_id, found.path, data)


def picture_path(split: str, frame_id: str) -> str:
    """Name the file of a frame: 256 folders per split, the frames of a case in one; never two frames in one file."""
    folder = zlib.crc32(frame_id.partition("/")[0].encode()) % 256
    plain = frame_id.isascii() and frame_id.replace("/", "").isalnum()
    name = frame_id if plain else quote(frame_id, safe="/").replace("_", "%5F").replace(".", "%2E")
    return f"images/{split}/{folder:02x}/{name.replace('/', '_')}.png"


def reserved(example: Example) -> str | None:
    """Say that a text holds what the consumer would read as a command."""
    texts = (str(example.pair["question"]), str(example.pair["answer"]), example.report)
    return "RESERVED_TEXT" if any("<" in text and RESERVED.search(text) for text in texts) else None


def json_line(row: Mapping[str, Any]) -> bytes:
    """Write a row as one line of JSON."""
    return orjson.dumps(row)


def lines_of(
    row_of: Callable[[Example], Mapping[str, Any]],
) -> Callable[[BinaryIO, Iterator[list[Example]], Call], None]:
    """Write one JSON object per line."""

    def write(stream: BinaryIO, batches: Iterator[list[Example]], _call: Call) -> None:
        for batch in batches:
            stream.write(b"".join(json_line(row_of(example)) + b"\n" for example in batch))

    return write


def array_of(
    row_of: Callable[[Example], Mapping[str, Any]],
) -> Callable[[BinaryIO, Iterator[list[Example]], Call], None]:
    """Write one JSON array, a row per line. ``head`` and ``tail`` of the layout are its brackets."""

    def write(stream: BinaryIO, batches: Iterator[list[Example]], _call: Call) -> None:
        first = stream.tell() == len(ARRAY_HEAD)
        for example in (example for batch in batches for example in batch):
            stream.write((b"\n" if first else b",\n") + json_line(row_of(example)))
            first = False

    return write


#: What conversations are made of.
CONVERSATION = ("instance_id", "case_id", "language", "question", "answer", "frame_ids")
ARRAY_HEAD, ARRAY_TAIL = b"[", b"\n]\n"


def feature_of(kind: pa.DataType) -> dict[str, Any]:
    """Give the Hugging Face feature of a column type. Source: datasets, Parquet metadata key ``huggingface``."""
    if pa.types.is_list(kind):
        return {"feature": feature_of(kind.value_type), "_type": "List"}
    if pa.types.is_struct(kind):
        return {field.name: feature_of(field.type) for field in kind}
    names = {"double": "float64", "float": "float32", "halffloat": "float16"}
    text = str(kind)
    return {"dtype": names.get(text, text), "_type": "Value"}


def readme(call: Call, lines: Sequence[str], header: str = "") -> str:
    """Write the short README of an export: what it is, how it is loaded."""
    chosen = f" where `{call.where}`" if call.where else ""
    origin = f"Instruction pairs of release `{call.release}` (content `{call.content_sha256}`){chosen}."
    rule = "Complete when `export.json` is there; `sha256sum --check --quiet checksums.sha256` proves a copy."
    return "\n".join([f"{header}# {call.release}, {call.format}", "", origin, rule, "", *lines, ""])
