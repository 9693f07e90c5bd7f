"""The leaderboard: leaderboard.html (self-contained), leaderboard.md and leaderboard.parquet.

In: folders of results of one suite and mode. Out: three files. Everything that stands in them is escaped.
"""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmark.board.charts import intervals, radar, statuses
from benchmark.board.tables import Titled, tables_of, u2_models, what_became
from benchmark.metrics.known import higher_is_better
from benchmark.rows import SCORE
from benchmark.stored import Stored, read_result
from schemas.errors import ConfigError

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:78rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #d0d7de}
div.wide{overflow-x:auto}table{border-collapse:collapse;margin:.8rem 0}
th,td{border:1px solid #d0d7de;padding:.2rem .6rem;text-align:right;white-space:nowrap;font-size:.88rem}
th{background:#f6f8fa}td:first-child,th:first-child{text-align:left}.note{color:#57606a}svg{max-width:100%}
"""


def read_results(folders: Sequence[Path]) -> list[Stored]:
    """Read the results of a leaderboard.

    Raises: ConfigError where suites or modes differ, or two results have one model name.
    """
    results = [read_result(folder) for folder in folders]
    for name in ("suite", "mode"):
        if len({one.facts[name] for one in results}) > 1:
            raise ConfigError(f"the results differ in {name}: one leaderboard is for one {name}")
    models = [one.model for one in results]
    if twice := sorted({model for model in models if models.count(model) > 1}):
        raise ConfigError(f"two results are of model {twice[0]}: score one again with another --model")
    return results


def write_board(results: Sequence[Stored], folder: Path) -> list[Path]:
    """Write the three files; what stood there is replaced.

    Raises: ConfigError when the folder cannot be written.
    """
    tables = list(tables_of(results))
    scores = pa.Table.from_pylist([row for one in results for row in one.scores], schema=SCORE)
    written = [folder / f"leaderboard.{ending}" for ending in ("html", "md", "parquet")]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written[0].write_text(_html(results, tables), encoding="utf-8")
        written[1].write_text(_markdown(results, tables), encoding="utf-8")
        pq.write_table(scores, written[2])
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}") from None
    return written


def _title(results: Sequence[Stored]) -> str:
    facts = results[0].facts
    return f"Leaderboard: suite {facts['suite']}, mode {facts['mode']}"


def _line(results: Sequence[Stored]) -> str:
    facts = results[0].facts
    resampled = f"{facts['resamples']} resamples of patients, seed {facts['seed']}"
    return f"Gold: {facts['gold']}; {resampled}; {len(results)} models."


def _html(results: Sequence[Stored], tables: Sequence[Titled]) -> str:
    parts = [
        f"<h1>{escape(_title(results))}</h1><p>{escape(_line(results))}</p>",
        *_charts(results),
        *map(_table, tables),
    ]
    body = "\n".join(parts)
    title = escape(_title(results))
    head = f"<meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>"
    return f"<!doctype html><html lang=en>{head}<body>{body}</body></html>\n"


def _charts(results: Sequence[Stored]) -> Iterator[str]:
    models = u2_models(results)
    if models:
        yield f"<h2>Terms of the U2-Score</h2>{radar(models)}"
    for task, figure, rows in _intervals(results):
        arrow = "higher is better" if higher_is_better(figure) else "lower is better"
        yield f"<h2>{escape(task)}: {escape(figure)}</h2><p class=note>{arrow}</p>{intervals(rows, figure)}"
    counts = [
        {"model": one.model, "what": what, "n_items": n} for one in results for what, n in what_became(one).items()
    ]
    yield f"<h2>What became of the answers</h2>{statuses(counts)}"


def _intervals(results: Sequence[Stored]) -> Iterator[tuple[str, str, list[dict[str, object]]]]:
    """Give the first figure of every task with the values of all models."""
    chosen: dict[str, str] = {}
    for row in (row for one in results for row in one.scores if row["scope"] in ("overall", "task", "pooled")):
        chosen.setdefault(row["task"], row["figure"])
    for task, figure in sorted(chosen.items(), key=lambda one: one[0] != "all"):
        rows: dict[str, dict[str, object]] = {}
        for row in (row for one in results for row in one.scores):
            if (
                row["scope"] in ("overall", "task", "pooled")
                and (row["task"], row["figure"]) == (task, figure)
                and row["value"] is not None
            ):
                rows.setdefault(row["model"], {name: row[name] for name in ("model", "value", "low", "high")})
        if rows:
            yield task, figure, list(rows.values())


def _table(table: Titled) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    note = f"<p class=note>{escape(table.note)}</p>" if table.note else ""
    return f"<h2>{escape(table.title)}</h2>{note}<div class=wide><table><tr>{head}</tr>{body}</table></div>"


def _markdown(results: Sequence[Stored], tables: Sequence[Titled]) -> str:
    lines = [f"# {_plain(_title(results))}", "", _plain(_line(results)), ""]
    for table in tables:
        lines += [f"## {table.title}", "", *([table.note, ""] if table.note else [])]
        lines += [_row(table.head), _row(["---"] * len(table.head)), *map(_row, table.rows), ""]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    """Keep a cell from breaking its table, or becoming mark-up."""
    flat = " ".join(text.split())
    return "".join(f"\\{char}" if char in "|`*_<>[]\\" else char for char in flat)
