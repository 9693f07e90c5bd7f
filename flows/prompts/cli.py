"""The commands of prompts: `sonocurate prompts list`, `render` and `check`. The work is in curation/generate/prompts.

Flows in: options. Flows out: lines on standard output; problems on standard error.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from curation.generate.template import Library

HASH_CHARS = 12
RootOption = Annotated[Path | None, typer.Option("--root", help="another folder of prompts than the installed one")]
LanguageOption = Annotated[str, typer.Option("--language", "-l", help="en or zh")]

prompts_app = typer.Typer(help="The few-shot templates and prompt texts.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of prompts to the command line."""
    app.add_typer(prompts_app, name="prompts")


@prompts_app.command("list")
def list_prompts(
    root: RootOption = None, output: Annotated[str, typer.Option("--format", "-f", help="table, csv or json")] = "table"
) -> None:
    """Show every template, prompt, question bank and vocabulary with its content hash."""
    import pyarrow as pa  # noqa: PLC0415

    from curation.generate.prompts.render import entries  # noqa: PLC0415
    from flows.show import show_table  # noqa: PLC0415

    rows = [
        {
            "id": one.name,
            "kind": one.kind,
            "system": one.system,
            "languages": one.languages,
            "reviewed_by": one.reviewed_by or ("-" if output == "table" else None),
            "sha256": one.sha256 if output != "table" else one.sha256[:HASH_CHARS],
        }
        for one in entries(_library(root))
    ]
    show_table(pa.Table.from_pylist(rows), output)


@prompts_app.command("render")
def render_prompt(
    prompt: Annotated[str, typer.Argument(help="closed, choose, round_trip, open, or a task: report, judge, …")],
    *,
    template: Annotated[str | None, typer.Option("--template", "-t", help="template of the worked examples")] = None,
    language: LanguageOption = "en",
    root: RootOption = None,
) -> None:
    """Print the exact messages a model gets, about an invented example case."""
    from curation.generate.prompts.render import render  # noqa: PLC0415
    from schemas.case import Language  # noqa: PLC0415
    from schemas.errors import ConfigError  # noqa: PLC0415

    if language not in set(Language):
        raise ConfigError(f"--language must be en or zh, not {language!r}")
    for message in render(_library(root), prompt, Language(language), template):
        typer.echo(f"[{message.role}]\n{message.content}\n")


@prompts_app.command("check")
def check_prompts(root: RootOption = None) -> None:
    """Check every file, and hold every template to the medical linter; exit code 2 if anything is wrong."""
    from curation.generate.template import installed, problems_of  # noqa: PLC0415
    from schemas.errors import ConfigError  # noqa: PLC0415

    problems = problems_of(installed() if root is None else _existing(root))
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise ConfigError(f"prompts check: {len(problems)} problem{'s' if len(problems) > 1 else ''} to fix")
    library = _library(root)
    typer.echo(
        f"{len(library.templates)} templates, {len(library.sha256)} files: no contradiction found. "
        "Whether they are right, only a clinician can say (reviewed_by)."
    )


def _library(root: Path | None) -> "Library":
    from curation.generate.template import library, read_library  # noqa: PLC0415

    return library() if root is None else read_library(_existing(root))


def _existing(root: Path) -> Path:
    from schemas.errors import ConfigError  # noqa: PLC0415

    if not root.is_dir():
        raise ConfigError(f"--root {root}: no such folder")
    return root
