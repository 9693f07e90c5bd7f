"""Items of a suite from wherever they are: files or a release. `sonocurate bench tasks` writes them out.

Flows in: options. Flows out: items; a JSONL file that `bench score --gold` reads.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.ask.requests import prompt_of
from benchmark.read.faults import Faults
from benchmark.read.gold import iter_gold
from benchmark.read.release import read_release
from benchmark.records import Item, Suite
from flows.benchmark.score import word_of
from flows.masks.cli import DEFAULT_CONFIG
from schemas.errors import ConfigError
from schemas.load import root_of
from warehouse.published import find_release


@dataclass(frozen=True, slots=True)
class Source:
    """Where items come from."""

    suite: str
    gold: Path | None
    release: str | None
    root: Path | None


def items_of(source: Source, faults: Faults, *, keep_images: bool) -> tuple[Suite, Iterable[Item]]:
    """Give the items of a source.

    Raises: ConfigError unless exactly one of gold and release is named.
    """
    suite = word_of(Suite, source.suite, "--suite")
    if (source.gold is None) == (source.release is None):
        raise ConfigError("name either --gold or --release")
    if source.gold is not None:
        return suite, iter_gold(source.gold, suite, faults, keep_images=keep_images)
    folder = find_release(root_of(DEFAULT_CONFIG, source.root), str(source.release))
    return suite, read_release(folder, suite, keep_images=keep_images)


def write_tasks(out: Path, *, suite: str, gold: Path | None, release: str | None, root: Path | None) -> str:
    """Write one record per item; the file appears when it is whole.

    Raises: ConfigError when it exists, or the source cannot be read.
    """
    if out.exists():
        raise ConfigError(f"{out} exists: name a new file")
    faults = Faults()
    kind, items = items_of(Source(suite, gold, release, root), faults, keep_images=False)
    aside = out.with_name(f".{out.name}.unfinished")
    count = 0
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as file:
            for item in items:
                file.write(json.dumps(record_of(item, kind), ensure_ascii=False) + "\n")
                count += 1
        aside.replace(out)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}") from None
    finally:
        aside.unlink(missing_ok=True)
    return "\n".join([f"wrote {out}: {count} items of suite {kind.value}", *faults.lines()])


def record_of(item: Item, suite: Suite) -> dict[str, Any]:
    """Give an item as a record."""
    known = {"gold": item.gold} if suite is not Suite.GROUNDED or item.task == "diagnosis" else {"objects": item.gold}
    more = {name: value for name, value in item.more.items() if name != "measurement_gold"}
    if item.more.get("measurement_gold") is not None:
        more["measurement"] = item.more["measurement_gold"]
    return {
        **{"id": item.item_id, "task": item.task, "dataset": item.dataset, "patient_id": item.patient},
        **{"anatomy": item.anatomy, "language": item.language, "options": list(item.options)},
        **{"prompt": prompt_of(item, suite), "answer_visible_in_image": item.visible, **known, **more},
    }
