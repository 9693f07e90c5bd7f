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


def csv_rows(tmp_path, text):
    path = write(tmp_path, "cases.csv", f"{HEADER}\n{text}".encode())
    rows = read_table(path, encoding="auto", columns={}).rows
    return [(row.cells.get("case_id"), row.defect) for row in rows]


@pytest.mark.parametrize(
    "broken",
    ['2,p,"never closed,b.png,x', '2,p,liver,b.png,"never closed', '2,p,"liver" size,b.png,x', "2,p,liver", "2,,,,,,,"],
)
def test_a_broken_row_costs_no_other_row(tmp_path, broken):
    text = f'1,p,liver,a.png,x\n{broken}\n3,p,liver,c.png,x\n4,p,"two\nlines",d.png,x\n'
    assert csv_rows(tmp_path, text) == [("1", None), (None, RejectReason.MALFORMED_ROW), ("3", None), ("4", None)]


def test_blank_lines_and_carriage_returns_are_no_rows(tmp_path):
    assert csv_rows(tmp_path, "\r\n1,p,liver,a.png,x\r\n\r\n,,,,\r\n2,p,liver,b.png,x\r\n\r\n") == [
        ("1", None),
        ("2", None),
    ]


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    path = write(tmp_path, "cases.csv", b"case_id,patient_id,findings,images,Findings\n1,2,liver,a.png,kidney\n")
    with pytest.raises(ConfigError, match="more than one column called findings"):
        read_table(path, encoding="auto", columns={})


def test_numbers_shown_with_leading_zeros_in_a_workbook_keep_them(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["case_id", "patient_id", "findings", "images"])
    book.active.append([42, 7.0, "liver", "a.png"])
    book.active["A2"].number_format = "000000"
    book.save(tmp_path / "t.xlsx")
    cells = read_table(tmp_path / "t.xlsx", encoding="auto", columns={}).rows[0].cells
    assert (cells["case_id"], cells["patient_id"]) == ("000042", "7")
