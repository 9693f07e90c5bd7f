"""The release of a real run is exported by the command line, and asked in SQL."""

import datasets
import pyarrow.parquet as pq
import pytest


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
