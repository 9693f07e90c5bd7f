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
        ("a/*.png", ["a/1.png"]),
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
