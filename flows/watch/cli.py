"""The commands that watch, plan and serve (doctor, status, metrics, report, plan, serve, deploy, ui).

The work is elsewhere.

Flows in: options. Flows out: lines on standard output.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.masks.cli import DEFAULT_CONFIG, ConfigOption, FormatOption
from flows.shelf.cli import RootOption

PortOption = Annotated[int, typer.Option(min=1, max=65_535, help="loopback port")]
#: Cases, images or pairs of an archive.
MOST = 10**12


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (doctor, status, metrics, report, plan, serve, deploy, ui):
        app.command()(command)


def doctor(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Look at environment, config, secrets, server, models, disk and permissions; say what to do."""
    from flows.watch.doctor import examine  # noqa: PLC0415 - loads every model

    troubles = 0
    for finding in examine(config):
        typer.echo(finding.line())
        troubles += finding.trouble is not None
    if troubles:
        raise typer.Exit(2)


def status(output: FormatOption = "table", config: ConfigOption = DEFAULT_CONFIG, root: RootOption = None) -> None:
    """Show what every stage has done, is doing, has still to do, and what failed and why."""
    from dataclasses import asdict  # noqa: PLC0415

    import pyarrow as pa  # noqa: PLC0415

    from flows.show import show_table  # noqa: PLC0415
    from flows.watch.status import states_of  # noqa: PLC0415
    from schemas.load import root_of  # noqa: PLC0415

    show_table(pa.Table.from_pylist([asdict(one) for one in states_of(root_of(config, root))]), output)


def metrics(
    *,
    out: Annotated[Path | None, typer.Option(help="write them to this file instead")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="answer scrapes on this loopback port")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Give counters in Prometheus's text format."""
    from flows.watch import metrics as work  # noqa: PLC0415
    from schemas.load import root_of  # noqa: PLC0415

    place = root_of(config, root)
    if port is not None:
        work.serve_metrics(place, port)
    elif out is not None:
        work.write_metrics(place, out)
    else:
        typer.echo(work.metrics_text(place), nl=False)


def report(
    target: Annotated[Path, typer.Argument(help="HTML file to write")],
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Write one HTML page about runs: stages, funnel, reasons, costs, failures."""
    from flows.watch.report import write_report  # noqa: PLC0415
    from schemas.load import root_of  # noqa: PLC0415

    typer.echo(f"wrote {write_report(root_of(config, root), target)}")


def plan(  # noqa: PLR0913 - the options of one command
    *,
    cases: Annotated[int, typer.Option(min=1, max=MOST, help="cases of the archive")] = 208_941,
    images: Annotated[int, typer.Option(min=0, max=MOST, help="images of the archive")] = 1_470_000,
    pairs: Annotated[int, typer.Option(min=0, max=MOST, help="pairs that models write")] = 3_420_000,
    annotated: Annotated[int, typer.Option(min=0, max=MOST, help="images of the archive that have annotations")] = 0,
    rated: Annotated[int, typer.Option(min=0, max=MOST, help="images whose quality a model judges")] = 0,
    days: Annotated[float, typer.Option(min=0.01, max=36_500, help="time for all of it")] = 7.0,
    numbers: Annotated[
        Path | None, typer.Option(help="TOML of service times and prices; default: measured ones")
    ] = None,
    output: FormatOption = "table",
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Say how many processors and requests at a time an archive needs, and what it costs, from service times."""
    from flows.scale import plan as work  # noqa: PLC0415
    from flows.show import show_table  # noqa: PLC0415
    from schemas.load import root_of  # noqa: PLC0415

    times = work.service_of(root_of(config, root), numbers)
    need = work.plan_of(work.Archive(cases, images, pairs, days, annotated, rated), times)
    show_table(need.table(), output)
    if output == "table":
        for line in need.lines():
            typer.echo(line)


def serve(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the deployments when they are due, on the Prefect server that PREFECT_API_URL names."""
    from flows.deploy.ui import serve_deployments  # noqa: PLC0415 - Prefect is slow to import

    serve_deployments(config)


def deploy(
    pool: Annotated[str, typer.Option(help="work pool of process workers; made where there is none")] = "sonocurate",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Put the deployments on the Prefect server that PREFECT_API_URL names, for the workers of a pool."""
    from flows.deploy.ui import deploy_to  # noqa: PLC0415 - Prefect is slow to import

    for name in deploy_to(config, pool):
        typer.echo(f"deployed {name}")
    typer.echo(f"on every machine that runs flows: prefect worker start --pool {pool}")


def ui(config: ConfigOption = DEFAULT_CONFIG, port: PortOption = 4200) -> None:
    """Start a Prefect server with its UI on this machine, and run the deployments when they are due."""
    from flows.deploy.ui import serve_with_ui  # noqa: PLC0415 - Prefect is slow to import

    serve_with_ui(config, port)
