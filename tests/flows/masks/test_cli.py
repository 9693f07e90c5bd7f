"""The commands of masking on the command line: what goes together, one line per error, exit code 2."""

import json
import os
import sys

import pytest

from flows.cli import main
from flows.masks.audit import commands
from flows.stage import forget_contexts
from tests.flows.masks.readers.test_real import fill as fill_sheet
from tests.flows.masks.review.queue_site import KEY, build_site, decide, queue_rows


@pytest.fixture
def sonocurate(monkeypatch, capsys):
    """Run the command line in this process: exit code, standard output, standard error."""

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["sonocurate", *map(str, args)])
        before = os.umask(0o022)
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        finally:
            os.umask(before)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONOCURATE_KEY", KEY)
        yield build_site(tmp_path_factory.mktemp("hospital") / "site")
        forget_contexts()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("desensitize", "{tmp}/in", "{tmp}/full"), "not empty"),
        (("desensitize", "{tmp}/in", "{tmp}/in/out"), "only read"),
        (("desensitize", "{tmp}/nowhere", "{tmp}/out"), "not a folder"),
        (("desensitize", "{tmp}/in", "{tmp}/out", "--known-phi", "{tmp}/known.jsonl"), "known.jsonl, line 2: "),
        (("desensitize", "{tmp}/in", "{tmp}/out", "--known-phi", "{tmp}/nowhere"), "not a readable UTF-8 file"),
        (("desensitize", "{tmp}/in", "{tmp}/out", "--config", "{tmp}/bad.toml"), "desensitize.margin: unknown key"),
        (("audit-masks", "{tmp}/full"), "not empty"),
        (("audit-masks", "{tmp}/in/out", "--frames", "{tmp}/in"), "lies inside"),
        (("audit-masks", "{tmp}/out", "--frames", "{tmp}/nowhere"), "is not a folder"),
        (("audit-masks", "{tmp}/out", "--frames", "{tmp}/in", "--stress"), "leave --frames out"),
        (("audit-masks", "{tmp}/out", "--language", "fr"), "en or zh"),
        (("audit-masks", "{tmp}/out", "--real", "3", "--score"), "do not go together"),
        (("audit-masks", "{tmp}/out", "--real", "3", "--n", "4"), "--n plants PHI"),
        (("audit-masks", "{tmp}/out", "--score", "--peers"), "--peers plants PHI"),
        (("audit-masks", "{tmp}/out", "--real", "3", "--config", "{tmp}/nowhere.toml"), "not found"),
        (("audit-masks", "{tmp}/full", "--score"), "no finished sample"),
        (("review-masks", "export", "{tmp}/out", "--config", "{tmp}/nowhere.toml"), "not found"),
        (("review-masks", "purge", "{tmp}/full"), "no finished review queue"),
    ],
)
def test_what_must_be_fixed_is_one_line_and_exit_code_2(sonocurate, tmp_path, args, says):
    (tmp_path / "in").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "known.jsonl").write_text('{"image": "a"}\n{"image": 3}\n', encoding="utf-8")
    (tmp_path / "bad.toml").write_text("[desensitize]\nmargin = 3\n", encoding="utf-8")
    code, out, err = sonocurate(*(arg.format(tmp=tmp_path) for arg in args))
    assert (code, out) == (2, "")
    assert says in err
    assert err.startswith("sonocurate: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_empty_folder_is_masked_to_an_empty_folder(sonocurate, tmp_path):
    (tmp_path / "in").mkdir()
    code, out, _ = sonocurate("desensitize", tmp_path / "in", tmp_path / "out")
    assert (code, out) == (0, "0 images: 0 published as 0 pictures, 0 in quarantine\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["quarantine.jsonl", "regions.jsonl"]


def test_a_sample_is_drawn_read_and_scored(sonocurate, site, tmp_path):
    sample = tmp_path / "sample"
    code, out, _ = sonocurate("audit-masks", sample, "--real", "5", "--seed", "3", "--config", site.config)
    assert code == 0
    assert "fewer exams than asked for: all 2 of 5" in out
    assert f"sonocurate audit-masks --score {sample}" in out
    code, _, err = sonocurate("audit-masks", sample, "--score")
    assert (code, err.count("\n")) == (2, 1)
    assert "identity_seen is empty" in err
    for reader in ("reader_1", "reader_2"):
        fill_sheet(sample, reader)
    code, out, _ = sonocurate("audit-masks", sample, "--score")
    assert code == 0
    assert "77.64 %" in out  # no leak in two exams: 1 - 0.05 ** (1 / 2)
    assert json.loads((sample / commands.SCORES).read_text())[-1]["exams"] == 2
    for place in (site.shelf.root / "sample", site.folder / "images" / "sample"):
        code, _, err = sonocurate("audit-masks", place, "--real", "1", "--config", site.config)
        assert code == 2
        assert "lies inside" in err


def test_a_queue_is_exported_applied_and_purged(sonocurate, site, tmp_path):
    queue = tmp_path / "queue"
    options = ("--limit", "3", "--ttl-hours", "0.0001", "--unproven")
    code, out, _ = sonocurate("review-masks", "export", queue, "--config", site.config, *options)
    assert code == 0
    assert out.startswith("3 boxes to review\n")
    assert "beyond the limit" in out
    assert len(queue_rows(queue)) == 3
    decide(queue, {"low_score": "mask"})
    code, out, _ = sonocurate("review-masks", "apply", queue, "--config", site.config)
    assert code == 0
    assert "stays_masked" in out
    assert "0 frames amended" in out
    code, out, _ = sonocurate("review-masks", "purge", queue)
    assert (code, out.endswith("expired crops deleted\n")) == (0, True)


@pytest.mark.parametrize(
    ("option", "value", "says"), [("--ttl-hours", "0", "lifetime"), ("--limit", "0", "at least 1")]
)
def test_numbers_of_a_queue_that_cannot_be_are_refused(sonocurate, site, tmp_path, option, value, says):
    code, _, err = sonocurate("review-masks", "export", tmp_path / "q", "--config", site.config, option, value)
    assert code == 2
    assert says in err
    code, _, err = sonocurate(
        "review-masks", "serve", tmp_path / "q", "--config", site.config, "--reviewer", "r1", "--port", "0"
    )
    assert code == 2
    assert "no finished review queue" in err
