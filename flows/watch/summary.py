"""What a run leaves to look at: artifacts in the Prefect UI, and the same as one HTML page beside the log.

Flows in: the warehouse and the receipts of the stages. Flows out: funnel, quality, cost, a link to the before/after
picture, a summary in Markdown. Counts, ids and names only: the picture shows PHI and is linked, never stored.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import httpx
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.page import markdown_table
from flows.quality.figures import figures_of
from flows.releases.gate_figures import rows as figure_rows
from flows.show import FUNNEL_SQL
from flows.stage import Receipt
from flows.summary import before_after
from flows.watch.artifacts import key_of, offered
from flows.watch.costs import costs_of
from flows.watch.report import PLACE, write_report
from flows.working import Work
from warehouse.catalog import query, rebuild

Row = dict[str, object]


class Done:
    """What the stages of a run gave so far."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []

    def __call__(self, receipt: Receipt) -> None:
        """Note a stage that ended."""
        self.receipts.append(receipt)


@contextmanager
def showing(work: Work) -> Iterator[Done]:
    """Show what a run did at its end, also where it fails; a failure to show is a line of the log and nothing else.

    Where the server answers no more, only the page is written.
    """
    done = Done()
    try:
        yield done
    except Exception as error:
        _shown(work, done.receipts, error)
        raise
    _shown(work, done.receipts)


def _shown(work: Work, receipts: Sequence[Receipt], error: Exception | None = None) -> None:
    try:
        if isinstance(error, httpx.TransportError):
            rebuild(work.context.shelf)
            write_report(work.context.shelf.root)
        else:
            show_run(work, receipts, failed=None if error is None else type(error).__name__)
    except Exception as hidden:  # noqa: BLE001 - the run has ended, well or with an error of its own
        work.log.write("artifact.failed", error=type(hidden).__name__)


def show_run(work: Work, receipts: Sequence[Receipt], failed: str | None = None) -> None:
    """Show what a run did and what the warehouse holds now; ``failed`` is the class of the error that ended it."""
    context, root = work.context, work.context.shelf.root
    rebuild(context.shelf)
    release = context.config.release.name
    funnel: list[Row] = query(root, FUNNEL_SQL).to_pylist()
    kept = context.shelf.read("dedup_pool", ["instance_id"])["instance_id"].combine_chunks()
    quality: list[Row] = [
        {"figure": name, "value": value} for name, value in figure_rows(figures_of(context.shelf, kept))
    ]
    costs: list[Row] = [asdict(cost) for cost in costs_of(root)]
    write_report(root)
    for name, table, text in (
        ("funnel", funnel, "Rows in, kept and rejected per stage"),
        ("quality", quality, "Figures of quality over all kept pairs"),
        ("cost", costs or [{"endpoint": "none", "answered": 0, "cost_usd": 0.0}], "What asking models has cost"),
    ):
        offered(work.log, create_table_artifact, table=table, key=key_of(name, release), description=text)
    picture = before_after(context, Path(work.config_path).resolve().parent)
    if picture is not None:
        text = "A frame before and after masking; it shows PHI, so it stays in the identified zone"
        link = {"link": picture.as_uri(), "link_text": picture.name, "description": text}
        offered(work.log, create_link_artifact, key=key_of("picture", release), **link)
    title = f"# Run for release {release}" + (f": failed with {failed}" if failed else "")
    offered(
        work.log,
        create_markdown_artifact,
        markdown="\n".join([title, *_parts(receipts, funnel, costs, root / PLACE)]),
        key=key_of("run", release),
        description="Summary of a run",
    )


def _parts(receipts: Sequence[Receipt], funnel: Sequence[Row], costs: Sequence[Row], page: Path) -> Iterator[str]:
    done = [receipt for receipt in receipts if receipt.chunks and receipt.stage != "release"]
    work: list[Row] = [
        {"stage": one.stage, "chunks": one.chunks, "kept": one.kept, "rejected": one.rejected}
        | {"CPU s": f"{one.cpu_s:.1f}"}
        for one in done
    ]
    yield "## New in this run"
    yield from _table(work) or ["Nothing was new."]
    yield "## Funnel of the warehouse"
    yield from _table(funnel)
    yield "## Cost of asking models"
    yield from _table(costs) or ["Nobody was asked."]
    yield f"\nThe same for those without this UI: `{page}`"


def _table(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    return ["", *markdown_table(list(rows[0]), (list(row.values()) for row in rows)), ""]
