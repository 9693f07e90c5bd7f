"""What `sonocurate audit-text` does: score methods on labelled reports, write a page and numbers, say it in words.

Flows in: options of the command line. Flows out: `audit.json` and `audit.html` in OUT_DIR, a table on standard output.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from flows.masks.readers.sheets import fresh_folder
from flows.progress import Track
from flows.reports.audit.figures import figures
from flows.reports.audit.labelled import LabelledReport, read_labelled
from flows.reports.audit.methods import Method, all_methods
from flows.reports.audit.page import languages_of, methods_table, render_page
from flows.reports.audit.score import Tally, score
from flows.show import console

PAGE, NUMBERS = "audit.html", "audit.json"


def audit_text(labelled: Path, out_dir: Path, *, ner: bool, peers: bool) -> None:
    """Audit on a file of labelled reports.

    Raises: ConfigError.
    """
    reports = read_labelled(labelled)
    fresh_folder(out_dir, apart_from=())
    numbers = audit_reports(reports, all_methods(ner=ner, peers=peers))
    (out_dir / NUMBERS).write_text(json.dumps(numbers, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (out_dir / PAGE).write_text(render_page(numbers), encoding="utf-8")
    print_figures(numbers)
    console().print(f"Report: {out_dir / PAGE}", soft_wrap=True)


def audit_reports(reports: Sequence[LabelledReport], methods: dict[str, Method]) -> dict[str, Any]:
    """Score every method on the same reports."""
    found: dict[str, Any] = {}
    for name, method in methods.items():
        tallies: list[Tally] = []
        with Track(name, len(reports), unit="reports") as track:
            for report in reports:
                tallies.append(score(report, method(report)))
                track.advance()
        found[name] = figures(tallies)
    return {"reports": len(reports), "methods": found}


def print_figures(numbers: dict[str, Any]) -> None:
    """Print one table per language."""
    for language in languages_of(numbers):
        head, rows = methods_table(numbers, language)
        shown = Table(f"{language}: {head[0]}", *head[1:])
        for row in rows:
            shown.add_row(*row)
        console().print(shown)
