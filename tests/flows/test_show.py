"""Every table is shown or written, or the reason is one line."""

import json

import duckdb
import pytest

from flows.show import show_table, write_table
from schemas.errors import ConfigError


def asked(sql):
    with duckdb.connect() as database:
        return database.sql(sql).to_arrow_table()


@pytest.mark.parametrize("sql", ["SELECT INTERVAL 1 DAY AS d", "SELECT {} AS d", "SELECT union_value(a := 1) AS d"])
def test_what_parquet_does_not_have_is_told(tmp_path, sql):
    with pytest.raises(ConfigError, match="could not be written .*: cast the value to text in the query"):
        write_table(asked(sql), "parquet", tmp_path / "x.parquet")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["file/x.csv", "nowhere/x.csv", "a" * 300, "folder"])
def test_a_path_that_cannot_be_written_is_told(tmp_path, name):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="could not be written"):
        write_table(asked("SELECT 1"), "csv", tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_numbers_that_json_does_not_have_are_null(capsys):
    sql = "SELECT 'nan'::DOUBLE AS n, ['inf'::DOUBLE, 1] AS l, {'a': '-inf'::FLOAT} AS s, MAP {'k': 'nan'::DOUBLE} AS m"
    show_table(asked(sql), "json")
    row = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert row == {"n": None, "l": [None, 1.0], "s": {"a": None}, "m": [["k", None]]}
