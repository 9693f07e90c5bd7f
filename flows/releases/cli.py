"""The commands of the shelf: releases, tables and their upkeep, forgetting. The work is elsewhere.

Flows in: options. Flows out: tables and lines on standard output. Imports are late, because Arrow is slow to import.
"""

import re
from pathlib import Path
from typing import Annotated

import typer

from flows.masks.cli import DEFAULT_CONFIG, ConfigOption, FormatOption
from schemas.load import root_of

RootOption = Annotated[
    Path | None, typer.Option("--root", help="warehouse root; default: the config's, else warehouse/data")
]
_AT = re.compile(r"([a-z_]+)@(\d+)")

release_app = typer.Typer(help="Named, immutable releases.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of the shelf to the command line."""
    app.add_typer(release_app, name="release")
    for command in (tables, history, diff, compact, vacuum, forget):
        app.command()(command)


@release_app.command("create")
def release_create(
    name: Annotated[str, typer.Argument(help="a name that no release has")],
    *,
    tier: Annotated[str | None, typer.Option(help="demo, research or production; default: the config's")] = None,
    against: Annotated[list[Path] | None, typer.Option(help="folder of a set that train must not hold")] = None,
    audit: Annotated[Path | None, typer.Option(help="folder of a leak audit, for the card")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Publish what is on the shelf under a new name."""
    from flows.releases.run import run_release  # noqa: PLC0415

    for line in run_release(config, name, tier, against=against or (), audit=audit):
        typer.echo(line)


@release_app.command("approve")
def release_approve(
    *,
    approver: Annotated[str, typer.Option(help="your code, never a name")],
    refuse: Annotated[bool, typer.Option("--refuse", help="do not publish")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Answer the production release that waits for approval."""
    from flows.releases.approve import answer  # noqa: PLC0415

    name = answer(root_of(config, root), approver, approve=not refuse)
    typer.echo(f"release {name}: {'refused' if refuse else 'approved'}; its run checks the decision and goes on")


@release_app.command("list")
def release_list(
    output: FormatOption = "table", config: ConfigOption = DEFAULT_CONFIG, root: RootOption = None
) -> None:
    """List the releases."""
    from flows.show import show_table  # noqa: PLC0415
    from warehouse.published import list_releases  # noqa: PLC0415

    show_table(list_releases(root_of(config, root)), output)


@release_app.command("verify")
def release_verify(
    name: Annotated[str, typer.Argument(help="a release, or the folder of a copy")],
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Prove that a release or a copy of it is what was published."""
    from warehouse.published import find_release, verify_release  # noqa: PLC0415

    folder = find_release(root_of(config, root), name)
    found = verify_release(folder)
    typer.echo(f"{folder.name} is intact: {found['files']} files, {found['bytes']} bytes")


@release_app.command("diff")
def release_diff(
    a: Annotated[str, typer.Argument(help="a release, or the folder of a copy")],
    b: Annotated[str, typer.Argument(help="another one")],
    *,
    output: FormatOption = "table",
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Compare two releases: rows by id and split, settings, fingerprints, table versions."""
    diff(a, b, output=output, config=config, root=root)


def tables(
    name: Annotated[str | None, typer.Argument(help="a table, to see its columns")] = None,
    *,
    output: FormatOption = "table",
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """List the tables, or the columns of one with what they mean."""
    from flows.show import show_table  # noqa: PLC0415
    from warehouse.tables import Shelf  # noqa: PLC0415
    from warehouse.upkeep import describe, list_tables  # noqa: PLC0415

    show_table(describe(name) if name else list_tables(Shelf(root_of(config, root))), output)


def history(
    name: Annotated[str, typer.Argument(help="a table")],
    *,
    output: FormatOption = "table",
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """List the versions of a table, the newest first."""
    from flows.show import show_table  # noqa: PLC0415
    from warehouse.tables import Shelf  # noqa: PLC0415
    from warehouse.upkeep import history as lines_of  # noqa: PLC0415

    show_table(lines_of(Shelf(root_of(config, root)), name), output)


def diff(
    a: Annotated[str, typer.Argument(help="TABLE@VERSION, or a release")],
    b: Annotated[str, typer.Argument(help="the same table at another version, or another release")],
    *,
    output: FormatOption = "table",
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Compare two versions of a table row by row, or two releases."""
    from flows.show import show_table  # noqa: PLC0415
    from schemas.errors import ConfigError  # noqa: PLC0415
    from warehouse.published import diff_releases, find_release  # noqa: PLC0415
    from warehouse.tables import Shelf  # noqa: PLC0415
    from warehouse.upkeep import diff_versions  # noqa: PLC0415

    place = root_of(config, root)
    left, right = _AT.fullmatch(a), _AT.fullmatch(b)
    if left and right:
        if left[1] != right[1]:
            raise ConfigError("diff: both must name the same table, TABLE@VERSION")
        show_table(diff_versions(Shelf(place), left[1], int(left[2]), int(right[2])), output)
        return
    show_table(diff_releases(find_release(place, a), find_release(place, b)), output)


def compact(config: ConfigOption = DEFAULT_CONFIG, root: RootOption = None) -> None:
    """Join small files of all tables into larger ones; rows and releases stay as they are."""
    from flows.alone import alone  # noqa: PLC0415
    from warehouse.catalog import rebuild  # noqa: PLC0415
    from warehouse.tables import Shelf  # noqa: PLC0415
    from warehouse.upkeep import compact as join  # noqa: PLC0415

    shelf = Shelf(root_of(config, root))
    with alone(shelf.root):
        done = join(shelf)
        rebuild(shelf)
    for name, (before, after) in done.items():
        typer.echo(f"{name}: {before} files, now {after}")


def vacuum(
    *,
    keep_hours: Annotated[int, typer.Option(min=0, help="spare files that were current within so many hours")] = 168,
    delete: Annotated[bool, typer.Option("--delete", help="delete; without it the files are only counted")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Delete files of old versions that no release pins."""
    from flows.alone import alone  # noqa: PLC0415
    from warehouse.tables import Shelf  # noqa: PLC0415
    from warehouse.upkeep import vacuum as sweep  # noqa: PLC0415

    shelf = Shelf(root_of(config, root))
    with alone(shelf.root):
        done = sweep(shelf, keep_hours=keep_hours, dry_run=not delete)
    verb = "deleted" if delete else "would be deleted (add --delete)"
    for name, paths in done.items():
        if paths:
            typer.echo(f"{name}: {len(paths)} files {verb}")
    if not any(done.values()):
        typer.echo("nothing to delete")


def forget(
    patient: Annotated[
        str, typer.Argument(help="the hospital's patient id or a patient_key; - reads it from standard input")
    ],
    *,
    reissue: Annotated[
        bool, typer.Option("--reissue", help="publish affected releases again without the patient")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Erase a patient from tables, files, ledger and releases, and list exports to recall."""
    from flows.alone import alone  # noqa: PLC0415
    from flows.releases.forget import forget as erase  # noqa: PLC0415
    from flows.stage import context_of  # noqa: PLC0415

    context = context_of(str(config))
    who = typer.get_text_stream("stdin").readline().strip() if patient == "-" else patient
    with alone(context.shelf.root):
        for line in erase(context, who, again=reissue).lines():
            typer.echo(line)
