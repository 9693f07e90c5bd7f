"""The commands of expert review: `sonocurate review …`. The work is elsewhere; `review-masks` is about masked boxes.

Flows in: options. Flows out: lines on standard output.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from flows.masks.cli import DEFAULT_CONFIG, ConfigOption

review_app = typer.Typer(help="Experts look at a sample of pairs (masked boxes: review-masks).", no_args_is_help=True)
SampleOption = Annotated[
    str | None, typer.Option("--sample", help="name of the sample; needed where there are several")
]


def register(app: typer.Typer) -> None:
    """Add the commands of expert review to the command line."""
    app.add_typer(review_app, name="review")


@review_app.command("sample")
def review_sample(
    name: Annotated[str, typer.Argument(help="a name that no sample has")],
    *,
    n: Annotated[
        int | None, typer.Option(min=1, help="pairs; default: the config's, all where there are fewer")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="same seed, same sample; default: the config's")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Draw the pairs that experts look at: stratified, with sealed attention checks, some for two reviewers."""
    from flows.review.sample import draw_sample  # noqa: PLC0415 - Arrow is slow to import
    from flows.stage import context_of  # noqa: PLC0415
    from schemas.load import review_of  # noqa: PLC0415

    context = context_of(str(config))
    settings = review_of(context.config.review, name=name, n=n, seed=seed)
    _say(draw_sample(context, name, settings).lines())


@review_app.command("push")
def review_push(
    *,
    sample: SampleOption = None,
    restore_interface: Annotated[
        bool, typer.Option("--restore-interface", help="set an edited labelling interface back")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Put the tasks of a sample on a Label Studio server; what is there is left alone."""
    from flows.review.push import push  # noqa: PLC0415
    from flows.stage import context_of  # noqa: PLC0415

    _say(push(context_of(str(config)), sample, restore=restore_interface).lines())


@review_app.command("pull")
def review_pull(sample: SampleOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Take the annotations of Label Studio; the same ones again change nothing."""
    from flows.review.pull import pull  # noqa: PLC0415
    from flows.stage import context_of  # noqa: PLC0415

    _say(pull(context_of(str(config)), sample).lines())


@review_app.command("status")
def review_status(
    *,
    sample: SampleOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="do not ask Label Studio")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Say how far the reviews of a sample are, and who caught the planted errors."""
    from flows.review.pull import status  # noqa: PLC0415
    from flows.stage import context_of  # noqa: PLC0415

    _say(status(context_of(str(config)), sample, ask=not offline).lines())


@review_app.command("export")
def review_export(
    out_dir: Annotated[Path, typer.Argument(help="new or empty folder outside the warehouse")],
    *,
    sample: SampleOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write the tasks of a sample as CSV sheets with frames, for reviewers without a server."""
    from flows.review.sheets import export_sheets  # noqa: PLC0415
    from flows.stage import context_of  # noqa: PLC0415

    _say(export_sheets(context_of(str(config)), sample, out_dir).lines())


@review_app.command("import")
def review_import(
    sheet: Annotated[Path, typer.Argument(help="a sheet that a reviewer filled in")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Take the filled-in rows of a sheet; the same ones again change nothing."""
    from flows.review.sheets import import_sheet  # noqa: PLC0415
    from flows.stage import context_of  # noqa: PLC0415

    _say(import_sheet(context_of(str(config)), sheet).lines())


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
