"""Whether a condition says the same of a row whenever it is asked, whatever other rows are asked with it.

In: a condition that DuckDB can parse. Out: what in it does not hold still. Source: DuckDB, ``json_serialize_sql`` and
column `stability` of ``duckdb_functions()``.
"""

import json
from collections.abc import Collection, Iterator
from typing import Any

import duckdb

#: Expressions that look at other rows.
_OTHER_ROWS = {"SUBQUERY": "a subquery", "WINDOW": "a window function"}
#: How words begin that are functions of the clock or of the session where no column has their name.
_WORDS = ("current_", "localtime")
#: Functions without an overload that gives the same for the same arguments, and macros over such or over tables.
_MOVING = """
SELECT function_name FROM duckdb_functions() WHERE function_type = 'scalar'
GROUP BY ALL HAVING NOT bool_or(coalesce(stability = 'CONSISTENT', false))
UNION SELECT function_name FROM duckdb_functions()
WHERE function_type = 'macro' AND regexp_matches(macro_definition, 'SELECT|current_')
"""


def unsteady(database: duckdb.DuckDBPyConnection, sql: str, columns: Collection[str]) -> str | None:
    """Name what lets a condition say different things of the same row; None where nothing does."""
    statement = f"SELECT 1 WHERE ({sql}\n)"
    parsed = database.execute("SELECT json_serialize_sql(?)", [statement]).fetchall()[0][0]
    moving = {name for (name,) in database.execute(_MOVING).fetchall()}
    for node in _nodes(json.loads(parsed)):
        kind, name = node.get("class"), _name(node)
        if kind in _OTHER_ROWS:
            return _OTHER_ROWS[kind]
        if kind == "COLUMN_REF" and name not in columns and name.startswith(_WORDS):
            return name
        if kind == "FUNCTION" and (name in moving or (name == "age" and len(node["arguments"]) == 1)):
            return f"{name}()"
    return None


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _name(node: dict[str, Any]) -> str:
    """Give the name of a function, or of a column that no table is named before; else nothing."""
    columns = node.get("column_names") or []
    return str(node.get("function_name") or (columns[0] if len(columns) == 1 else "")).lower()
