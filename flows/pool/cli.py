"""The commands of the pool: `sonocurate pool run` and `profile`. The work is elsewhere.

Flows in: options. Flows out: lines on standard output.
"""

from pathlib import Path
from typing import Annotated

import typer

pool_app = typer.Typer(help="The pool of model endpoints, for any requests.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of the pool to the command line."""
    app.add_typer(pool_app, name="pool")


@pool_app.command("run")
def pool_run(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", help="rows {id, messages, params, schema}")],
    target: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="one row per row of IN.jsonl, in its order")],
    *,
    endpoints: Annotated[Path, typer.Option(help="TOML with [[endpoints]] and, off this machine, [[allowed]]")],
    ledger: Annotated[Path | None, typer.Option(help="file that remembers every paid answer")] = None,
    deadline_s: Annotated[float | None, typer.Option(min=0.1, help="of one request; 600, batch 86400")] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="send through the Batch API of endpoints that have it")
    ] = False,
) -> None:
    """Answer the requests of a file through a pool of endpoints, each once."""
    from flows.pool.run_file import run_file  # noqa: PLC0415 - the client is slow to import
    from flows.show import console  # noqa: PLC0415
    from schemas.load import load_endpoints  # noqa: PLC0415

    config = load_endpoints(endpoints)
    done = run_file(source, target, config, ledger=ledger, deadline_s=deadline_s, batch=batch)
    for line in done.lines():
        typer.echo(line)
    console().print(done.table())


@pool_app.command("profile")
def pool_profile(name: Annotated[str, typer.Argument(help="echovlm: the seven models of the paper")]) -> None:
    """Print a ready file of endpoints, to be adapted."""
    from flows.pool.profiles import profile  # noqa: PLC0415

    typer.echo(profile(name), nl=False)
