"""`catalog.duckdb`: DuckDB views over the current files of every table, rebuilt aside and renamed: readers never block.

In: the shelf. Out: one small database file of views. Queries run read-only.
"""

import os
import re
import threading
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

from schemas.errors import ConfigError
from schemas.shelf import TABLES, shelved
from warehouse.release_views import COMPONENTS, release_views
from warehouse.tables import Shelf

NAME = "catalog.duckdb"
_ONE_AT_A_TIME = threading.Lock()  # an older list of files must not be renamed over a newer one


def rebuild(shelf: Shelf) -> Path:
    """Write the catalog anew over the files that make up the tables now, and rename it into place."""
    shelf.root.mkdir(parents=True, exist_ok=True)
    target = shelf.root / NAME
    aside = target.with_name(f".{NAME}.{os.getpid()}")
    with _ONE_AT_A_TIME:
        aside.unlink(missing_ok=True)
        with duckdb.connect(str(aside)) as database:
            database.execute("BEGIN")  # one write for everything
            schemas = {name: shelved(name) for name in (*TABLES, "receipts", "releases")}
            for name in schemas:
                _create(database, shelf, name)
            for name, made_of in release_views(shelf.root):
                _create_over_releases(database, name, made_of)
                schemas[name] = COMPONENTS[name][1]
            _comment(database, schemas)
            database.execute((files("warehouse") / "views.sql").read_text(encoding="utf-8"))
            database.execute("COMMIT")
        aside.replace(target)
    return target


def query(root: Path, sql: str) -> pa.Table:
    """Run one read-only SQL statement on the catalog.

    Raises: ConfigError when there is no catalog yet, or the statement is not a query that runs.
    """
    path = root / NAME
    if not path.is_file():
        raise ConfigError(f"no catalog below {root}: run `sonocurate run` first")
    try:
        with duckdb.connect(str(path), read_only=True) as database:
            forbid_outside(database, [root / "tables", root / "releases"])
            return ask(database, sql)
    except duckdb.Error as error:
        raise ConfigError(f"{path} is damaged ({type(error).__name__}): run `sonocurate run` again") from None


def ask(database: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """Run one SQL statement that reads, on an open catalog.

    Raises: ConfigError when the statement is not a query that runs.
    """
    check_text(sql, "sql")
    try:
        statements = database.extract_statements(sql)
        if len(statements) != 1 or statements[0].type not in _READING:
            raise ConfigError("sql: only one statement that reads is allowed")
        return _unique(database.sql(sql).to_arrow_table())
    except _ABOUT_THE_STATEMENT as error:
        raise ConfigError(f"sql: {str(error).splitlines()[0]}") from None
    except (duckdb.Error, pa.ArrowException) as error:  # these quote values of rows
        lost = _lost(database, str(error))
        if lost:
            again = "restore it from a copy, or run `sonocurate run` again"
            raise ConfigError(f"sql: a view reads {lost}, which is missing: {again}") from None
        if isinstance(error, duckdb.PermissionException):
            raise ConfigError("sql: a query may read the tables and releases of this warehouse only") from None
        raise ConfigError(f"sql: the query failed ({type(error).__name__})") from None


def check_text(sql: str, origin: str) -> None:
    """Refuse what came from the command line and is no text.

    Raises: ConfigError.
    """
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{origin}: must be UTF-8 text") from None


def _lost(database: duckdb.DuckDBPyConnection, message: str) -> str | None:
    """Name the file that a message is about, where it is one of a view and is not there."""
    found = re.search(r'"([^"]+\.parquet)"', message)
    if found is None or Path(found[1]).exists():
        return None
    quoted = "'" + found[1].replace("'", "''") + "'"
    views = database.execute("SELECT 1 FROM duckdb_views() WHERE NOT internal AND contains(sql, ?)", [quoted])
    return found[1] if views.fetchall() else None


_READING = (duckdb.StatementType.SELECT,)
#: Errors that quote the statement and never a row.
_ABOUT_THE_STATEMENT = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)


def forbid_outside(database: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> None:
    """Let queries read some folders and nothing else of the machine."""
    allowed = ", ".join("'" + str(folder).replace("'", "''") + "/'" for folder in folders)
    database.execute("SET python_enable_replacements = false")
    database.execute(f"SET allowed_directories = [{allowed}]")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")


def _unique(table: pa.Table) -> pa.Table:
    """Number columns of the same name, so that no reader by name loses one."""
    names: list[str] = []
    for name in table.column_names:
        number, unique = 1, name
        while unique in names:
            number, unique = number + 1, f"{name}_{number}"
        names.append(unique)
    return table.rename_columns(names)


def _create(database: duckdb.DuckDBPyConnection, shelf: Shelf, name: str) -> None:
    paths = shelf.files(name)
    if paths:
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        database.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{listed}], union_by_name = true)")  # noqa: S608
        return
    empty = shelved(name).empty_table()  # noqa: F841 - DuckDB finds it by its name
    database.execute(f"CREATE TABLE {name} AS SELECT * FROM empty")  # noqa: S608 - our own table names


def _create_over_releases(database: duckdb.DuckDBPyConnection, name: str, made_of: str | pa.Schema) -> None:
    if isinstance(made_of, str):
        database.execute(f"CREATE VIEW {name} AS {made_of}")
    else:
        empty = made_of.empty_table()  # noqa: F841 - DuckDB finds it by its name
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM empty")  # noqa: S608 - our own view names


def _comment(database: duckdb.DuckDBPyConnection, schemas: Mapping[str, pa.Schema]) -> None:
    """Say in the catalog what the columns mean."""
    texts = {
        (name, field.name): (field.metadata or {}).get(b"comment", b"").decode().replace("'", "''")
        for name, schema in schemas.items()
        for field in schema
    }
    there = database.execute("SELECT table_name, column_name FROM duckdb_columns()").fetchall()
    script = [
        f"COMMENT ON COLUMN {name}.{column} IS '{texts[name, column]}'"
        for name, column in there
        if texts.get((name, column))
    ]
    database.execute(";".join(script))  # at once: beside threads that work, each statement waits its turn
