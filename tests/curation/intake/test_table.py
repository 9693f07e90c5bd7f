"""Reading tables: formats, encodings, malformed rows."""

import codecs
import json

import pandas as pd
import pytest

from curation.intake.encoding import decode_bytes
from curation.intake.table import match_columns, read_table
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


CHINESE = "\n".join(f"{n},p{n},{'肝脏形态大小正常' * 100},{n}.png,x" for n in range(1, 4))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_of_mostly_chinese_text_needs_no_mark(tmp_path, encoding):
    path = write(tmp_path, "cases.csv", f"{HEADER}\n{CHINESE}\n".encode(encoding))
    rows = read_table(path, encoding="auto", columns={}).rows
    assert [(row.cells["case_id"], row.defect) for row in rows] == [("1", None), ("2", None), ("3", None)]


def test_zero_bytes_in_utf8_cells_are_not_utf16(tmp_path):
    path = write(tmp_path, "cases.csv", f"{HEADER}\n1{chr(0) * 20},p,liver,a.png,x\n".encode())
    assert read_table(path, encoding="auto", columns={}).rows[0].cells["case_id"] == "1"


@pytest.mark.parametrize("sound", ["Müller", "Muller"])
def test_one_latin1_byte_costs_one_row_of_a_utf8_file(tmp_path, sound):
    text = f"{HEADER}\n1,{sound},liver,a.png,x\n2,Jos".encode() + b"\xe9Y,liver,b.png,x\n"
    rows = read_table(write(tmp_path, "cases.csv", text), encoding="auto", columns={}).rows
    assert [row.defect for row in rows] == [None, RejectReason.UNDECODABLE_TEXT]
    assert rows[0].cells["patient_id"] == sound


def test_cells_are_sound_text_whatever_the_bytes_were(tmp_path):
    for number, data in enumerate((b"1,p\xff,liver,a.png,x\n", b"1,p,\xb8\xce\xff\xd4\xe0,a.png,x\n")):
        path = write(tmp_path, f"{number}.csv", f"{HEADER}\n".encode() + data)
        [row] = read_table(path, encoding="auto", columns={}).rows
        assert row.defect is RejectReason.UNDECODABLE_TEXT
        json.dumps(dict(row.cells), ensure_ascii=False).encode("utf-8")


def test_parquet_bytes_decimals_and_broken_text(tmp_path):
    from decimal import Decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    broken = pa.StringArray.from_buffers(1, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe"))
    table = pa.table(
        {
            "case_id": pa.array([Decimal("1.00")], pa.decimal128(5, 2)),
            "patient_id": pa.array([b"0001"]),
            "findings": pa.array(["肝脏正常".encode()]),
            "impression": broken,
            "images": pa.array(["a.png"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    [row] = read_table(tmp_path / "t.parquet", encoding="auto", columns={}).rows
    assert (row.cells["case_id"], row.cells["patient_id"]) == ("1", "0001")
    assert (row.cells["findings"], row.cells["images"]) == ("肝脏正常", "a.png")
    assert row.defect is RejectReason.UNDECODABLE_TEXT


def test_a_workbook_with_a_wrong_range_loses_no_rows(tmp_path):
    import zipfile

    import openpyxl

    book = openpyxl.Workbook()
    for line in (["case_id", "patient_id", "findings", "images"], ["1", "p", "liver", "a"], ["2", "p", "liver", "b"]):
        book.active.append(line)
    book.save(tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as source, zipfile.ZipFile(tmp_path / "u.xlsx", "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'ref="A1:D3"', b'ref="A1:D2"'))
    assert len(read_table(tmp_path / "u.xlsx", encoding="auto", columns={}).rows) == 2


def test_damaged_files_are_one_line(tmp_path):
    deep = write(
        tmp_path, "deep.jsonl", b'{"case_id":"1","patient_id":"2","findings":"x","images":"a"}\n{"a":' + b"[" * 100_000
    )
    rows = read_table(deep, encoding="auto", columns={}).rows
    assert [row.defect for row in rows] == [None, RejectReason.MALFORMED_ROW]
    with pytest.raises(ConfigError, match="cannot be read as xlsx"):
        read_table(write(tmp_path, "x.xlsx", b"PK\x03\x04 no workbook"), encoding="auto", columns={})


def test_commas_in_a_header_do_not_hide_tabs(tmp_path):
    text = "case_id\tpatient_id\tfindings (a, b, c, d, e)\timages\n1\t2\tliver\ta.png\n"
    columns = {"findings": "findings (a, b, c, d, e)"}
    assert (
        read_table(write(tmp_path, "t.tsv", text.encode()), encoding="auto", columns=columns).rows[0].cells["images"]
        == "a.png"
    )
