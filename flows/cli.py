"""`sonocurate …`: the command line. Every command is a few lines here; the work is elsewhere.

Exit codes: 0 done (rejects are rows, not errors), 1 a chunk failed (run again), 2 fix the input, 3 a leak stopped the
release.
"""

import errno
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from flows.benchmark import cli as benchmark
from flows.dedup import cli as dedup
from flows.masks import cli as masks
from flows.masks.cli import DEFAULT_CONFIG, ConfigOption, FormatOption
from flows.pool import cli as pool
from flows.prompts import cli as prompts
from flows.quality import cli as quality
from flows.releases import cli as releases
from flows.reports import cli as reports
from flows.review import cli as review
from flows.shelf import cli as shelf
from flows.shelf.cli import RootOption
from flows.terminated import Terminated, terminate
from flows.training import cli as training
from flows.watch import cli as watch
from schemas.errors import ChunkError, ConfigError, CurationError, LeakError

EXIT_CODES: dict[type[CurationError], int] = {ConfigError: 2, LeakError: 3, ChunkError: 1}
UMASK = 0o077

app = typer.Typer(
    name="sonocurate",
    help="Turn a hospital's ultrasound archive into de-identified, deduplicated instruction data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
key_app = typer.Typer(help="The pseudonym key (keep it like the patient records).", no_args_is_help=True)
app.add_typer(key_app, name="key")


@app.command()
def sample(
    out_dir: Annotated[Path, typer.Argument(help="new or empty folder")],
    cases: Annotated[int, typer.Option(min=1, max=10_000, help="number of good cases")] = 24,
    seed: Annotated[int, typer.Option(help="same seed, same bytes")] = 1,
    truth: Annotated[Path | None, typer.Option(help="folder for the ground truth; default OUT_DIR-truth")] = None,
    annotated: Annotated[bool, typer.Option("--annotated", help="draw lesions, and write their annotations")] = False,
) -> None:
    """Build an invented hospital export: frames with burned-in PHI and reports full of it."""
    from flows.progress import Track  # noqa: PLC0415
    from flows.sample.hospital import build  # noqa: PLC0415 - imaging libraries are slow to import

    truth_dir = truth or out_dir.with_name(f"{out_dir.name}-truth")
    with Track("sample", cases, unit="cases") as track:

        def advance(_done: int, _total: int) -> None:
            track.advance()

        summary = build(out_dir, truth_dir, cases=cases, seed=seed, annotated=annotated, progress=advance)
    typer.echo(f"{summary.n_cases} cases, {summary.n_images} images in {out_dir}; ground truth in {truth_dir}")


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="config file to write")] = DEFAULT_CONFIG,
) -> None:
    """Write a commented pipeline TOML."""
    from flows.starter import write_starter  # noqa: PLC0415

    write_starter(path)
    typer.echo(f"wrote {path}: set input.table, input.images and the columns, then `sonocurate check {path}`")


@key_app.command("init")
def key_init(path: Annotated[Path, typer.Argument(help="key file, outside the warehouse")]) -> None:
    """Make a pseudonym key (file mode 600)."""
    from flows.key import init_key  # noqa: PLC0415

    init_key(path)
    typer.echo(f"wrote {path} (mode 600). Whoever has it can re-identify patients: keep it apart from the data.")


@key_app.command("rotate")
def key_rotate(path: Annotated[Path, typer.Argument(help="key file")]) -> None:
    """Put a new key in place; the next run recomputes everything under new pseudonyms."""
    from flows.key import rotate_key  # noqa: PLC0415

    old = rotate_key(path)
    typer.echo(f"wrote a new {path}; the old key is {old}. Destroy it when no release under it is needed any more.")


