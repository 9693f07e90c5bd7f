"""The commands of the benchmark: `sonocurate bench …`. The work is elsewhere.

Flows in: options. Flows out: lines and tables on standard output. Imports are late: scoring needs slow libraries.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from flows.masks.cli import FormatOption
from flows.shelf.cli import RootOption
from schemas.errors import ConfigError

bench_app = typer.Typer(help="Score models on ultrasound benchmarks.", no_args_is_help=True)

SuiteOption = Annotated[str, typer.Option("--suite", help="u2, qbench, echovlm or grounded")]
ModeOption = Annotated[str, typer.Option("--mode", help="compat (as published) or strict")]
GoldOption = Annotated[Path, typer.Option("--gold", help="published TSV files, or JSONL records")]
ResamplesOption = Annotated[int, typer.Option(min=1, max=100_000, help="bootstrap resamples of patients")]


def register(app: typer.Typer) -> None:
    """Add the commands of the benchmark to the command line."""
    app.add_typer(bench_app, name="bench")


@bench_app.command("u2-score")
def u2_score(
    figures: Annotated[Path, typer.Argument(metavar="FIGURES.json", help='list of {"model", "DD_acc", …}')],
) -> None:
    """Compute the U2-Score of task figures."""
    from benchmark.metrics.u2_score import score_rows  # noqa: PLC0415
    from benchmark.read.answers import whole  # noqa: PLC0415

    try:
        rows = whole(json.loads(figures.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, RecursionError):
        raise ConfigError(f"{figures} is no readable JSON file") from None
    typer.echo(json.dumps(score_rows(rows), ensure_ascii=False, indent=2))


@bench_app.command("tasks")
def tasks(
    out: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="new file: one record per item")],
    *,
    suite: SuiteOption,
    gold: Annotated[Path | None, typer.Option("--gold", help="published TSV files, or JSONL records")] = None,
    release: Annotated[str | None, typer.Option("--release", help="or: a release, by name or folder")] = None,
    root: RootOption = None,
) -> None:
    """List the items of a suite with their ids, from files or from the test split of a release."""
    from flows.benchmark.tasks import write_tasks  # noqa: PLC0415

    typer.echo(write_tasks(out, suite=suite, gold=gold, release=release, root=root))


@bench_app.command("run")
def run(  # noqa: PLR0913 - the options of one command
    out: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="answers, one per item")],
    *,
    suite: SuiteOption,
    model: Annotated[str, typer.Option("--model", help="name of an endpoint")],
    endpoints: Annotated[Path, typer.Option(help="TOML with [[endpoints]] and, off this machine, [[allowed]]")],
    gold: Annotated[Path | None, typer.Option("--gold", help="published TSV files, or JSONL records")] = None,
    release: Annotated[str | None, typer.Option("--release", help="or: a release, by name or folder")] = None,
    root: RootOption = None,
    ledger: Annotated[Path | None, typer.Option(help="file that remembers every paid answer")] = None,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="0: greedy")] = 0.0,
    max_tokens: Annotated[int, typer.Option(min=1, help="of one answer")] = 512,
) -> None:
    """Ask a model every item of a suite, each once."""
    from flows.benchmark.run import Source, run_suite  # noqa: PLC0415 - the client is slow to import
    from flows.show import console  # noqa: PLC0415
    from schemas.load import load_endpoints  # noqa: PLC0415

    source = Source(suite, gold, release, root)
    done = run_suite(
        source, out, load_endpoints(endpoints), model=model, ledger=ledger, decoding=(temperature, max_tokens)
    )
    for line in done.lines():
        typer.echo(line)
    console().print(done.table())


@bench_app.command("score")
def score(  # noqa: PLR0913 - the options of one command
    *,
    suite: SuiteOption,
    gold: GoldOption,
    answers: Annotated[Path, typer.Option("--answers", help="JSONL, CSV, TSV or Parquet with id and answer")],
    mode: ModeOption = "strict",
    model: Annotated[str | None, typer.Option("--model", help="name in the tables; default: the file's")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="new folder for the results")] = None,
    resamples: ResamplesOption = 1000,
    seed: Annotated[int, typer.Option(min=0, help="of the resamples")] = 0,
    workers: Annotated[int, typer.Option(min=1, max=64, help="processes that read texts")] = 2,
    wordnet: Annotated[Path | None, typer.Option(help="folder with WordNet's database, for METEOR")] = None,
    bertscore: Annotated[Path | None, typer.Option(help="folder with BERT weights, for BERTScore")] = None,
    output: FormatOption = "table",
) -> None:
    """Score a file of answers."""
    from flows.benchmark.score import Options, score_files  # noqa: PLC0415

    options = Options(suite, mode, model, resamples, seed, workers, wordnet, bertscore)
    for line in score_files(gold, answers, options, out=out, output=output):
        typer.echo(line)


@bench_app.command("compare")
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="results of a model (`bench score --out`)")],
    b: Annotated[Path, typer.Argument(metavar="B", help="results of another, on the same items")],
    *,
    resamples: ResamplesOption = 1000,
    seed: Annotated[int, typer.Option(min=0, help="of the resamples")] = 0,
    output: FormatOption = "table",
) -> None:
    """Test whether two models differ: paired bootstrap, McNemar, Holm."""
    from benchmark.statistics.compare import compare as run_compare  # noqa: PLC0415
    from benchmark.stored import read_result  # noqa: PLC0415
    from flows.benchmark.score import rounded  # noqa: PLC0415
    from flows.show import check_format, show_table  # noqa: PLC0415

    check_format(output, to_file=False)
    table = run_compare(read_result(a), read_result(b), resamples=resamples, seed=seed)
    show_table(rounded(table) if output == "table" else table, output)


@bench_app.command("leaderboard")
def leaderboard(
    out: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="folder for leaderboard.html, .md and .parquet")],
    results: Annotated[list[Path], typer.Argument(metavar="RESULTS", help="folders of `bench score --out`")],
) -> None:
    """Write a leaderboard of scored models."""
    from benchmark.board.board import read_results, write_board  # noqa: PLC0415

    for path in write_board(read_results(results), out):
        typer.echo(f"wrote {path}")
