"""Figures of a dataset card, counted by DuckDB over the shards of the release and nothing else.

In: the folder of a release. Out: small tables. Counts of patients below k are shown as "< k", never as a number.
Source: EchoVLM Table 1 (its columns) and Figure 3 (cases per system and finding).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from schemas.case import IMAGE, REPORT
from schemas.instruction import INSTRUCTION_PAIR
from schemas.released import RELEASED_CASE, VIEW_ROW

MEMORY = "800MB"
SCHEMAS = {
    "images": IMAGE,
    "reports": REPORT,
    "pairs": INSTRUCTION_PAIR,
    "cases": RELEASED_CASE,
    "stage1": VIEW_ROW,
    "stage2": VIEW_ROW,
    "test": VIEW_ROW,
}
#: Tokens as deduplication counts them: runs of Latin letters and digits, single Han characters.
TOKENS = r"regexp_extract_all(lower({0}), '[a-z0-9]+|[\x{{3400}}-\x{{4dbf}}\x{{4e00}}-\x{{9fff}}]')"
#: Most findings that are listed of a system.
TOP = 12

SQL = {
    "overview": """
        SELECT (SELECT count(*) FROM cases) AS cases, (SELECT count(DISTINCT patient_key) FROM cases) AS patients,
               (SELECT count(*) FROM images WHERE frame_id NOT LIKE '%/v') AS key_frames,
               (SELECT count(*) FROM reports) AS reports, (SELECT count(*) FROM pairs) AS pairs,
               (SELECT coalesce(list_sort(list(DISTINCT site)), []) FROM cases) AS sites,
               (SELECT coalesce(list_sort(list(DISTINCT s)), []) FROM (SELECT unnest(systems) AS s FROM cases))
                   AS systems,
               (SELECT coalesce(list_sort(list(DISTINCT language)), []) FROM reports) AS languages,
               (SELECT coalesce(list_sort(list(DISTINCT task)), []) FROM pairs) AS tasks,
               (SELECT coalesce(list_sort(list(DISTINCT modality)), []) FROM images WHERE modality IS NOT NULL)
                   AS modalities""",
    "splits": """
        SELECT split, count(*) AS cases, count(DISTINCT patient_key) AS patients
        FROM cases GROUP BY ALL ORDER BY ALL""",
    "systems": """
        SELECT s AS system, split, count(DISTINCT case_id) AS cases, count(DISTINCT patient_key) AS patients
        FROM (SELECT unnest(systems) AS s, * FROM cases) GROUP BY ALL ORDER BY ALL""",
    "findings": """
        SELECT * FROM (
            SELECT split_part(f, '/', 1) AS system, split_part(f, '/', 2) AS finding, kind,
                   count(DISTINCT case_id) AS cases, count(DISTINCT patient_key) AS patients
            FROM (SELECT unnest(findings) AS f, 'sign' AS kind, case_id, patient_key FROM cases
                  UNION ALL SELECT unnest(diagnoses), 'diagnosis', case_id, patient_key FROM cases) GROUP BY ALL)
        QUALIFY row_number() OVER (PARTITION BY system ORDER BY cases DESC, finding) <= {top}
        ORDER BY system, cases DESC, finding""",
    "modalities": """
        SELECT coalesce(modality, 'not known') AS modality, coalesce(modality_source, '') AS source, count(*) AS frames
        FROM images WHERE frame_id NOT LIKE '%/v' GROUP BY ALL ORDER BY frames DESC, modality, source""",
    "pairs_by_task": """
        SELECT task, form, language, count(*) AS pairs FROM pairs GROUP BY ALL ORDER BY ALL""",
    "models": """
        SELECT coalesce(model, 'code, from the report') AS author, tier, count(*) AS pairs, count(DISTINCT template_id)
               AS templates FROM pairs GROUP BY ALL ORDER BY pairs DESC, author, tier""",
    "lengths": """
        SELECT task, count(*) AS pairs, round(avg(len(q)), 1) AS question_mean, round(avg(len(a)), 1) AS answer_mean,
               median(len(a))::BIGINT AS answer_median, quantile_disc(len(a), 0.95)::BIGINT AS answer_p95,
               max(len(a)) AS answer_max
        FROM (SELECT task, {question} AS q, {answer} AS a FROM pairs) GROUP BY ALL ORDER BY ALL""",
    "length_bins": """
        SELECT least(len({answer}) // 20 * 20, 400) AS tokens, count(*) AS pairs
        FROM pairs GROUP BY ALL ORDER BY ALL""",
    "vocabulary": """
        SELECT language, sum(n)::BIGINT AS tokens, count(*) AS types, count(*) FILTER (n = 1) AS once
        FROM (SELECT language, token, count(*) AS n FROM (SELECT language, unnest({answer}) AS token FROM pairs)
              GROUP BY ALL) GROUP BY ALL ORDER BY ALL""",
    "views": """
        SELECT 'stage1' AS view, count(*) AS rows, count(DISTINCT row_id) AS distinct_rows FROM stage1
        UNION ALL SELECT 'stage2', count(*), count(DISTINCT row_id) FROM stage2
        UNION ALL SELECT 'test', count(*), count(DISTINCT row_id) FROM test ORDER BY ALL""",
}


@dataclass(frozen=True)
class Figures:
    """Small tables by name (see ``SQL``), and the smallest count of patients that is shown."""

    tables: Mapping[str, list[dict[str, Any]]]
    k: int

    def __getitem__(self, name: str) -> list[dict[str, Any]]:
        return self.tables[name]

    @property
    def overview(self) -> dict[str, Any]:
        """The one row about all of it."""
        return self.tables["overview"][0]

    def shown(self, name: str, *counts: str) -> list[dict[str, Any]]:
        """Give a table whose counts are hidden where fewer than k patients stand behind them."""
        return [
            {**row, **{count: f"< {self.k}" for count in (*counts, "patients") if row["patients"] < self.k}}
            for row in self.tables[name]
        ]


def figures_of(folder: Path, k: int) -> Figures:
    """Count everything that the card shows."""
    parts = {name: TOKENS.format(name) for name in ("question", "answer")}
    with _database(folder) as database:
        tables = {name: database.sql(_filled(sql, parts)).to_arrow_table().to_pylist() for name, sql in SQL.items()}
    return Figures(tables, k)


def _filled(sql: str, parts: Mapping[str, str]) -> str:
    for name, text in {**parts, "top": str(TOP)}.items():
        sql = sql.replace("{" + name + "}", text)
    return sql


@contextmanager
def _database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as database:
        database.execute(f"SET memory_limit = '{MEMORY}'")
        database.execute("SET preserve_insertion_order = false")
        for name, schema in SCHEMAS.items():
            _view(database, folder / name, name, schema)
        yield database


def _view(database: duckdb.DuckDBPyConnection, folder: Path, name: str, schema: pa.Schema) -> None:
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        empty = schema.append(pa.field("split", pa.string())).empty_table()  # noqa: F841 - DuckDB finds it by its name
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM empty")  # noqa: S608 - our own names
        return
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    split = "split_part(parse_filename(filename), '-', 1)"
    columns = ", ".join(f'"{column}"' for column in schema.names if column != "image")
    database.execute(
        f"CREATE VIEW {name} AS SELECT {columns}, {split} AS split "  # noqa: S608 - our own names
        f"FROM read_parquet([{listed}], filename = true, union_by_name = true)"
    )
