"""A release that stands is not written again, and any doubt writes it again to compare."""

import json

import pyarrow as pa
import pytest

from flows.releases import create as module
from flows.releases.create import Ask, create_release
from flows.stage import forget_contexts
from schemas.case import REPORT
from schemas.errors import ConfigError, LeakError
from warehouse.tables import Commit


@pytest.fixture
def written(monkeypatch):
    """The names of releases that are written to be compared."""
    names, real = [], module.write_release

    def write(snapshot, config, *more):
        names.append(config.name)
        return real(snapshot, config, *more)

    monkeypatch.setattr("flows.releases.facts.git_commit", lambda: "c0ffee")
    monkeypatch.setattr(module, "write_release", write)
    return names


@pytest.fixture
def standing(hospital, written):
    """A hospital with a release that left rows behind."""
    pairs = hospital.rows["instruction_pairs"]
    for pair in pairs[::2]:
        pair |= {name: pairs[0][name] for name in ("question", "answer")}
    hospital.shelve()
    first = create_release(hospital.context, hospital.context.config.release)
    written.clear()
    return hospital, written, first


def again(hospital, **ask):
    return create_release(hospital.context, hospital.context.config.release, Ask(**ask))


def test_without_news_nothing_is_written_and_the_receipt_is_the_same(standing):
    hospital, written, (published, receipt) = standing
    forget_contexts()
    found, told = again(hospital)
    assert (found.content_sha256, found.counts, found.created) == (published.content_sha256, published.counts, False)
    assert (told.kept, told.rejected, told.chunks) == (receipt.kept, receipt.rejected, 1)
    assert told.rejected > 0
    assert written == []


def test_tables_that_moved_are_compared_row_by_row(standing):
    hospital, written, (published, _) = standing
    row = hospital.rows["reports"][0]
    mine = f"case_id = '{row['case_id']}'"
    hospital.shelf.delete("reports", mine)
    hospital.shelf.append("reports", pa.Table.from_pylist([row], schema=REPORT), Commit("test", 1, "f", "back"))
    assert again(hospital)[0].content_sha256 == published.content_sha256
    hospital.shelf.delete("reports", mine)
    with pytest.raises(ConfigError, match="other content"):
        again(hospital)
    assert written == ["first", "first"]


def test_phi_that_is_known_since_is_looked_for(standing):
    hospital, written, _ = standing
    table = hospital.folder / "cases.csv"
    word, other = hospital.rows["reports"][0]["findings"].split()[:2]
    table.write_text(table.read_text(encoding="utf-8").replace("Zebedee Quill00", f"{word} {other}"), encoding="utf-8")
    forget_contexts()
    with pytest.raises(LeakError):
        again(hospital)
    assert written == ["first"]


def test_code_that_nobody_committed_is_compared(hospital, written, monkeypatch):
    monkeypatch.setattr("flows.releases.facts.git_commit", lambda: "c0ffee-dirty")
    hospital.shelve()
    first = again(hospital)[0]
    assert again(hospital)[0].content_sha256 == first.content_sha256
    assert written == ["first", "first"]


def test_a_release_apart_from_held_out_sets_does_not_stand_without_them(hospital, written, tmp_path):
    pairs = hospital.shelve().rows["instruction_pairs"]
    (tmp_path / "held").mkdir()
    lines = [json.dumps({name: pair[name] for name in ("question", "answer")}) for pair in pairs]
    (tmp_path / "held" / "set.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert again(hospital, against=[tmp_path / "held"])[0].counts["pairs"] < len(pairs)
    with pytest.raises(ConfigError, match="other content"):
        again(hospital)
    assert written == ["first", "first"]


def test_a_note_that_a_kill_cut_off_is_written_by_the_next_run(hospital, written, monkeypatch):
    noted = []

    def cut_off(*_):
        noted.append(1)
        if len(noted) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "_note_left", cut_off)
    hospital.shelve()
    with pytest.raises(KeyboardInterrupt):
        again(hospital)
    again(hospital)
    again(hospital)
    assert (len(noted), written) == (2, ["first", "first"])


def test_other_settings_or_code_are_compared(standing, monkeypatch):
    hospital, written, (published, _) = standing
    monkeypatch.setattr("flows.releases.facts.version", lambda _: "9.9")
    assert again(hospital)[0].content_sha256 == published.content_sha256
    hospital.set("split_test = 0.3", "split_test = 0.5")
    with pytest.raises(ConfigError, match="other content"):
        again(hospital)
    assert written == ["first", "first"]
