"""The commands of quality control: `sonocurate verify`, `sonocurate quality-report`. The work is elsewhere.

Flows in: options. Flows out: lines on standard output.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.masks.cli import DEFAULT_CONFIG, ConfigOption
from flows.shelf.cli import RootOption


def register(app: typer.Typer) -> None:
    """Add the commands of quality control to the command line."""
    app.command()(verify)
    app.command("quality-report")(quality_report)


def verify(
    source: Annotated[Path, typer.Argument(help="JSONL of {id, language, report, question, answer}; only read")],
    target: Annotated[Path, typer.Argument(help="new JSONL file")],
    *,
    workers: Annotated[int, typer.Option(min=1, max=64, help="processes")] = 1,
) -> None:
    """Check question and answer pairs against their reports by rules; says which rule and where."""
    from flows.quality.verify_file import verify_file  # noqa: PLC0415

    for line in verify_file(source, target, workers=workers).lines():
        typer.echo(line)


def quality_report(
    target: Annotated[Path, typer.Argument(help="HTML file to write; one that is there is replaced")],
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Write one page: funnel, error rates with intervals, agreement, releases, example rows."""
    from flows.quality.report import write_report  # noqa: PLC0415
    from schemas.load import root_of  # noqa: PLC0415

    figures = write_report(root_of(config, root), target)
    typer.echo(f"{target}: {figures.pairs} pairs, {figures.reviewed} reviewed, {figures.wrong} of them wrong")
