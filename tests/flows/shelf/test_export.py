"""The release of a real run is exported by the command line, and asked in SQL; exports are remembered."""

import json
import os

import datasets
import pyarrow.parquet as pq
import pytest

from flows.shelf.export import RECORD, Wanted, export_release, lines, recorded
from flows.shelf.invented import invent
from schemas.errors import ConfigError


@pytest.mark.slow
def test_the_release_of_a_run_is_exported(finished, site, tmp_path):
    out = tmp_path / "out"
    done = site.cli("export", "first", out, "--root", finished.root, "--format", "hf")
    assert done.returncode == 0, done.stderr
    shards = sorted((finished.root / "releases" / "first" / "pairs").glob("*.parquet"))
    published = {row for shard in shards for row in pq.read_table(shard)["instance_id"].to_pylist()}
    loaded = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    exported = [row for split in loaded.values() for row in split["instance_id"]]
    assert sorted(exported) == sorted(published)
    assert all(image.size for split in loaded.values() for row in split for image in row["images"])
    again = site.cli("export", "first", out, "--root", finished.root, "--format", "hf")
    assert "was complete" in again.stdout
    other = site.cli("export", "first", out, "--root", finished.root, "--format", "ms-swift")
    assert other.returncode == 2
    assert "Traceback" not in other.stderr
    question = "SELECT count(*) AS n FROM release_pairs"
    counted = site.cli("sql", question, "--root", finished.root, "--format", "csv")
    assert counted.stdout == f"n\n{len(published)}\n"


@pytest.fixture
def root(tmp_path):
    invent(tmp_path / "warehouse", cases=4)
    return tmp_path / "warehouse"


def test_an_export_is_remembered_before_its_first_byte_and_once(root, tmp_path, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.export.run._Writer", killed)
        with pytest.raises(KeyboardInterrupt):
            export_release(root, "demo", out, Wanted("llava"))
    assert [row["folder"] for row in recorded(root)[0]] == [str(out)]
    assert [path.name for path in out.iterdir()] == [".unfinished"]
    assert export_release(root, "demo", out, Wanted("llava")).created
    assert not export_release(root, "demo", out, Wanted("llava")).created
    with pytest.raises(ConfigError, match="holds another export"):
        export_release(root, "demo", out, Wanted("hf"))
    assert len(recorded(root)[0]) == 1


def test_a_folder_whose_name_is_no_text_is_remembered(root, tmp_path):
    out = tmp_path / os.fsdecode(b"o\xff")
    done = export_release(root, "demo", out, Wanted("llava"))
    assert recorded(root)[0][0]["folder"] == str(out)
    assert b"o\\udcff: " in "".join(lines(done)).encode()


def test_a_torn_line_is_kept_and_told_and_spoils_no_other(root, tmp_path):
    torn = b'{"release": "demo", "folder": "/\xe6'
    (root / RECORD).write_bytes(json.dumps({"release": 5}).encode() + b"\n\n" + torn)
    export_release(root, "demo", tmp_path / "out", Wanted("llava"))
    rows, unreadable = recorded(root)
    assert [row["folder"] for row in rows] == [str(tmp_path / "out")]
    assert unreadable == [1, 3]
    assert torn + b"\n" in (root / RECORD).read_bytes()
