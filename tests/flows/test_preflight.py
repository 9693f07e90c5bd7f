"""What you must fix is one line before anything is written."""

import os

import pytest

from flows.preflight import preflight
from flows.stage import forget_contexts
from schemas.errors import ConfigError

ROWS = "case_id,patient_id,findings,images\n1,2,liver normal echogenicity,a.png\n"


@pytest.fixture
def hospital(tmp_path, monkeypatch):
    monkeypatch.setenv("SONOCURATE_KEY", "ab" * 32)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"x")
    (tmp_path / "cases.csv").write_text(ROWS, encoding="utf-8")
    forget_contexts()
    return tmp_path


def config(folder, *, root="warehouse", extra="", table="cases.csv", images="images"):
    path = folder / "pipeline.toml"
    text = f'[input]\ntable = "{table}"\nimages = "{images}"\n[warehouse]\nroot = "{root}"\n{extra}'
    path.write_text(text, encoding="utf-8")
    return path


def test_it_counts_and_writes_nothing(hospital):
    before = sorted(hospital.rglob("*"))
    found = preflight(config(hospital), embedded=True)
    assert (found.rows, found.images, found.orphans) == (1, 1, 0)
    assert sorted(hospital.rglob("*")) == sorted([*before, hospital / "pipeline.toml"])


MEASURE = '[annotate]\nmeasures = [{{ name = "{}", kind = "distance", points = ["{}", "apex"] }}]\n'


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (MEASURE.format("head_width", "centre"), "annotate.measures: head_width is no word"),
        (MEASURE.format("annulus_width", "skull_left"), "annotate.measures: skull_left is no word"),
        (MEASURE.format("annulus_width", "lesion"), "annotate.measures: lesion is no keypoint"),
        (MEASURE.format("apex", "centre"), "annotate.measures: apex is no measure"),
        ('[annotate]\nlabels = { "DBP" = "bile_duct" }\n', "annotate.labels: bile_duct is no word"),
        (
            '[annotate]\nwords = [{ key = "benign", kind = "object", en = "b", zh = "b" }]\n',
            "annotate.words: benign is known as diagnosis",
        ),
        (
            '[[annotations]]\nlayout = "masks"\npath = "images"\nlabel = "herd"\n',
            "annotations: herd is no object of the vocabulary",
        ),
        (
            '[[annotations]]\nlayout = "masks"\npath = "images"\nvalues = { "1" = "liver", "2" = "benign" }\n',
            "annotations: benign is no object of the vocabulary",
        ),
    ],
)
def test_a_word_that_nobody_knows_is_named(hospital, extra, told):
    with pytest.raises(ConfigError, match=told) as error:
        preflight(config(hospital, extra=extra), embedded=True)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"root": "cases.csv"},
        {"root": "images"},
        {"root": "images/wh"},
        {"root": "x" * 300},
        {"root": "a\\u0000b"},
        {"root": "~nobody-here/x"},
        {"table": "~nobody-here/x"},
        {"table": "x" * 300 + ".csv"},
        {"images": "x" * 300},
        {"images": "cases.csv"},
        {"extra": '[[endpoints]]\nname = "e"\nmodel = "m"\nbase_url = "http://user:secret@127.0.0.1:1/v1"\n'},
        {"extra": '[[endpoints]]\nname = "e"\nmodel = "m"\nbase_url = "http://[::1/v1"\n'},
        {"extra": '[[endpoints]]\nname = "e"\nmodel = "m"\nbase_url = "http://127.0.0.1:1/v1"\n'},
        {"extra": "[nonsense]\n"},
        {"extra": "[intake]\nchunk_cases = 0\n"},
    ],
)
def test_what_cannot_work_is_a_config_error(hospital, settings):
    with pytest.raises(ConfigError) as error:
        preflight(config(hospital, **settings), embedded=True)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)
    assert not (hospital / "warehouse").exists()


def test_no_model_at_all_is_refused(hospital):
    with pytest.raises(ConfigError, match="no-embedded"):
        preflight(config(hospital), embedded=False)


def test_rows_with_broken_bytes_and_strange_files_do_not_stop_it(hospital):
    (hospital / "cases.csv").write_bytes(ROWS.encode() + b"2,3,liver \xff normal,b.png\n")
    (hospital / "images" / "loop.png").symlink_to("loop.png")
    (hospital / "images" / os.fsdecode(b"\xd5\xc5.tif")).write_bytes(b"1")
    assert preflight(config(hospital), embedded=True).defects == {"UNDECODABLE_TEXT": 1}


def test_a_server_that_does_not_answer_is_refused(monkeypatch):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.server import check_configured_server

    nowhere = temporary_settings(updates={PREFECT_API_URL: "http://127.0.0.1:9/api"})
    with nowhere, pytest.raises(ConfigError, match="does not answer"):
        check_configured_server()
