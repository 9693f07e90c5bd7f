"""The page of runs: what is said where it, or the warehouse, is broken."""

import pytest

from flows.watch import report
from schemas.errors import ConfigError


def broken(_root):
    raise OSError("Couldn't deserialize thrift")
    yield


def test_a_damaged_warehouse_is_no_fault_of_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "_parts", broken)
    with pytest.raises(OSError, match="deserialize"):
        report.write_report(tmp_path, tmp_path / "r.html")
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_page(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "_parts", lambda _root: iter(()))
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path, report.Path()):
        with pytest.raises(ConfigError, match="is a folder"):
            report.write_report(tmp_path, place)
