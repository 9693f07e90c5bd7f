"""The commands of quality control: `sonocurate verify`, `retrospect`, `templates`, `quality-report`.

The work is elsewhere.

Flows in: options. Flows out: lines on standard output.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.masks.cli import DEFAULT_CONFIG, ConfigOption, FormatOption
from flows.shelf.cli import RootOption

templates_app = typer.Typer(help="Sign-offs of the few-shot templates by clinicians.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of quality control to the command line."""
    app.command()(verify)
    app.command()(retrospect)
    app.add_typer(templates_app, name="templates")
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


def retrospect(
    *,
    apply: Annotated[bool, typer.Option("--apply", help="suspend; without it nothing is changed")] = False,
    lift: Annotated[str | None, typer.Option(help="LEVEL=VALUE: let a suspended strategy make pairs again")] = None,
    output: FormatOption = "table",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Rate every strategy that makes pairs by the experts' reviews, and suspend those that exceed the limit."""
    from flows.alone import alone  # noqa: PLC0415
    from flows.quality import retrospect as work  # noqa: PLC0415
    from flows.show import show_table  # noqa: PLC0415
    from flows.stage import context_of  # noqa: PLC0415
    from schemas.errors import ConfigError  # noqa: PLC0415
    from warehouse.catalog import rebuild  # noqa: PLC0415

    if apply and lift:
        raise ConfigError("--apply and --lift exclude each other")
    context = context_of(str(config))
    if lift:
        with alone(context.shelf.root):
            work.lift(context, lift)
            rebuild(context.shelf)
        typer.echo(f"lifted: {lift}; run `sonocurate run` to let it make pairs again")
        return
    outlook = work.look(context)
    show_table(outlook.table(), output)
    if apply:
        with alone(context.shelf.root):
            outlook = work.look(context)
            work.apply(outlook)
            rebuild(context.shelf)
    for line in outlook.lines(applied=apply):
        typer.echo(line, err=output != "table")


@templates_app.command("sign")
def templates_sign(
    template: Annotated[str, typer.Argument(help="few-shot template, for example liver-01")],
    *,
    reviewer: Annotated[str, typer.Option(help="name of the clinician who answers for it")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Record a clinician's sign-off of a template as it is now."""
    from flows.alone import alone  # noqa: PLC0415
    from flows.quality.signing import sign  # noqa: PLC0415
    from flows.stage import context_of  # noqa: PLC0415
    from warehouse.catalog import rebuild  # noqa: PLC0415

    context = context_of(str(config))
    with alone(context.shelf.root):
        is_new = sign(context.shelf, template, reviewer, context.config.input.site)
        rebuild(context.shelf)
    typer.echo(f"{template} is signed" if is_new else f"{template} was signed by them before; nothing was changed")


@templates_app.command("list")
def templates_list(output: FormatOption = "table", config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the few-shot templates with their sign-offs."""
    import pyarrow as pa  # noqa: PLC0415

    from flows.quality.signing import listed  # noqa: PLC0415
    from flows.show import show_table  # noqa: PLC0415
    from flows.stage import context_of  # noqa: PLC0415

    show_table(pa.Table.from_pylist(list(listed(context_of(str(config)).shelf))), output)


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
