"""Exports resume after kill -9, refuse what they must, and prove what they hold."""

import dataclasses
import gc
import hashlib
import json
import os
import shutil
import signal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.shelf.export import Wanted, export_release
from schemas.errors import ChunkError, ConfigError
from warehouse.export import run
from warehouse.export.formats import choose
from warehouse.export.journal import Journal
from warehouse.export.layout import Call
from warehouse.export.selection import Condition, Selection
from warehouse.export.source import Source

SPLITS = ("train", "validation", "test")


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def write(shop, name, images, out, *, tamper=lambda layout: layout, progress=lambda rows: None):
    """Export in small parts."""
    source = Source(shop.release)
    way, layout = choose(name, images)
    layout = tamper(dataclasses.replace(layout, rows_per_part=40))
    call = Call(source.name, source.content_sha256, name, way, SPLITS, None)
    return run.export(source, Selection(source, SPLITS, Condition(None)), call, layout, out, progress)


class Dying:
    """A stream that dies with its process after some bytes."""

    def __init__(self, stream, left):
        self._stream, self._left = stream, left

    def write(self, content):
        if len(content) >= self._left[0]:
            self._stream.write(content[: self._left[0]])
            self._stream.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        self._left[0] -= len(content)
        return self._stream.write(content)

    def __getattr__(self, name):
        return getattr(self._stream, name)


def die_after(size):
    left = [size]

    def tamper(layout):
        inner = layout.write
        return dataclasses.replace(
            layout, write=lambda stream, batches, call: inner(Dying(stream, left), batches, call)
        )

    return tamper


def in_child(action):
    """Run an action in a process of its own that is killed; say how it ended."""
    child = os.fork()
    if child == 0:
        try:
            action()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(
    ("name", "images"),
    [("hf", "embed"), ("ms-swift", "files"), ("llava", "files"), ("webdataset", "embed"), ("vlmevalkit", "embed")],
)
def test_an_export_goes_on_after_kills(shop, tmp_path, monkeypatch, name, images):
    whole = write(shop, name, images, tmp_path / "whole")
    out = tmp_path / "killed"
    deaths = 0
    for size in (0, 300, 9_000, 20_000):  # in the first bytes, and in the middle of a part
        deaths += in_child(lambda size=size: write(shop, name, images, out, tamper=die_after(size))) == -signal.SIGKILL
        assert not (out / "export.json").exists()
    add = Journal.add

    def once_then_die(self, *part):  # right behind a recorded part
        add(self, *part)
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(Journal, "add", once_then_die)
    deaths += in_child(lambda: write(shop, name, images, out)) == -signal.SIGKILL
    monkeypatch.undo()
    monkeypatch.setattr(run, "_write_manifest", lambda *_: os.kill(os.getpid(), signal.SIGKILL))  # all but the manifest
    deaths += in_child(lambda: write(shop, name, images, out)) == -signal.SIGKILL
    monkeypatch.undo()
    assert deaths >= 4
    done = write(shop, name, images, out)
    assert done.created
    assert done.rows == whole.rows
    assert contents(out) == contents(tmp_path / "whole")


def test_an_export_that_fails_leaves_the_search_for_cycles_on(shop, tmp_path):
    def fail(stream, batches, call):
        assert not gc.isenabled()
        raise OSError(28, "No space left on device")

    with pytest.raises(ChunkError):
        write(shop, "ms-swift", None, tmp_path, tamper=lambda layout: dataclasses.replace(layout, write=fail))
    assert gc.isenabled()


def test_killed_between_manifest_and_end(shop, tmp_path, monkeypatch):
    out = tmp_path / "out"
    write(shop, "ms-swift", None, out)
    (out / ".unfinished").mkdir()  # killed before it was removed
    assert not write(shop, "ms-swift", None, out).created
    assert not (out / ".unfinished").exists()


def test_checksums_cover_every_file_and_a_second_call_proves_them(shop):
    out = shop.export("llama-factory")
    lines = (out / "checksums.sha256").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    own = {"checksums.sha256", "export.json"}
    assert sums == {
        name: hashlib.sha256(content).hexdigest() for name, content in contents(out).items() if name not in own
    }
    manifest = json.loads((out / "export.json").read_text(encoding="utf-8"))
    assert manifest["checksums_sha256"] == hashlib.sha256((out / "checksums.sha256").read_bytes()).hexdigest()
    assert manifest["files"] == len(sums)
    wanted = Wanted("llama-factory", None, SPLITS)
    assert not export_release(shop.root, "demo", out, wanted).created


def test_a_changed_file_is_named(shop, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(shop.export("ms-swift"), out)
    picture = next(out.glob("images/train/*/*.png"))
    picture.write_bytes(b"x")
    with pytest.raises(ConfigError, match=picture.name.replace(".", r"\.")):
        export_release(shop.root, "demo", out, Wanted("ms-swift", None, SPLITS))


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted("ms-swift", None, ("train",)), "another export"),
        (Wanted("hf", None, SPLITS), "another export"),
    ],
)
def test_another_export_is_not_written_over(shop, wanted, why):
    with pytest.raises(ConfigError, match=why):
        export_release(shop.root, "demo", shop.export("ms-swift"), wanted)


