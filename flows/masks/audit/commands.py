"""What `sonocurate audit-masks` does: run one of its modes, write its files, say it in plain words.

Flows in: options of the command line. Flows out: files in OUT_DIR and lines on standard output.
"""

import json
from pathlib import Path

from rich.table import Table

from flows.masks.audit.figures import figures
from flows.masks.audit.page import bound_of, render_page
from flows.masks.audit.peers import find_peers
from flows.masks.audit.planted import Plan, run_audit
from flows.show import console
from schemas.config import Masking, load_masking
from schemas.errors import ConfigError

PAGE, NUMBERS = "audit.html", "audit.json"


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
    _new_folder(out_dir)
    peers, absent = find_peers() if with_peers else ({}, [])
    audit = run_audit(plan, load_masking(config) if config else Masking(), peers)
    audit.absent_peers = absent
    numbers = figures(audit)
    (out_dir / NUMBERS).write_text(json.dumps(numbers, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (out_dir / PAGE).write_text(render_page(numbers, audit.gallery), encoding="utf-8")
    _print(numbers)
    console().print(f"Report: {out_dir / PAGE}")


def _new_folder(out_dir: Path) -> None:
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{out_dir} cannot be made ({error.strerror})") from None
    if any(out_dir.iterdir()):
        raise ConfigError(f"{out_dir} is not empty: choose a new folder")


def _print(numbers: dict) -> None:  # type: ignore[type-arg] # the shape of audit.json
    methods = numbers["methods"]
    table = Table("", *methods)
    table.add_row(
        "PHI items leaked", *(f"{bound_of(m)['leaked_items']} of {bound_of(m)['items']}" for m in methods.values())
    )
    table.add_row(
        "frames with a leak", *(f"{bound_of(m)['leaking_frames']} of {bound_of(m)['frames']}" for m in methods.values())
    )
    table.add_row("at most (95 %)", *(f"{100 * bound_of(m)['upper_95_by_frame']:.2f} %" for m in methods.values()))
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
