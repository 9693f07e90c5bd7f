"""The commands of masking: `sonocurate desensitize`, `audit-masks` and `review-masks`. The work is elsewhere.

Flows in: options. Flows out: lines on standard output. Imports are late, because imaging libraries are slow to import.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_CONFIG = Path("pipeline.toml")
ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="pipeline TOML")]
FormatOption = Annotated[str, typer.Option("--format", "-f", help="table, csv or json")]
QueueArgument = Annotated[Path, typer.Argument(help="folder of the queue")]

review_app = typer.Typer(help="Show doubtful masked boxes to a human, who may unmask them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of masking to the command line."""
    app.command()(desensitize)
    app.command("audit-masks")(audit_masks)
    app.add_typer(review_app, name="review-masks")


def desensitize(
    in_dir: Annotated[Path, typer.Argument(help="folder of images; only read")],
    out_dir: Annotated[Path, typer.Argument(help="new or empty folder")],
    known_phi: Annotated[Path | None, typer.Option(help="JSONL of {image, known_phi} rows")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML with [desensitize], [intake], [pseudonym]")
    ] = None,
) -> None:
    """Mask a folder of images outside any warehouse; keep measurements and landmarks."""
    from flows.masks.folder.tree import desensitize_folder  # noqa: PLC0415
    from schemas.config import Masking  # noqa: PLC0415
    from schemas.load import load_masking  # noqa: PLC0415

    settings = load_masking(config) if config else Masking()
    _say(desensitize_folder(in_dir, out_dir, known_phi=known_phi, config=settings).lines())


def audit_masks(  # noqa: PLR0913 - the options of one command
    out_dir: Annotated[Path, typer.Argument(help="new or empty folder for the report or the sample")],
    *,
    n: Annotated[int | None, typer.Option("--n", min=1, max=100_000, help="frames to plant PHI on; 60")] = None,
    seed: Annotated[int, typer.Option(help="same seed, same frames")] = 1,
    frames: Annotated[Path | None, typer.Option(help="folder of own images; default: invented consoles")] = None,
    language: Annotated[str | None, typer.Option(help="en or zh; default: both")] = None,
    stress: Annotated[bool, typer.Option("--stress", help="text of 9-11 px, faint, JPEG quality 60")] = False,
    peers: Annotated[bool, typer.Option("--peers", help="also measure raw engines and Presidio on the frames")] = False,
    real: Annotated[int | None, typer.Option(min=1, help="draw N published exams for two human readers")] = None,
    score: Annotated[bool, typer.Option("--score", help="score the sheets of the two readers in OUT_DIR")] = False,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML; with --real a pipeline's")] = None,
) -> None:
    """Measure the masking: plant PHI and count what leaks, or have two people read a real sample."""
    from flows.masks.audit import commands  # noqa: PLC0415

    planted = {"--n": n, "--frames": frames, "--language": language, "--stress": stress, "--peers": peers}
    commands.check_mode(real=real, score=score, planted=[name for name, value in planted.items() if value])
    if score:
        commands.score_sample(out_dir)
    elif real:
        commands.draw_real_sample(out_dir, n=real, seed=seed, config=config or DEFAULT_CONFIG)
    else:
        plan = commands.plan_of(n=n or commands.FRAMES, seed=seed, frames=frames, language=language, stress=stress)
        commands.audit_planted(out_dir, plan, config=config, with_peers=peers)


@review_app.command("export")
def review_export(
    out_dir: Annotated[Path, typer.Argument(help="new or empty folder, outside the warehouse")],
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    ttl_hours: Annotated[float, typer.Option(help="hours until the crops expire")] = 72,
    limit: Annotated[int, typer.Option(help="most boxes of one queue")] = 500,
    unproven: Annotated[bool, typer.Option("--unproven", help="also offer boxes that no rule proved")] = False,
) -> None:
    """Write doubtful boxes as encrypted crops, with a sheet for decisions."""
    from flows.masks.review.review import export_queue  # noqa: PLC0415

    _say(export_queue(config, out_dir, ttl_hours=ttl_hours, limit=limit, unproven=unproven).lines())


@review_app.command("serve")
def review_serve(
    out_dir: QueueArgument,
    *,
    reviewer: Annotated[str, typer.Option(help="code of the reviewer, not a name")],
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 for a free one")] = 0,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show the crops one by one on a page of this machine, and write down what the reviewer decides."""
    from flows.key import load_key  # noqa: PLC0415
    from flows.masks.review.review import serve  # noqa: PLC0415
    from schemas.load import load  # noqa: PLC0415

    serve(out_dir, load_key(load(config)), reviewer, port)


@review_app.command("apply")
def review_apply(out_dir: QueueArgument, *, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Log the decisions and unmask what may be shown."""
    from flows.masks.review.review import apply_decisions  # noqa: PLC0415

    _say(apply_decisions(config, out_dir).lines())


@review_app.command("purge")
def review_purge(out_dir: QueueArgument) -> None:
    """Delete crops that have expired; decisions stay."""
    from flows.masks.review.review import purge  # noqa: PLC0415

    _say([f"{purge(out_dir)} expired crops deleted"])


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