def test_a_folder_with_anything_else_is_refused(shop, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        export_release(shop.root, "demo", tmp_path, Wanted("hf"))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(ConfigError, match="inside the release"):
        export_release(shop.root, "demo", shop.release / "export", Wanted("hf"))


def test_an_unfinished_export_of_another_call_is_refused(shop, tmp_path):
    out = tmp_path / "out"
    assert in_child(lambda: write(shop, "hf", "embed", out, tamper=die_after(100))) == -signal.SIGKILL
    with pytest.raises(ConfigError, match="unfinished export of another call"):
        export_release(shop.root, "demo", out, Wanted("ms-swift", None, SPLITS))


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted("pdf"), "--format must be one of hf, ms-swift"),
        (Wanted("ms-swift", "embed"), "takes files"),
        (Wanted("hf", None, ("dev",)), "--split must be of"),
        (Wanted("hf", None, (), "no_column = 1"), "--where"),
        (Wanted("hf", None, (), "count(*) > 1"), "--where"),
        (Wanted("hf", None, (), "1 = 1); DROP TABLE pairs; SELECT (1"), "--where"),
        (Wanted("hf", None, (), "(SELECT count(*) FROM read_text('/etc/hostname')) > 0"), "columns of a pair only"),
        (Wanted("hf", None, (), "question::INT > 1"), "the condition failed"),
        (Wanted("hf", None, (), "language = 'fr'"), "no pair of .* meets the condition"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(shop, tmp_path, wanted, why):
    with pytest.raises(ConfigError, match=why):
        export_release(shop.root, "demo", tmp_path / "out", wanted)
    assert not (tmp_path / "out").exists()


def test_a_condition_selects(shop, pairs, tmp_path):
    where = "task = 'vqa' AND list_contains(systems, 'liver') -- the liver"
    export_release(shop.root, "demo", tmp_path / "out", Wanted("ms-swift", None, ("train",), where))
    rows = [json.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = [pair for pair in pairs["train"] if pair["task"] == "vqa" and "liver" in pair["systems"]]
    assert [row["id"] for row in rows] == [pair["instance_id"] for pair in expected]
    shown = {path for row in rows for path in row["images"]}
    on_disk = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png")}
    assert shown == on_disk  # no picture that no row names


@pytest.mark.parametrize("where", ["images", "pairs"])
def test_a_damaged_release_is_named(shop, tmp_path, where):
    copy = tmp_path / "demo"
    shutil.copytree(shop.release, copy)
    shard = next((copy / where).glob("train-*.parquet"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(ConfigError, match=f"{where}/{shard.name} does not match its checksum"):
        export_release(tmp_path, str(copy), tmp_path / "out", Wanted("hf"))
    shard.unlink()
    with pytest.raises(ConfigError, match=f"{where}/{shard.name} is missing"):
        export_release(tmp_path, str(copy), tmp_path / "out", Wanted("hf"))
    with pytest.raises(ConfigError, match="no release other in"):
        export_release(shop.root, "other", tmp_path / "out", Wanted("hf"))


def test_a_case_in_two_splits_is_refused(shop, tmp_path):
    copy = tmp_path / "demo"
    shutil.copytree(shop.release, copy)
    train, test = (next((copy / "pairs").glob(f"{split}-*.parquet")) for split in ("train", "test"))
    shutil.copy(train, test)
    sums = (copy / "checksums.sha256").read_text().splitlines()
    digest = hashlib.sha256(train.read_bytes()).hexdigest()
    lines = [f"{digest}  pairs/{test.name}" if test.name in line and "pairs/" in line else line for line in sums]
    (copy / "checksums.sha256").write_text("\n".join(lines) + "\n")
    with pytest.raises(ConfigError, match="a case is in train and in test"):
        export_release(tmp_path, str(copy), tmp_path / "out", Wanted("hf"))


def test_every_export_is_on_record_once(shop):
    out = shop.export("webdataset")
    export_release(shop.root, "demo", out, Wanted("webdataset", None, SPLITS))
    rows = [json.loads(line) for line in (shop.root / "exports.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["folder"] for row in rows if row["format"] == "webdataset"] == [str(out.resolve())]


def reseal(folder, *changed):
    """Write checksums anew, as a release with these files would have been published."""
    sums = dict(reversed(line.split("  ", 1)) for line in (folder / "checksums.sha256").read_text().splitlines())
    sums |= {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in changed}
    (folder / "checksums.sha256").write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()))


def test_a_patient_in_two_splits_is_refused_even_if_one_split_is_asked_for(shop, tmp_path):
    copy = tmp_path / "demo"
    shutil.copytree(shop.release, copy)
    train, test = (next((copy / "cases").glob(f"{split}-*.parquet")) for split in ("train", "test"))
    rows, other = pq.read_table(test), pq.read_table(train)["patient_key"][0].as_py()
    at = rows.schema.get_field_index("patient_key")
    pq.write_table(rows.set_column(at, rows.schema.field(at), pa.array([other] * rows.num_rows)), test)
    reseal(copy, f"cases/{test.name}")
    with pytest.raises(ConfigError, match="a patient is in train and in test"):
        export_release(tmp_path, str(copy), tmp_path / "out", Wanted("hf", None, ("train",)))


def test_a_withdrawn_release_is_not_exported(shop, tmp_path):
    copy = tmp_path / "demo"
    shutil.copytree(shop.release, copy)
    manifest = json.loads((copy / "release.json").read_text())
    (copy / "release.json").write_text(json.dumps({**manifest, "state": "withdrawn"}))
    reseal(copy, "release.json")
    with pytest.raises(ConfigError, match="was withdrawn"):
        export_release(tmp_path, str(copy), tmp_path / "out", Wanted("hf"))
