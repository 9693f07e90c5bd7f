"""The step: schemas, conservation, reasons, and that no text ever leaves by a side door."""

import logging

import pyarrow as pa
import pytest

from curation.text import scrub as module
from curation.text.scrub import Tools, scrub
from schemas.case import KNOWN_PHI_KINDS, RAW_REPORT, REPORT
from schemas.config import Scrub
from schemas.errors import ConfigError
from schemas.reject import REJECT

CANARY = "Zbigniewska"


def row(case_id="c1", findings="肝脏大小正常，12 mm。", impression="", language=None, **known):
    phi = {kind: known.get(kind, []) for kind in KNOWN_PHI_KINDS}
    return {
        "case_id": case_id, "site": "s", "language": language,
        "findings": findings, "impression": impression, "known_phi": phi,
    }  # fmt: skip


def run(*rows, **config):
    return scrub(pa.Table.from_pylist(list(rows), schema=RAW_REPORT), config=Scrub(**config))


def reason(*rows, **config):
    result = run(*rows, **config)
    assert result.kept.num_rows == 0
    return result.rejected.column("reason").to_pylist()


def test_empty_table_has_the_schemas():
    result = run()
    assert result.kept.schema.equals(REPORT)
    assert result.rejected.schema.equals(REJECT)


def test_kept_row():
    result = run(row(findings="姓名：王小明 肝脏大小正常，12 mm。", impression="Dr. Smith advised.", names=["王小明"]))
    kept = result.kept.to_pylist()[0]
    assert kept["findings"] == "姓名：[NAME] 肝脏大小正常，12 mm。"
    assert "Smith" not in kept["impression"]
    assert kept["language"] == "zh"
    assert kept["redactions"] == 2


@pytest.mark.parametrize(
    ("findings", "language", "wanted"),
    [("liver normal", None, "en"), ("肝脏正常", "", "zh"), ("liver 12 mm", "EN", "en"), ("肝脏正常", "中文", "zh")],
)
def test_language(findings, language, wanted):
    assert run(row(findings=findings, language=language)).kept.column("language").to_pylist() == [wanted]


def test_reasons():
    assert reason(row(findings="  ")) == ["EMPTY_REPORT"]
    assert reason(row(findings=None)) == ["EMPTY_REPORT"]
    assert reason(row(findings="肝" * 50), max_bytes=100) == ["TEXT_TOO_LONG"]
    assert reason(row(findings="肝脏\ufffd\ufffd\ufffd\ufffd")) == ["UNDECODABLE_TEXT"]
    assert reason(row(language="fr")) == ["UNKNOWN_LANGUAGE"]
    assert reason(row(findings="12 34")) == ["UNKNOWN_LANGUAGE"]


@pytest.mark.parametrize(
    "code", [r"\'d5\'c5\'ce\'b0", r"\u24352?\u20255?", r"\u5f20", "&#24352;&#20255;", "&#x5F20;&#x4F1F;"]
)
def test_letters_as_codes_are_undecodable(code):
    assert reason(row(findings=f"Patient {code} liver normal")) == ["UNDECODABLE_TEXT"]


@pytest.mark.parametrize("sign", [r"25\'b0", "&#8804;12 mm", "&#x2264;12 mm", "&nbsp;", r"{\rtf1\ul liver\par}"])
def test_signs_as_codes_are_no_letters(sign):
    assert run(row(findings=f"liver normal {sign}")).kept.num_rows == 1


def test_surrogates_without_a_key_are_an_error_of_the_config():
    with pytest.raises(ConfigError, match="sonocurate key init"):
        run(row(), mode="surrogate")


def test_residual_phi_is_rejected(monkeypatch):
    monkeypatch.setattr(module, "find_known", lambda text, known: [(0, 1, "names")])
    assert reason(row()) == ["RESIDUAL_PHI"]


def test_conservation_and_split_invariance():
    rows = [row("a"), row("b", findings=""), row("c", language="xx"), row("d", findings="Liver 12 mm, Dr. Wong")]
    whole, first, second = run(*rows), run(*rows[:2]), run(*rows[2:])
    ids = whole.kept.column("case_id").to_pylist() + whole.rejected.column("id").to_pylist()
    assert sorted(ids) == ["a", "b", "c", "d"]
    assert pa.concat_tables([first.kept, second.kept]).equals(whole.kept)
    assert whole.rejected.column("parent_id").to_pylist() == whole.rejected.column("id").to_pylist()


class Broken:
    def find(self, folded):
        raise ValueError(f"cannot read {folded}")


def test_a_failure_is_a_reject_and_says_no_text(caplog, capsys):
    caplog.set_level(logging.DEBUG)
    table = pa.Table.from_pylist([row(findings=f"Patient {CANARY} liver")], schema=RAW_REPORT)
    result = scrub(table, config=Scrub(), tools=Tools(Broken()))
    assert result.rejected.column("reason").to_pylist() == ["SCRUB_FAILED"]
    run(row(findings=f"Patient: {CANARY}. Liver 12 mm.", names=[CANARY]))
    printed = capsys.readouterr()
    assert CANARY not in str(result.rejected.to_pylist()) + caplog.text + printed.out + printed.err


def test_lone_surrogates_are_undecodable():
    with pytest.raises(module.RowRejected, match="UNDECODABLE_TEXT"):
        module._check(["liver \ud800", ""], Scrub())
