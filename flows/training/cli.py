"""The commands of training: `sonocurate train …`. The work is elsewhere; torch is imported only when it is needed.

Flows in: options and a TOML. Flows out: lines on standard output.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from flows.shelf.cli import RootOption
from schemas.errors import ConfigError

train_app = typer.Typer(help="Train the reference models on a release (needs the extra `train`).", no_args_is_help=True)

NEEDED = ("torch", "torchvision", "transformers", "peft", "accelerate", "tensorboard")


def register(app: typer.Typer) -> None:
    """Add the commands of training to the command line."""
    app.add_typer(train_app, name="train")


@train_app.callback(invoke_without_command=True)
def train(
    context: typer.Context,
    *,
    stage: Annotated[str | None, typer.Option("--stage", help="1, 2 or grounded")] = None,
    config: Annotated[Path, typer.Option("--config", "-c", help="TOML of the run")] = Path("train.toml"),
    allow_demo: Annotated[bool, typer.Option("--allow-demo", help="train on a release of tier demo")] = False,
) -> None:
    """Train a stage on a release; the same call goes on where a killed run stopped."""
    if context.invoked_subcommand is not None:
        return
    if stage is None:
        raise ConfigError("name a --stage (1, 2 or grounded), or a command: `sonocurate train --help`")
    _check_installed()
    from flows.training.run import run_stage  # noqa: PLC0415 - torch is slow to import

    run_stage(config, stage, allow_demo=allow_demo, tell=typer.echo)


@train_app.command("export")
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="folder of a run")],
    out: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="new folder of the model")],
) -> None:
    """Write the newest checkpoint of a run as a model: safetensors, config, tokenizer."""
    _check_installed()
    from training.export import export_run  # noqa: PLC0415

    done = export_run(run, out)
    typer.echo(f"wrote {out}: step {done['step']}, {done['bytes'] / 1e6:.1f} MB")


@train_app.command("answer")
def answer(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="folder of an exported model")],
    out: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="new file: one answer per item")],
    *,
    suite: Annotated[str, typer.Option("--suite", help="u2 or echovlm")],
    release: Annotated[str, typer.Option("--release", help="a release, by name or folder: its test split is asked")],
    root: RootOption = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="of one answer")] = 512,
) -> None:
    """Answer the items of a suite, for `sonocurate bench score --answers`."""
    _check_installed()
    from flows.training.answer import answer_suite  # noqa: PLC0415

    typer.echo(answer_suite(model, out, suite=suite, release=release, root=root, max_tokens=max_tokens))


@train_app.command("tiny")
def tiny(
    out: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="new folder of the base")],
    *,
    release: Annotated[str, typer.Option("--release", help="a release whose words the tokenizer learns")],
    root: RootOption = None,
) -> None:
    """Write a tiny random base, to try the other commands without a large model."""
    _check_installed()
    from flows.training.run import tiny_base  # noqa: PLC0415

    typer.echo(tiny_base(out, release, root))


def _check_installed() -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(f"{', '.join(missing)}: not installed; pip install 'sonocurate[train]'")
