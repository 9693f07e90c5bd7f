"""What `sonocurate audit-masks` does: run one of its modes, write its files, say it in plain words.

Flows in: options of the command line. Flows out: files in OUT_DIR and lines on standard output.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from flows.masks.audit.figures import figures
from flows.masks.audit.page import bound_of, render_page
from flows.masks.audit.peers import find_peers
from flows.masks.audit.planted import Plan, run_audit
from flows.masks.readers.readers import render, score_readers
from flows.masks.readers.real import READERS, draw_sample
from flows.masks.readers.sheets import fresh_folder
from flows.show import console
from schemas.config import Masking
from schemas.errors import ConfigError
from schemas.load import load, load_masking

PAGE, NUMBERS, SCORES = "audit.html", "audit.json", "scores.json"
#: Frames of a planted audit, unless asked for another number.
FRAMES = 60


def check_mode(*, real: int | None, score: bool, planted: Sequence[str]) -> None:
    """See that the options belong to one mode: planting, drawing a sample, scoring it.

    Raises: ConfigError.
    """
    modes = [name for name, chosen in (("--real", real is not None), ("--score", score)) if chosen]
    if len(modes) > 1:
        raise ConfigError("--real and --score do not go together: draw a sample first, score it when it is read")
    if modes and planted:
        raise ConfigError(f"{planted[0]} plants PHI and does not go together with {modes[0]}")


def plan_of(*, n: int, seed: int, frames: Path | None, language: str | None, stress: bool) -> Plan:
    """Check the options of a planted audit.

    Raises: ConfigError.
    """
    if language not in (None, "en", "zh"):
        raise ConfigError("--language must be en or zh")
    if frames is not None and not frames.is_dir():
        raise ConfigError(f"--frames {frames} is not a folder")
    if frames is not None and stress:
        raise ConfigError("--stress draws its own frames: leave --frames out")
    return Plan(n, seed, stress, language, frames)


def audit_planted(out_dir: Path, plan: Plan, *, config: Path | None, with_peers: bool) -> None:
    """Run a planted audit; write `audit.json` and `audit.html`.

    Raises: ConfigError.
    """
    fresh_folder(out_dir, apart_from=(plan.frames,) if plan.frames else ())
    peers, absent = find_peers() if with_peers else ({}, [])
    audit = run_audit(plan, load_masking(config) if config else Masking(), peers)
    audit.absent_peers = absent
    numbers = figures(audit)
    _write(out_dir / NUMBERS, json.dumps(numbers, ensure_ascii=False, indent=2) + "\n")
    _write(out_dir / PAGE, render_page(numbers, audit.gallery))
    print_figures(numbers)
    console().print(f"Report: {out_dir / PAGE}", soft_wrap=True)


def draw_real_sample(out_dir: Path, *, n: int, seed: int, config: Path) -> None:
    """Draw published exams for two human readers.

    Raises: ConfigError.
    """
    pipeline = load(config)
    sample = draw_sample(pipeline.warehouse.root, n, seed, out_dir, apart_from=(pipeline.input.images,))
    for line in sample.lines():
        console().print(line)
    sheets = " and ".join(f"{reader}.csv" for reader in READERS)
    console().print(f"Now two people fill in {sheets}, as {out_dir / 'README.txt'} says; then run")
    console().print(f"sonocurate audit-masks --score {out_dir}", soft_wrap=True)


def score_sample(out_dir: Path) -> None:
    """Score the filled-in sheets of a sample; write `scores.json` beside them.

    Raises: ConfigError.
    """
    scores = score_readers(out_dir)
    _write(out_dir / SCORES, json.dumps([asdict(score) for score in scores], ensure_ascii=False, indent=2) + "\n")
    console().print(render(scores))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror})") from None


def print_figures(numbers: dict) -> None:  # type: ignore[type-arg] # the shape of audit.json
    """Show the figures of an audit as a table."""
    methods = numbers["methods"]
    table = Table("", *methods)
    table.add_row(
        "PHI items leaked", *(f"{bound_of(m)['leaked_items']} of {bound_of(m)['items']}" for m in methods.values())
    )
    table.add_row(
        "frames with a leak", *(f"{bound_of(m)['leaking_frames']} of {bound_of(m)['frames']}" for m in methods.values())
    )
    table.add_row("at most (95 %)", *(f"{100 * bound_of(m)['upper_95_by_frame']:.2f} %" for m in methods.values()))
    fainter = [m["fainter_or_smaller"] for m in methods.values()]
    table.add_row("fainter or smaller: leaked", *(f"{f['leaked']} of {f['items']}" for f in fainter))
    for kind in next(iter(methods.values()))["kept"]:
        table.add_row(f"kept: {kind}", *(_share(m["kept"][kind]) for m in methods.values()))
    console().print(table)
    plan = numbers["plan"]
    console().print(
        f"{plan['frames']} frames of {plan['layouts']} layouts on {plan['canvases']} canvases; "
        f"{sum(numbers['quarantined'].values())} in quarantine. {numbers['scope']}"
    )


def _share(rate: dict) -> str:  # type: ignore[type-arg]
    return "–" if rate["share"] is None else f"{100 * rate['share']:.1f} % of {rate['items']}"
