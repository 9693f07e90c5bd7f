"""The catalog is asked from any folder, and says which file of a view is gone."""

from pathlib import Path

import pytest

from flows.shelf.invented import invent
from schemas.errors import ConfigError
from warehouse.catalog import query, rebuild
from warehouse.tables import Shelf


@pytest.fixture
def root(tmp_path):
    invent(tmp_path / "warehouse", cases=8)
    return tmp_path / "warehouse"


@pytest.mark.parametrize("view", ["release_pairs", "instruction_pairs"])
def test_a_catalog_written_under_a_relative_root_is_asked_elsewhere(root, monkeypatch, view):
    monkeypatch.chdir(root.parent)
    rebuild(Shelf(Path(root.name)))
    monkeypatch.chdir(root)
    assert query(root, f"SELECT count(*) AS n FROM {view}")["n"][0].as_py() > 0


@pytest.mark.parametrize(
    ("view", "folder"), [("release_pairs", "releases/demo/pairs"), ("instruction_pairs", "tables/instruction_pairs")]
)
def test_a_file_of_a_view_that_is_gone_is_named(root, view, folder):
    lost = min((root / folder).glob("*.parquet"))
    lost.unlink()
    with pytest.raises(ConfigError, match=f"^sql: a view reads .*/{folder}/{lost.name}, which is missing: restore it"):
        query(root, f"SELECT * FROM {view}")


@pytest.mark.parametrize("path", ["/etc/passwd", "/nowhere/x.parquet"])
def test_a_file_outside_is_not_spoken_of(root, path):
    with pytest.raises(ConfigError, match="tables and releases of this warehouse only"):
        query(root, f"SELECT * FROM '{path}'" if path.endswith("parquet") else f"SELECT * FROM read_text('{path}')")


def test_what_is_no_text_is_refused(root):
    with pytest.raises(ConfigError, match="^sql: must be UTF-8 text$"):
        query(root, "SELECT '\udcff'")
