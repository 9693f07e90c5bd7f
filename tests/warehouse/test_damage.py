"""A damaged log or file of a table is named, with what to do."""

from pathlib import Path

import pytest

from schemas.errors import ConfigError
from tests.warehouse.test_tables import commit, kept
from warehouse.tables import Shelf
from warehouse.upkeep import compact, history, list_tables, vacuum

NAME = "dedup_pool"


@pytest.fixture
def shelf(tmp_path):
    made = Shelf(tmp_path)
    for n in range(3):
        made.append(NAME, kept(f"{n}"), commit(f"k{n}"))
    return made


@pytest.mark.parametrize(
    "action",
    [
        lambda shelf: shelf.files(NAME),
        lambda shelf: shelf.version(NAME),
        lambda shelf: shelf.open(NAME),
        lambda shelf: shelf.delete(NAME, "site = 's'"),
        compact,
        vacuum,
        lambda shelf: history(shelf, NAME),
        list_tables,
    ],
)
def test_a_damaged_log_is_named(shelf, action):
    (shelf.tables / NAME / "_delta_log" / f"{1:020}.json").write_bytes(b"\xffgarbage{")
    with pytest.raises(ConfigError, match=f"table {NAME}: its log cannot be read; restore tables/{NAME}/_delta_log"):
        action(shelf)


@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_compaction_names_a_damaged_file(shelf, damage):
    path = Path(shelf.files(NAME)[0])
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(data[:-50] if damage == "cut" else data[:20] + b"\0" * 60 + data[80:])
    with pytest.raises(ConfigError, match=f"table {NAME}: {path.name} is (missing|damaged)"):
        compact(shelf)


def test_a_single_damaged_file_that_needs_no_compaction_is_named_too(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.append(NAME, kept("a"), commit())
    path = Path(shelf.files(NAME)[0])
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ConfigError, match=f"{path.name} is damaged"):
        compact(shelf)
