"""Pictures are written whole, in order, with the hash of what was written, and an error ends it."""

import hashlib
import os
import threading

import pyarrow as pa
import pytest

from warehouse.export import pictures
from warehouse.export.layout import picture_path
from warehouse.export.pictures import WRITERS, write_pictures


def groups(count, rows=5):
    for group in range(count):
        data = [b"\x89PNG" + bytes([group, row]) * (100 + row) for row in range(rows)]
        yield [
            (f"c{group}/i{row}/f0", pa.py_buffer(png), hashlib.sha256(png).hexdigest()) for row, png in enumerate(data)
        ]


def test_files_come_in_order_with_the_hash_of_what_was_written(tmp_path):
    files = write_pictures(str(tmp_path), "train", groups(9))
    contents = [content for group in groups(9) for content in group]
    assert [name for name, _, _ in files] == [picture_path("train", frame_id) for frame_id, _, _ in contents]
    for (name, size, digest), (_, data, _) in zip(files, contents, strict=True):
        written = (tmp_path / name).read_bytes()
        assert written == bytes(data)
        assert (size, digest) == (len(written), hashlib.sha256(written).hexdigest())


def test_a_system_that_writes_a_little_at_a_time_writes_all(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(pictures.os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    files = write_pictures(str(tmp_path), "train", groups(2))
    assert all(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest for name, _, digest in files)


def test_what_a_killed_export_left_of_a_picture_is_written_anew(tmp_path):
    ((frame_id, data, _),) = next(groups(1, rows=1))
    left = tmp_path / picture_path("test", frame_id)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"longer than the picture " * 100)
    write_pictures(str(tmp_path), "test", groups(1, rows=1))
    assert left.read_bytes() == bytes(data)


def test_an_error_ends_it_and_leaves_no_thread(tmp_path):
    (tmp_path / "images").write_text("a file where the folder should be")
    begun = []

    def told():
        for number, group in enumerate(groups(50)):
            begun.append(number)
            yield group

    with pytest.raises(OSError):
        write_pictures(str(tmp_path), "train", told())
    assert len(begun) <= WRITERS + 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pictures")]


def test_no_more_groups_are_read_than_are_written(tmp_path, monkeypatch):
    held, most, lock = [0], [0], threading.Lock()
    inner = pictures._write_group

    def counted(folder, split, group):
        files = inner(folder, split, group)
        with lock:
            held[0] -= 1
        return files

    def told():
        for group in groups(40):
            with lock:
                held[0] += 1
                most[0] = max(most[0], held[0])
            yield group

    monkeypatch.setattr(pictures, "_write_group", counted)
    assert len(write_pictures(str(tmp_path), "train", told())) == 200
    assert most[0] <= WRITERS + 1
