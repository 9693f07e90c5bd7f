"""Answers of a model, from a file.

In: JSONL, JSON, CSV, TSV or Parquet with an id and an answer per row. Out: answers by id; what is wrong is counted.
"""

import csv
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmark.read.faults import Fault, Faults
from benchmark.records import AnswerRow
from schemas.errors import ConfigError

ID_NAMES = ("id", "item_id", "instance_id", "question_id", "index", "image_id")
ANSWER_NAMES = ("answer", "response", "prediction", "output", "text", "pred")
LOGPROB_NAMES = ("logprobs", "logits", "top_logprobs")
_MALFORMED = "\x00malformed"


def read_answers(path: Path, faults: Faults) -> dict[str, AnswerRow]:
    """Read the answers of a file; of two answers to one id the first counts.

    Raises: ConfigError for a file that cannot be read or has no id or answer column.
    """
    answers: dict[str, AnswerRow] = {}
    names: tuple[str, str] | None = None
    for number, row in enumerate(rows_of(path), 1):
        if not isinstance(row, Mapping) or _MALFORMED in row:
            faults.note(Fault.MALFORMED_ROW, f"{path.name} row {number}")
            continue
        names = names or _names(path, row)
        item_id, answer = row.get(names[0]), row.get(names[1])
        if item_id is None or isinstance(item_id, bool | Mapping | list) or str(item_id) == "":
            faults.note(Fault.MALFORMED_ROW, f"{path.name} row {number}")
        elif str(item_id) in answers:
            faults.note(Fault.DUPLICATE_ANSWER, str(item_id))
        else:
            more = {name: value for name, value in row.items() if name not in names}
            answers[str(item_id)] = AnswerRow(str(item_id), answer, _logprobs(row), more)
    return answers


def _names(path: Path, row: Mapping[str, Any]) -> tuple[str, str]:
    found = [next((name for name in names if name in row), None) for names in (ID_NAMES, ANSWER_NAMES)]
    for name, asked in zip(found, ("id", "answer"), strict=True):
        if name is None:
            others = ID_NAMES if asked == "id" else ANSWER_NAMES
            raise ConfigError(f"{path.name}: no column {asked} (or {', '.join(others[1:])}); answers are matched by id")
    return str(found[0]), str(found[1])


def _logprobs(row: Mapping[str, Any]) -> dict[str, float] | None:
    """Read log-probabilities by token: a mapping, or the list of top_logprobs as servers give it."""
    value = next((row[name] for name in LOGPROB_NAMES if row.get(name) is not None), None)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if isinstance(value, list):
        value = {one.get("token"): one.get("logprob") for one in value if isinstance(one, Mapping)}
    if not isinstance(value, Mapping):
        return None
    return {str(k): _real(v) for k, v in value.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _real(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an int of hundreds of digits
        return math.nan


def rows_of(path: Path) -> Iterable[Any]:
    """Give the rows of a file as mappings; a JSONL line that is none comes as a marked row.

    Raises: ConfigError.
    """
    try:
        match path.suffix.lower():
            case ".parquet":
                return list(pq.read_table(path).to_pylist())
            case ".csv" | ".tsv":
                return list(_delimited(path))
            case ".json":
                found = whole(json.loads(path.read_text(encoding="utf-8-sig")))
                if not isinstance(found, list):
                    raise ConfigError(f"{path.name}: must be a list of objects")
                return found
            case _:
                return list(_lines(path))
    except ConfigError:
        raise
    except (OSError, ValueError, RecursionError, pa.ArrowException, csv.Error) as error:
        raise ConfigError(f"{path} cannot be read ({type(error).__name__})") from None


def _delimited(path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ","):
            yield row if None not in row else {_MALFORMED: True}


def _lines(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                try:
                    found = json.loads(line.decode("utf-8-sig"))
                    yield whole(found) if b"\\u" in line else found
                except (ValueError, RecursionError):
                    yield {_MALFORMED: True}


def whole(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    """Put "?" for halves of characters, which JSON can hold and no file: an answer that was cut within an emoji."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [whole(one) for one in value]
    return {whole(name): whole(one) for name, one in value.items()} if isinstance(value, dict) else value


def match(item_ids: Sequence[str], answers: Mapping[str, AnswerRow], faults: Faults) -> list[AnswerRow | None]:
    """Put answers beside items; count those that are missing and those nobody asked for."""
    known = set(item_ids)
    for item_id in answers:
        if item_id not in known:
            faults.note(Fault.UNKNOWN_ID, item_id)
    for item_id in item_ids:
        if item_id not in answers or answers[item_id].value is None:
            faults.note(Fault.MISSING_ANSWER, item_id)
    return [answers.get(item_id) for item_id in item_ids]
