"""`sonocurate bench score`: options become a question, a result becomes tables.

Flows in: files and options. Flows out: lines; tables on standard output; a folder of results.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from benchmark.metrics.text.meteor import open_wordnet
from benchmark.metrics.text.texts import TextTools
from benchmark.records import Mode, Suite
from benchmark.score import Asked, Result, counts_of, score
from benchmark.stored import MANIFEST, score_table, write_result
from flows.progress import Track
from flows.show import check_format, show_table
from schemas.errors import ConfigError

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the command."""

    suite: str
    mode: str
    model: str | None
    resamples: int
    seed: int
    workers: int
    wordnet: Path | None
    bertscore: Path | None


def word_of(kind: type[Word], value: str, option: str) -> Word:
    """Read a suite or mode.

    Raises: ConfigError that lists them.
    """
    try:
        return kind(value)
    except ValueError:
        raise ConfigError(f"{option} must be one of {', '.join(one.value for one in kind)}") from None


def score_files(gold: Path, answers: Path, options: Options, *, out: Path | None, output: str) -> Iterator[str]:
    """Score, show, write.

    Raises: ConfigError.
    """
    check_format(output, to_file=False)
    if out is not None and (out / MANIFEST).exists():
        raise ConfigError(f"{out} holds results: name a new folder")
    wordnet = None if options.wordnet is None else open_wordnet(options.wordnet)
    asked = Asked(
        word_of(Suite, options.suite, "--suite"),
        gold,
        answers,
        word_of(Mode, options.mode, "--mode"),
        options.model or answers.stem,
        options.resamples,
        options.seed,
        TextTools(wordnet, options.bertscore, options.workers),
    )
    with Track("score", 1, unit="file") as track:
        result = score(asked)
        track.advance()
    _show(result, output)
    if out is not None:
        write_result(result, out)
    if output == "table":
        yield from lines_of(result)
        if out is not None:
            yield f"wrote {out}"


def _show(result: Result, output: str) -> None:
    table = score_table(result).drop_columns(["model", "suite", "mode", "higher_is_better"])
    show_table(rounded(table) if output == "table" else score_table(result), output)


def rounded(table: pa.Table) -> pa.Table:
    """Round the numbers of a table that is shown."""
    rows = [
        {name: round(cell, 4) if isinstance(cell, float) else cell for name, cell in row.items()}
        for row in table.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=table.schema)


def lines_of(result: Result) -> Iterator[str]:
    """Say what became of the answers and what was wrong with the input."""
    counts = counts_of(result)
    yield f"{counts.total()} items: " + ", ".join(f"{n} {status}" for status, n in counts.items())
    yield from result.faults.lines()
    yield from result.notes
