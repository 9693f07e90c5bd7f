"""The commands of deduplication: `sonocurate dedup` and `duplicates`. The work is elsewhere.

Flows in: options. Flows out: lines on standard output. Imports are late, because compiled code is slow to load.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.masks.cli import DEFAULT_CONFIG, ConfigOption

duplicates_app = typer.Typer(help="What deduplicate dropped, and frames that look alike.", no_args_is_help=True)
RootOption = Annotated[Path | None, typer.Option("--root", help="warehouse root; default: the config's")]


def register(app: typer.Typer) -> None:
    """Add the commands of deduplication to the command line."""
    app.command()(dedup)
    app.add_typer(duplicates_app, name="duplicates")


def dedup(  # noqa: PLR0913 - the options of one command
    source: Annotated[Path, typer.Argument(help='JSONL of {"id", "text"} in order of arrival; only read')],
    target: Annotated[Path, typer.Argument(help="new JSONL file")],
    *,
    rouge_threshold: Annotated[float, typer.Option(min=0, max=1, help="ROUGE-L F1 above it; 1: never")] = 0.7,
    simhash_distance: Annotated[int, typer.Option(min=-1, max=64, help="Simhash bits up to it; -1: never")] = 3,
    against: Annotated[str, typer.Option(help="kept: earlier kept texts; all: also those that were dropped")] = "kept",
    protect: Annotated[bool, typer.Option("--protect", help="clinical facts differ: no duplicates")] = False,
    scope: Annotated[str, typer.Option(help='global, system (key "systems") or case (key "case_id")')] = "global",
    pool: Annotated[Path | None, typer.Option(help="folder of the kept texts of earlier files; grows")] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="start the pool anew, under these settings")] = False,
    threads: Annotated[int, typer.Option(min=1, max=64, help="threads that share the kept texts")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=64, help="processes that divide the kept texts")] = 1,
) -> None:
    """Decide which texts of a file are duplicates of earlier ones: the paper's rule, exactly."""
    from flows.dedup.dedup_file import Runners, dedup_file  # noqa: PLC0415
    from schemas.load import deduplicate_of  # noqa: PLC0415

    config = deduplicate_of(
        rouge_threshold=rouge_threshold,
        simhash_distance=simhash_distance,
        against=against,
        protect=protect,
        scope=scope,
    )
    runners = Runners(threads, workers)
    for line in dedup_file(source, target, config=config, pool=pool, rebuild=rebuild, runners=runners).lines():
        typer.echo(line)


@duplicates_app.command("show")
def show(
    instance_id: Annotated[str, typer.Argument(help="id of a dropped pair")],
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Show why a pair was dropped: both ids, the score, what the texts share and where they differ."""
    from flows.dedup.show import show_duplicate  # noqa: PLC0415
    from schemas.load import root_of  # noqa: PLC0415

    for line in show_duplicate(root_of(config, root), instance_id):
        typer.echo(line)


@duplicates_app.command("images")
def images(
    *,
    distance: Annotated[int, typer.Option(min=0, max=16, help="bits in which the difference hashes may differ")] = 3,
    output: Annotated[str, typer.Option("--format", "-f", help="table, csv or json")] = "table",
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """List key frames that look alike, with their distances; nothing is dropped."""
    from flows.dedup.frames import near_frames  # noqa: PLC0415
    from flows.show import show_table  # noqa: PLC0415
    from schemas.load import root_of  # noqa: PLC0415

    show_table(near_frames(root_of(config, root), distance=distance), output)
