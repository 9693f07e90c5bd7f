"""The commands of quality control: `sonocurate verify`. The work is elsewhere.

Flows in: options. Flows out: lines on standard output.
"""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of quality control to the command line."""
    app.command()(verify)


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
