"""`sonocurate report`: one HTML page that loads nothing: state of the stages, funnel, reasons, costs, last runs.

Flows in: a warehouse. Flows out: a file of mode 600, counts and ids only. `sonocurate run` leaves it in ``logs/``.
"""

from collections.abc import Iterator
from dataclasses import asdict, astuple, fields
from pathlib import Path

from flows.masks.readers.sheets import write_private
from flows.page import page, table
from flows.show import FUNNEL_SQL, REASONS_SQL
from flows.watch.costs import Cost, costs_of
from flows.watch.log import read
from flows.watch.status import StageState, states_of
from schemas.errors import ConfigError
from warehouse.catalog import query

PLACE = Path("logs/run-report.html")
RUNS = 50


def write_report(root: Path, target: Path | None = None) -> Path:
    """Write the page.

    Raises: ConfigError when there is no warehouse yet, or the file cannot be written.
    """
    target = target or root / PLACE
    text = page("Runs of sonocurate", _parts(root)).encode()
    try:
        if target.is_dir():
            raise ConfigError(f"{target} is a folder: name a file")
        target.parent.mkdir(parents=True, exist_ok=True)
        write_private(target, text)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written ({error.strerror})") from None
    return target


def _parts(root: Path) -> Iterator[str]:
    yield "<h1>Runs of sonocurate</h1>"
    yield "<h2>Stages</h2>"
    yield table([field.name for field in fields(StageState)], map(astuple, states_of(root)))
    for title, sql in (("Funnel", FUNNEL_SQL), ("Why rows left", REASONS_SQL)):
        found = query(root, sql)
        yield f"<h2>{title}</h2>"
        yield table(found.column_names, (list(row.values()) for row in found.to_pylist()))
    yield "<h2>Cost of asking models</h2>"
    yield table([field.name for field in fields(Cost)], (list(asdict(cost).values()) for cost in costs_of(root)))
    yield "<h2>Runs and failures, the newest first</h2>"
    told = [line for line in read(root) if line["event"].startswith("run.") or line["event"] == "chunk.failed"]
    head = ("at", "event", "flow", "stage", "chunk", "error", "message")
    yield table(head, ([line.get(name, "") for name in head] for line in reversed(told[-RUNS:])))
