"""lmms-eval: Parquet with the pictures inside, one task YAML per split and the functions that it names.

The YAML names its data from the folder of the export: run lmms-eval there. The score is the share of answers that are
the expected one, for single choice by letter. Source: lmms-eval, docs/task_guide.md.
"""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from warehouse.export.hf import IMAGES, picture_cell, schema_of, write_parquet
from warehouse.export.layout import Call, Example, Layout, readme

_COLUMNS = ("instance_id", "case_id", "systems", "language", "task", "form", "question", "answer")
_TASK = """\
task: {task}
dataset_path: parquet
dataset_kwargs:
  data_files:
    {split}: data/{split}-*.parquet
test_split: {split}
output_type: generate_until
doc_to_visual: !function answers.doc_to_visual
doc_to_text: !function answers.doc_to_text
doc_to_target: !function answers.doc_to_target
generation_kwargs:
  max_new_tokens: 512
  temperature: 0
  do_sample: false
process_results: !function answers.process_results
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1.0
  release: "{release}"
  content_sha256: "{content}"
"""
_FUNCTIONS = '''\
"""What lmms-eval asks of an example, and how an answer is scored."""


def doc_to_visual(doc):
    return [image.convert("RGB") for image in doc["images"]]


def doc_to_text(doc, lmms_eval_specific_kwargs=None):
    return doc["question"]


def doc_to_target(doc):
    return doc["answer"]


def _plain(text, task):
    text = " ".join(text.split()).strip(" .。").casefold()
    return text[:1] if task == "single_choice" else text


def process_results(doc, results):
    expected, given = (_plain(text, doc["task"]) for text in (doc["answer"], results[0]))
    return {"exact_match": float(given == expected)}
'''


def _write(stream: BinaryIO, batches: Iterator[list[Example]], _call: Call) -> None:
    fields = [pa.field(name, pa.list_(pa.string()) if name == "systems" else pa.string()) for name in _COLUMNS]
    schema = schema_of(pa.schema(fields), {"feature": {"_type": "Image"}, "_type": "List"}, "images", IMAGES)

    def tables() -> Iterator[pa.Table]:
        for batch in batches:
            yield pa.Table.from_pylist([_row(example) for example in batch], schema=schema)

    write_parquet(stream, schema, tables())


def _row(example: Example) -> dict[str, Any]:
    return {**{name: example.pair[name] for name in _COLUMNS}, "images": picture_cell(example)}


def task_name(call: Call, split: str) -> str:
    """Name a task: letters, digits and underscores only."""
    release = "".join(letter if letter.isalnum() else "_" for letter in call.release)
    return f"sonocurate_{release}_{split}"


def _extras(call: Call, splits: Sequence[str]) -> dict[str, str]:
    tasks = {
        f"{task_name(call, split)}.yaml": _TASK.format(
            task=task_name(call, split), split=split, release=call.release, content=call.content_sha256
        )
        for split in splits
    }
    command = f"`python -m lmms_eval --include_path . --tasks {task_name(call, splits[0])} --model …` in this folder."
    return {**tasks, "answers.py": _FUNCTIONS, "README.md": readme(call, [command])}


LAYOUT = Layout(
    rows_per_part=1000,
    file=lambda _call, split, part, parts: f"data/{split}-{part:05d}-of-{parts:05d}.parquet",
    write=_write,
    extras=_extras,
    default_splits=("test",),
)
