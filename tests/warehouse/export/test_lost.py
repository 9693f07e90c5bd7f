"""An unfinished export whose files were lost meanwhile writes them again, and never signs what it did not write."""

import os
import time

import pytest

from schemas.errors import ChunkError
from tests.warehouse.export.test_run import contents, write
from warehouse.export import run


class StoppedError(Exception):
    """Ends an export between two parts."""


def stop_after(parts, folder, awaited="*"):
    """End an export after so many parts, once a file of this name is there: another thread writes pictures."""
    left = [parts]

    def progress(rows):
        left[0] -= 1
        deadline = time.monotonic() + 60
        while left[0] == 0 and not any(folder.glob(awaited)) and time.monotonic() < deadline:
            time.sleep(0.01)
        if left[0] == 0:
            raise StoppedError

    return progress


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


@pytest.fixture(scope="module")
def whole(shop, tmp_path_factory):
    """Give what an export holds that was never interrupted."""
    written = {}

    def of(name, images):
        if (name, images) not in written:
            out = tmp_path_factory.mktemp("whole") / "out"
            write(shop, name, images, out)
            written[name, images] = contents(out)
        return written[name, images]

    return of


@pytest.mark.parametrize("lose", [cut, os.unlink])
@pytest.mark.parametrize(
    ("name", "images", "lost"),
    [
        ("llama-factory", "files", "train.json"),
        ("ms-swift", "files", "train.jsonl"),
        ("ms-swift", "files", "images/train/*/*.png"),
        ("hf", "embed", "data/train-*.parquet"),
        ("webdataset", "embed", "**/*train*.tar"),
    ],
)
def test_what_an_unfinished_export_lost_is_written_again(shop, whole, tmp_path, name, images, lost, lose):
    with pytest.raises(StoppedError):
        write(shop, name, images, tmp_path, progress=stop_after(3, tmp_path, lost))
    lose(min(tmp_path.glob(lost)))
    assert write(shop, name, images, tmp_path).created
    assert contents(tmp_path) == whole(name, images)


def test_only_what_was_lost_is_written_again(shop, tmp_path):
    with pytest.raises(StoppedError):
        write(shop, "hf", "embed", tmp_path, progress=stop_after(3, tmp_path))
    lost, *kept = sorted(tmp_path.rglob("*.parquet"))
    times = [path.stat().st_mtime_ns for path in kept]
    lost.unlink()
    write(shop, "hf", "embed", tmp_path)
    assert kept
    assert [path.stat().st_mtime_ns for path in kept] == times


@pytest.mark.parametrize("at", [2, 4])
def test_what_is_lost_while_it_is_written_ends_the_export_and_the_next_call_mends_it(shop, whole, tmp_path, at):
    calls = []

    def progress(rows):
        calls.append(rows)
        if len(calls) == at:
            cut(max(tmp_path.glob("*.json"), key=os.path.getmtime))

    with pytest.raises(ChunkError, match="has changed while the export was written: run the same command again"):
        write(shop, "llama-factory", "files", tmp_path, progress=progress)
    assert not (tmp_path / "export.json").exists()
    write(shop, "llama-factory", "files", tmp_path)
    assert contents(tmp_path) == whole("llama-factory", "files")


def test_a_picture_that_is_gone_at_the_end_is_told_apart(shop, whole, tmp_path, monkeypatch):
    finish = run._finish

    def lost(*given):
        next(tmp_path.glob("images/test/*/*.png")).unlink()  # rows and pictures are written
        return finish(*given)

    with monkeypatch.context() as patched:
        patched.setattr(run, "_finish", lost)
        with pytest.raises(ChunkError, match=r"png has changed while the export was written"):
            write(shop, "ms-swift", "files", tmp_path)
    write(shop, "ms-swift", "files", tmp_path)
    assert contents(tmp_path) == whole("ms-swift", "files")
