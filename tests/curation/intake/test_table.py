"""Reading tables: formats, encodings, malformed rows."""

import codecs
import json

import pandas as pd
import pytest

from curation.intake.table import decode_bytes, match_columns, read_table
from schemas.errors import ConfigError
from schemas.reject import RejectReason

HEADER = "case_id,patient_id,findings,images,extra"
ROW = "0001,007,肝脏大小正常，回声均匀,a.png,x"


def write(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("gb18030", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_encoding_is_detected(tmp_path, encoding, mark):
    path = write(tmp_path, "cases.csv", mark + f"{HEADER}\n{ROW}\n".encode(encoding))
    table = read_table(path, encoding="auto", columns={})
    assert dict(table.rows[0].cells) == {
        "case_id": "0001",
        "patient_id": "007",
        "findings": "肝脏大小正常，回声均匀",
        "images": "a.png",
    }
    assert table.ignored_columns == ["extra"]


def test_leading_zeros_survive_in_every_format(tmp_path):
    frame = pd.DataFrame([{"case_id": "0001", "patient_id": "007", "findings": "liver", "images": "a.png"}])
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    (tmp_path / "t.jsonl").write_text(json.dumps(frame.iloc[0].to_dict()) + "\n", encoding="utf-8")
    (tmp_path / "t.tsv").write_text(
        "case_id\tpatient_id\tfindings\timages\n0001\t007\tliver\ta.png\n", encoding="utf-8"
    )
    for suffix in ("parquet", "xlsx", "jsonl", "tsv"):
        row = read_table(tmp_path / f"t.{suffix}", encoding="auto", columns={}).rows[0]
        assert (row.cells["case_id"], row.cells["patient_id"]) == ("0001", "007"), suffix


def test_numeric_cells_of_a_workbook_become_plain_text(tmp_path):
    pd.DataFrame([{"case_id": 12, "patient_id": 7.0, "findings": "liver", "images": "a"}]).to_excel(tmp_path / "t.xlsx")
    row = read_table(tmp_path / "t.xlsx", encoding="auto", columns={}).rows[0]
    assert (row.cells["case_id"], row.cells["patient_id"]) == ("12", "7")


def test_only_the_undecodable_row_is_lost(tmp_path):
    lines = [
        HEADER.encode(),
        ROW.encode(),
        b"0002,008,bad \xff\xfe bytes,b.png,x",
        ROW.replace("0001", "0003").encode(),
    ]
    table = read_table(write(tmp_path, "cases.csv", b"\n".join(lines)), encoding="auto", columns={})
    assert [row.defect for row in table.rows] == [None, RejectReason.UNDECODABLE_TEXT, None]


def test_rows_with_shifted_cells_are_malformed(tmp_path):
    data = f"{HEADER}\n{ROW}\n0002,008,liver\n0003,009,liver,c.png,x,too,many\n"
    table = read_table(write(tmp_path, "cases.csv", data.encode()), encoding="auto", columns={})
    assert [row.defect for row in table.rows] == [None, RejectReason.MALFORMED_ROW, RejectReason.MALFORMED_ROW]


def test_broken_json_lines_are_malformed_and_unicode_line_separators_do_not_split(tmp_path):
    good = json.dumps({"case_id": "1", "patient_id": "2", "findings": "a\u2028b", "images": "x"}, ensure_ascii=False)
    table = read_table(write(tmp_path, "t.jsonl", f"{good}\n{{broken\n[1]\n".encode()), encoding="auto", columns={})
    assert [row.defect for row in table.rows] == [None, RejectReason.MALFORMED_ROW, RejectReason.MALFORMED_ROW]


def test_missing_required_columns_are_named():
    with pytest.raises(ConfigError, match=r"findings \(looked for '超声所见'\), images"):
        match_columns(["case_id", "patient_id"], {"findings": "超声所见"})


def test_columns_are_mapped_ignoring_case_and_spaces():
    wanted, ignored = match_columns([" Case_ID ", "PATIENT_ID", "所见", "images", "note"], {"findings": "所见"})
    assert wanted["case_id"] == " Case_ID "
    assert wanted["findings"] == "所见"
    assert ignored == ["note"]


@pytest.mark.parametrize("name", ["absent.csv", "table.docx", "broken.xlsx", "broken.parquet", "empty.csv"])
def test_unreadable_tables_are_config_errors(tmp_path, name):
    if name.startswith(("broken", "table")):
        write(tmp_path, name, b"not what it says")
    if name.startswith("empty"):
        write(tmp_path, name, b"")
    with pytest.raises(ConfigError, match="input.table"):
        read_table(tmp_path / name, encoding="auto", columns={})


def test_content_never_shows_in_a_repr(tmp_path):
    table = read_table(write(tmp_path, "cases.csv", f"{HEADER}\n{ROW}\n".encode()), encoding="auto", columns={})
    assert "肝脏" not in repr(table.rows)


def test_given_encoding_wins():
    assert decode_bytes("肝".encode("gb18030"), "gb18030") == "肝"