@app.command()
def check(
    config: Annotated[Path, typer.Argument(help="pipeline TOML")] = DEFAULT_CONFIG,
    embedded: Annotated[bool, typer.Option(help="allow the demo model where no endpoint is configured")] = True,
) -> None:
    """Validate config, key, input and endpoints before a night run; changes nothing."""
    from flows.preflight import preflight  # noqa: PLC0415

    for line in preflight(config, embedded=embedded).lines():
        typer.echo(line)


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    embedded: Annotated[bool, typer.Option(help="allow the demo model where no endpoint is configured")] = True,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="decide all pairs anew after a change of [deduplicate]")
    ] = False,
    task_runner: Annotated[str | None, typer.Option(help="threads, processes or dask; default: the config's")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="default: the config's")] = None,
) -> None:
    """Run the whole pipeline on what is new, and publish the release."""
    from flows.runner import run_pipeline  # noqa: PLC0415 - Prefect is slow to import

    if task_runner not in (None, "threads", "processes", "dask"):
        raise ConfigError("--task-runner must be threads, processes or dask")
    told = {"task_runner": task_runner, "workers": workers}
    run_pipeline(config, embedded=embedded, rebuild=rebuild, told=told)


@app.command()
def generate(
    config: ConfigOption = DEFAULT_CONFIG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="print requests, tokens and cost; ask nobody")] = False,
    embedded: Annotated[bool, typer.Option(help="allow the demo model where no endpoint is configured")] = True,
) -> None:
    """Write instruction pairs for all new reports on the shelf, or say what that would cost."""
    if not dry_run:
        from flows.runner import run_generate  # noqa: PLC0415 - Prefect is slow to import

        typer.echo(run_generate(config, embedded=embedded))
        return
    from flows.pool.dry_run import dry_run as count  # noqa: PLC0415
    from flows.show import console  # noqa: PLC0415

    console().print(count(config, embedded=embedded).table())


@app.command()
def trace(
    instance_id: Annotated[str, typer.Argument(help="id of an instruction pair, kept or not")],
    config: ConfigOption = DEFAULT_CONFIG,
    root: RootOption = None,
) -> None:
    """Show where an instance comes from: case, spans, template, prompt, model, request, cost, and when."""
    from flows.trace import trace as lines_of  # noqa: PLC0415
    from schemas.load import root_of  # noqa: PLC0415

    for line in lines_of(root_of(config, root), instance_id):
        typer.echo(line)


masks.register(app)
reports.register(app)
prompts.register(app)
quality.register(app)
review.register(app)
pool.register(app)
releases.register(app)
dedup.register(app)
shelf.register(app)
benchmark.register(app)
training.register(app)
watch.register(app)


@app.command()
def funnel(output: FormatOption = "table", config: ConfigOption = DEFAULT_CONFIG, root: RootOption = None) -> None:
    """Show rows in, kept and rejected per stage, and the reasons."""
    from flows.show import FUNNEL_SQL, REASONS_SQL, SPARED_SQL, show_table  # noqa: PLC0415
    from schemas.load import root_of  # noqa: PLC0415
    from warehouse.catalog import query  # noqa: PLC0415

    place = root_of(config, root)
    show_table(query(place, FUNNEL_SQL), output)
    if output == "table":
        show_table(query(place, REASONS_SQL), output)
        for row in query(place, SPARED_SQL).to_pylist():
            typer.echo(f"deduplicate kept {row['spared']} pairs because their clinical facts differ (protect)")


def main() -> None:
    """Run the command line; an error is one line, never a traceback (it could show row content)."""
    os.umask(UMASK)
    _open_what_is_closed()
    signal.signal(signal.SIGTERM, terminate)
    try:
        app(standalone_mode=True)
    except CurationError as error:
        _fail(str(error), next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1))
    except KeyboardInterrupt:
        _fail("interrupted; run the same command again to go on", 130)
    except Terminated:
        _fail("terminated; chunks in work were finished; run the same command again to go on", 143)
    except Exception as error:
        if os.environ.get("SONOCURATE_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _fail("no space is left on a device: free some and run the same command again", 2)
        _fail(f"internal error ({type(error).__name__}). Please report it.", 1)


def _open_what_is_closed() -> None:
    """Give standard streams that a shell closed (`>&-`) to nobody: no file that we open may take their place."""
    for name, descriptor in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "r" if descriptor == 0 else "w", closefd=False))


def _fail(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"sonocurate: {' '.join(message.split())}\n")
    raise SystemExit(code)


if __name__ == "__main__":
    main()
