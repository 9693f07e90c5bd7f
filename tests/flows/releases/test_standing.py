"""A release that stands is not written again, and any doubt writes it again to compare."""

import pyarrow as pa
import pytest

from flows.releases import create as module
from flows.releases.create import Ask, create_release
from flows.stage import forget_contexts
from schemas.case import REPORT
from schemas.errors import ConfigError, LeakError
from warehouse.tables import Commit


@pytest.fixture
def standing(hospital, monkeypatch):
    """A hospital with a release, the folders of releases that are written again, and the release."""
    hospital.shelve()
    first = create_release(hospital.context, hospital.context.config.release)
    written = []
    real = module.write_release

    def write(snapshot, config, *more):
        written.append(config.name)
        return real(snapshot, config, *more)

    monkeypatch.setattr(module, "write_release", write)
    return hospital, written, first


def again(hospital, **ask):
    return create_release(hospital.context, hospital.context.config.release, Ask(**ask))


def test_without_news_nothing_is_written_and_the_receipt_is_the_same(standing):
    hospital, written, (published, receipt) = standing
    forget_contexts()
    found, told = again(hospital)
    assert (found.content_sha256, found.counts, found.created) == (published.content_sha256, published.counts, False)
    assert (told.kept, told.rejected, told.chunks) == (receipt.kept, receipt.rejected, 1)
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


def test_other_settings_or_code_are_compared(standing, monkeypatch):
    hospital, written, (published, _) = standing
    monkeypatch.setattr("flows.releases.facts.version", lambda _: "9.9")
    assert again(hospital)[0].content_sha256 == published.content_sha256
    hospital.set("split_test = 0.3", "split_test = 0.5")
    with pytest.raises(ConfigError, match="other content"):
        again(hospital)
    assert written == ["first", "first"]
