"""What is known about people: every accepted form, and errors that name the line and nothing else."""

import json

import pytest

from curation.image.known import KnownPhi
from curation.pseudonym import Pseudonymizer, new_key
from flows.masks.folder.known import read_known_phi
from flows.masks.folder.paths import mirror, picture_names
from schemas.errors import ConfigError


def read(folder, *lines, encoding="utf-8"):
    (folder / "known.jsonl").write_text("\n".join(lines), encoding=encoding)
    return read_known_phi(folder / "known.jsonl")


def test_keys_of_a_table_and_kinds_are_joined_per_image(tmp_path):
    found = read(
        tmp_path,
        json.dumps({"image": "a\\b/./c.png", "known_phi": {"patient_name": "ZHANG^WEI", "patient_id": 4711}}),
        "",
        json.dumps(
            {"image": "a/b/c.png", "known_phi": {"names": ["张伟", None], "physicians": ["Okafor"], "phone": " "}}
        ),
        json.dumps({"image": "d.png"}),
        encoding="utf-8-sig",
    )
    assert set(found) == {"a/b/c.png", "d.png"}
    assert found["a/b/c.png"]["names"] == ["ZHANG^WEI", "张伟"]
    assert (found["a/b/c.png"]["ids"], found["a/b/c.png"]["phones"]) == (["4711"], [])
    assert not any(found["d.png"].values())


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{Okafor", "not a JSON object"),
        ('["Okafor"]', 'needs "image"'),
        ('{"image": 3}', 'needs "image"'),
        ('{"image": "a", "known_phi": ["Okafor"]}', "must be an object"),
        ('{"image": "a", "known_phi": {"Okafor": "x"}}', "its keys are"),
        ('{"image": "a", "known_phi": {"names": {"Okafor": 1}}}', "texts or lists of texts"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_never_quoted(tmp_path, line, says):
    with pytest.raises(ConfigError, match=rf"known.jsonl, line 3: .*{says}") as error:
        read(tmp_path, '{"image": "a"}', "", line)
    assert "Okafor" not in str(error.value)


def test_a_file_that_cannot_be_read_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match="UTF-8"):
        read(tmp_path, '{"image": "张"}', encoding="gb18030")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_known_phi(tmp_path)


@pytest.mark.parametrize(
    ("path", "hashed"),
    [
        ("ward/scan.png", []),
        ("ZHANG WEI/scan.png", [0]),
        ("ward/zhang_wei-1.dcm", [1]),
        ("2024/张伟/b.png", [1]),
        ("ZY00031288/a.png", [0]),
        ("zw/a.png", []),  # initials alone mean nobody in a path
    ],
)
def test_components_that_hold_known_phi_are_hashed(path, hashed):
    coder = Pseudonymizer(new_key())
    known = KnownPhi({"names": ["ZHANG WEI"], "ids": ["ZY00031288"]})
    parts = mirror(path, known, coder).split("/")
    own = path.split("/")
    assert len(parts) == len(own)
    for number, (part, before) in enumerate(zip(parts, own, strict=True)):
        assert part == (coder.code("path", "", before) if number in hashed else before)


def test_stills_and_frames_have_their_own_names():
    assert picture_names("a/b.dcm", 1) == ["a/b.dcm.png"]
    assert picture_names("a/b.dcm", 2) == ["a/b.dcm.000.png", "a/b.dcm.001.png"]
