"""The commands of reports: `sonocurate scrub` and `audit-text`. The work is elsewhere.

Flows in: options. Flows out: lines on standard output. Imports are late, because language models are slow to import.
"""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of reports to the command line."""
    app.command()(scrub)
    app.command("audit-text")(audit_text)


def scrub(
    source: Annotated[Path, typer.Argument(help="JSONL of {case_id, language, text, known_phi}; only read")],
    target: Annotated[Path, typer.Argument(help="new JSONL file")],
    *,
    mode: Annotated[str | None, typer.Option(help="tag or surrogate; default: the config's, else tag")] = None,
    ner: Annotated[bool | None, typer.Option("--ner/--no-ner", help="also ask the named-entity models")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="processes")] = 1,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML with [scrub], [pseudonym]")] = None,
) -> None:
    """Scrub a file of reports outside any warehouse; clinical words stay."""
    from flows.key import find_key  # noqa: PLC0415
    from flows.reports.scrub_file import scrub_file  # noqa: PLC0415
    from schemas.config import Scrubbing  # noqa: PLC0415
    from schemas.load import load_scrubbing, with_scrub  # noqa: PLC0415

    settings = with_scrub(load_scrubbing(config) if config else Scrubbing(), mode=mode, ner=ner)
    key = find_key(settings.pseudonym) if settings.scrub.mode == "surrogate" else None
    for line in scrub_file(source, target, config=settings, key=key, workers=workers).lines():
        typer.echo(line)


def audit_text(
    labelled: Annotated[Path, typer.Argument(help="JSONL of {text, language, spans, protected, known_phi}")],
    out_dir: Annotated[Path, typer.Argument(help="new or empty folder")],
    *,
    ner: Annotated[bool, typer.Option("--ner/--no-ner", help="also ask the named-entity models")] = True,
    peers: Annotated[bool, typer.Option("--peers/--no-peers", help="also Presidio's default and the paper's")] = True,
) -> None:
    """Measure scrubbing on your labelled reports: recall, precision, clinical loss, with intervals."""
    from flows.reports.audit.commands import audit_text as run  # noqa: PLC0415

    run(labelled, out_dir, ner=ner, peers=peers)
