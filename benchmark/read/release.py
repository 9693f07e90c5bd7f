"""Items from a release: its test split only.

In: a release's folder. Out: items of suite echovlm (report, diagnosis, vqa per system), u2 (diagnosis, report and
caption tasks; a release holds no gold for the others) or grounded. Pictures are given one block at a time.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmark.read.grounded import item_of
from benchmark.read.u2_tasks import U2Task
from benchmark.records import Item, Suite
from schemas.errors import ConfigError
from schemas.instruction import Task
from warehouse.export.source import Index, Source

SPLIT = "test"
#: Task of a pair -> task of EchoVLM's evaluation.
ECHOVLM = {Task.REPORT.value: "report", Task.DIAGNOSIS.value: "diagnosis"}
#: Task of a pair -> task of U2-BENCH.
U2 = {
    Task.SINGLE_CHOICE.value: U2Task.DD.value,
    Task.REPORT.value: U2Task.RG.value,
    Task.CAPTION.value: U2Task.CG.value,
}
JUDGED = ("True", "False")
_OPTION = re.compile(r"(?m)^([A-Z])\. (.+)$")
_BLOCK = 200


def read_release(folder: Path, suite: Suite, *, keep_images: bool = False) -> Iterator[Item]:
    """Give the items of the test split, with their pictures where asked.

    Raises: ConfigError for a release that is damaged or has no such items, or another suite.
    """
    if suite is Suite.QBENCH:
        raise ConfigError(f"suite {suite.value} needs --gold: a release holds no gold for it")
    source = Source(folder)
    patients = source.patients(SPLIT)
    frames = source.index("images", SPLIT) if keep_images else None
    found = 0
    for group in source.groups("grounded" if suite is Suite.GROUNDED else "pairs", SPLIT):
        rows = source.read(group).to_pylist()
        for start in range(0, len(rows), _BLOCK):
            for item in _items(rows[start : start + _BLOCK], suite, source.name, patients, frames):
                found += 1
                yield item
    if not found:
        raise ConfigError(f"release {source.name} has no item of suite {suite.value} in its split {SPLIT}")


def _items(
    rows: Sequence[dict[str, Any]], suite: Suite, release: str, patients: dict[str, str], frames: Index | None
) -> Iterator[Item]:
    wanted = {frame for row in rows for frame in row["frame_ids"] if frames is not None and frame in frames}
    pictures = frames.take(wanted, "image") if frames is not None else {}
    for row in rows:
        images = tuple(pictures[frame]["bytes"] for frame in row["frame_ids"] if frame in pictures)
        if suite is Suite.GROUNDED:
            item = item_of(row, release, patients.get(row["case_id"], row["case_id"]), images)
            if item is not None:
                yield item
            continue
        task = U2.get(row["task"]) if suite is Suite.U2 else ECHOVLM.get(row["task"], "vqa")
        if task is None:
            continue
        options = options_of(row)
        yield Item(
            row["instance_id"],
            task,
            release,
            gold_of(row, options),
            patient=patients.get(row["case_id"], row["case_id"]),
            anatomy="|".join(row["systems"]),
            language=row["language"],
            prompt=row["question"],
            options=options,
            visible=bool(row["answer_visible_in_image"]),
            images=images,
        )


def options_of(row: dict[str, Any]) -> tuple[str, ...]:
    """Give the options of a pair: those in its question, True and False, or none."""
    if row["task"] == Task.JUDGE.value:
        return JUDGED
    return (
        tuple(text.strip() for _, text in _OPTION.findall(row["question"]))
        if row["task"] == Task.SINGLE_CHOICE.value
        else ()
    )


def gold_of(row: dict[str, Any], options: Sequence[str]) -> str:
    """Give the gold of a pair; of a single choice the text of the option, not its letter."""
    answer = str(row["answer"]).strip()
    letter = ord(answer[0]) - ord("A") if row["task"] == Task.SINGLE_CHOICE.value and answer else -1
    return options[letter] if 0 <= letter < len(options) else answer
