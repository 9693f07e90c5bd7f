"""VLMEvalKit: one TSV per split: index, image or image_path, question, hint, A-D, answer, category, l2-category, split.

Several pictures of a row are a list in Python's writing, as VLMEvalKit reads it. Options of a single-choice question
move from its text into the columns A to D, and its answer is the letter. pandas reads NA, None, null and the like as
missing: a row with such a cell is left out.
Source: VLMEvalKit, docs/en/Development.md, "TSV file" and ImageBaseDataset.
"""

import base64
import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import BinaryIO

from warehouse.export.layout import Call, Example, Layout, readme

LETTERS = ("A", "B", "C", "D")
#: Cells that pandas.read_csv takes for missing. Source: pandas, ``na_values``.
MISSING = frozenset(
    {
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
    }
)
_OPTION = re.compile(r"(?m)^([A-Z])\. (.+)$\n?")


def cells_of(example: Example) -> tuple[str, dict[str, str], str]:
    """Give question, options and answer."""
    question, answer = str(example.pair["question"]), str(example.pair["answer"])
    if example.pair["task"] != "single_choice":
        return question, {}, answer
    options = dict(_OPTION.findall(question))
    return _OPTION.sub("", question).strip(), options, answer.strip()[:1]


def _unfit(example: Example) -> str | None:
    question, options, answer = cells_of(example)
    if {question, answer, *options.values()} & {*MISSING, ""}:
        return "READ_AS_MISSING"
    if not example.pictures:
        return "NO_IMAGE"
    one_of_four = set(options) <= set(LETTERS) and answer in options
    return None if example.pair["task"] != "single_choice" or one_of_four else "NO_OPTIONS"


def _columns(call: Call) -> list[str]:
    image = "image" if call.images == "embed" else "image_path"
    return ["index", image, "question", "hint", *LETTERS, "answer", "category", "l2-category", "split"]


def _write(stream: BinaryIO, batches: Iterator[list[Example]], call: Call) -> None:
    start = stream.tell()
    for batch in batches:
        text = StringIO(newline="")
        writer = csv.writer(text, delimiter="\t", lineterminator="\n")
        if start == 0:
            writer.writerow(_columns(call))
            start = 1
        writer.writerows(_row(example, call) for example in batch)
        stream.write(text.getvalue().encode())


def _row(example: Example, call: Call) -> list[object]:
    question, options, answer = cells_of(example)
    pictures = [_picture(picture.data, picture.path) for picture in example.pictures]
    shown = pictures[0] if len(pictures) == 1 else str(pictures)
    letters = [options.get(letter, "") for letter in LETTERS]
    systems = ", ".join(example.pair["systems"])
    split = example.split
    return [example.number, shown, question, "", *letters, answer, systems, example.pair["task"], split]


def _picture(data: bytes | None, path: str) -> str:
    return path if data is None else base64.b64encode(data).decode()


def _extras(call: Call, splits: Sequence[str]) -> dict[str, str]:
    lines = [
        f"`LMUData=$PWD python run.py --data {call.release}_{splits[0]} …` in this folder. VLMEvalKit scores a file"
    ]
    lines += ["by its kind: export single choice, True/False and open questions apart with `--where \"task = '…'\"`."]
    return {"README.md": readme(call, lines)}


def _layout(rows_per_part: int) -> Layout:
    return Layout(
        rows_per_part=rows_per_part,
        file=lambda call, split, _part, _parts: f"{call.release}_{split}.tsv",
        write=_write,
        extras=_extras,
        appends=True,
        unfit=_unfit,
        default_splits=("test",),
    )


EMBED, FILES = _layout(256), _layout(1000)
