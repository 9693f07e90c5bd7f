"""Finding image files by path, folder and glob; never outside the folder."""

import pytest

from curation.intake.files import FileIndex, list_files

PATHS = ["a/1.png", "a/2.PNG", "a/b/3.dcm", "c/IM0001", "d[1].png"]


@pytest.fixture
def index(tmp_path):
    return FileIndex(tmp_path, PATHS)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("a/1.png", ["a/1.png"]),
        (r"a\b\3.dcm", ["a/b/3.dcm"]),
        ("./a/1.png", ["a/1.png"]),
        ("A/2.png", ["a/2.PNG"]),
        ("a/*.png", ["a/1.png", "a/2.PNG"]),
        ("A", ["a/1.png", "a/2.PNG", "a/b/3.dcm"]),
        ("a/*", ["a/1.png", "a/2.PNG"]),
        ("**/*.dcm", ["a/b/3.dcm"]),
        ("a", ["a/1.png", "a/2.PNG", "a/b/3.dcm"]),
        ("c/IM000?", ["c/IM0001"]),
        ("d[1].png", ["d[1].png"]),
        ("../secret.png", ["../secret.png"]),
        ("nowhere/*.png", ["nowhere/*.png"]),
    ],
)
def test_cells_find_files(index, cell, found):
    assert index.find(cell) == found


def test_absolute_paths_below_the_folder_are_relative(index, tmp_path):
    assert index.find(f"{tmp_path}/a/1.png") == ["a/1.png"]


def test_files_outside_are_not_in_the_index(index):
    assert "../secret.png" not in index


def test_hidden_files_and_dicomdir_are_left_out(tmp_path):
    for name in ("x.png", ".hidden", "DICOMDIR", "sub/y", ".git/z"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    assert list_files(tmp_path) == ["sub/y", "x.png"]


def test_links_stay_inside_and_loops_do_no_harm(tmp_path):
    (tmp_path / "outside.png").write_bytes(b"1")
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"1")
    (folder / "inside.png").symlink_to(folder / "a.png")
    (folder / "leaving.png").symlink_to(tmp_path / "outside.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    assert set(list_files(folder)) >= {"a.png", "inside.png"}
    assert "leaving.png" not in list_files(folder)


def test_names_that_are_not_utf8_are_read_as_gb18030(tmp_path):
    import os

    (tmp_path / os.fsdecode("张三.tif".encode("gb18030"))).write_bytes(b"1")
    index = FileIndex(tmp_path, list_files(tmp_path))
    assert index.find("张三.tif") == ["张三.tif"] == index.find("*.tif")
    assert index.locate("张三.tif").read_bytes() == b"1"
    index.paths[0].encode("utf-8")
