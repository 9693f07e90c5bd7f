"""U2-BENCH: eight tasks, as the published scorer counts them (compat) or as its reviewers asked for (strict).

In: items and answers. Out: blocks with figures. What the modes count is written at each function; both name what was
refused, unparsable and missing.
Source: U2-BENCH (ICLR 2026) and its public evaluation kit.
"""

import math
from collections.abc import Sequence

import numpy as np

from benchmark.metrics.classify import NO_LABEL, accuracy, macro_f1
from benchmark.metrics.columns import Figure
from benchmark.metrics.measure import NAMES, RANGES, UNITS, absolute_figures, error_figures, scaled_errors
from benchmark.metrics.text.texts import TextTools, text_figures
from benchmark.parse.choice import parse_choice
from benchmark.parse.location import parse_location
from benchmark.parse.number import parse_number
from benchmark.parse.report import parse_report
from benchmark.read.faults import Fault, Faults
from benchmark.read.u2_tasks import CLASSES, PLACES, TEXTS, U2Task, task_of
from benchmark.records import AnswerRow, Item, Mode, Parsed, Status
from benchmark.statistics.groups import Block
from benchmark.suites.labels import gold_label, is_same

#: Carotid IMT: an answer may be null.
NULL_OK = frozenset({"27"})
Answers = Sequence[AnswerRow | None]
_MISSING = Parsed(Status.MISSING)


def score_block(
    items: Sequence[Item], answers: Answers, mode: Mode, faults: Faults, tools: TextTools
) -> tuple[Block | None, list[str]]:
    """Score the items of one task and dataset; None for a task that is none of the eight."""
    task = task_of(items[0].task)
    if task is None:
        for item in items:
            faults.note(Fault.UNKNOWN_TASK, item.item_id)
        return None, []
    notes: list[str] = []
    if task in CLASSES or task in PLACES:
        labels = _options(items)
        parsed = [_parsed(item, answer, labels) for item, answer in zip(items, answers, strict=True)]
        figures = _label_figures(items, answers, parsed, mode)
    elif task is U2Task.CVE:
        parsed = [_parsed(item, answer, ()) for item, answer in zip(items, answers, strict=True)]
        figures = _value_figures(items, answers, parsed, mode, faults)
    else:
        parsed = [_MISSING if one is None or one.value is None else parse_report(one.text) for one in answers]
        figures, notes = _text_figures(items, answers, parsed, mode, tools)
    return Block(task.value, items[0].dataset, items, parsed, figures), notes


def _options(items: Sequence[Item]) -> tuple[str, ...]:
    """List the options of a dataset where its items name none: the labels that occur."""
    return tuple(sorted({str(item.gold) for item in items if item.gold is not None}))


def _parsed(item: Item, answer: AnswerRow | None, labels: tuple[str, ...]) -> Parsed:
    """Read an answer strictly, whatever the mode: this is what the statuses are counted from."""
    if answer is None or answer.value is None:
        return _MISSING
    task = task_of(item.task)
    if task in PLACES:
        return parse_location(answer.text)
    if task is U2Task.CVE:
        names = NAMES.get(item.dataset, ())
        return parse_number(answer.text, unit=UNITS.get(item.dataset), names=names, null_ok=item.dataset in NULL_OK)
    own, gold = item.options, gold_label(item)
    if gold is not None and own and not any(is_same(gold, option) for option in own):
        own = (*own, gold)
    return parse_choice(answer.text, own or labels)


def _label_figures(items: Sequence[Item], answers: Answers, parsed: Sequence[Parsed], mode: Mode) -> list[Figure]:
    """Accuracy and macro-F1.

    compat: the text of the answer, in lower case, is the label (for a gold that is an integer: the answer as an
    integer, else it leaves the denominator; for places an answer that is no text leaves it too). strict: the parsed
    answer is the label; what is refused, unparsable or missing is wrong.
    """
    named = [item.gold if mode is Mode.COMPAT else gold_label(item) for item in items]
    gold = ["" if label is None else str(label).lower() for label in named]
    if mode is Mode.COMPAT:
        guesses = [_published_label(item, answer) for item, answer in zip(items, answers, strict=True)]
    else:
        guesses = [str(one.value).lower() if one.status is Status.ANSWERED else NO_LABEL for one in parsed]
    guesses = [None if item.gold is None else guess for item, guess in zip(items, guesses, strict=True)]
    return [accuracy(gold, guesses), macro_f1(gold, guesses, only_gold=mode is Mode.STRICT)]


def _published_label(item: Item, answer: AnswerRow | None) -> str | None:
    value = None if answer is None else answer.value
    if task_of(item.task) in PLACES:
        return value.lower() if isinstance(value, str) else None
    if _is_integer(item.gold):
        try:
            return str(int(value)) if not isinstance(value, bool) and value is not None else None
        except (TypeError, ValueError, OverflowError):
            return None
    return NO_LABEL if value is None else str(value).lower()


def _is_integer(gold: object) -> bool:
    text = str(gold)
    return text.isascii() and text.removeprefix("-").isdigit() and str(int(text)) == text


def _value_figures(
    items: Sequence[Item], answers: Answers, parsed: Sequence[Parsed], mode: Mode, faults: Faults
) -> list[Figure]:
    """Errors on the scale of the range.

    compat: the answer as a number, else it is dropped; gold without a value is dropped. strict: the parsed answer; what
    is refused, unparsable or missing is wrong by the whole range, as is a value where there is none or null where there
    is one; null for null is right.
    """
    dataset = items[0].dataset
    for item in items:
        if item.gold is None and dataset not in NULL_OK:
            faults.note(Fault.NO_GOLD, item.item_id)
    gold = np.array([math.nan if item.gold is None else float(item.gold) for item in items])
    published = [_published_number(one, item, faults) for one, item in zip(answers, items, strict=True)]
    stated = np.array(published if mode is Mode.COMPAT else [_number(one) for one in parsed])
    if dataset not in RANGES:
        nothing = np.zeros_like(gold) if mode is Mode.STRICT else stated
        return absolute_figures(gold, np.where(np.isfinite(stated), stated, nothing), UNITS.get(dataset, "unit"))
    errors = scaled_errors(gold, stated, *RANGES[dataset])
    if mode is Mode.STRICT:
        null = np.array([one.status is Status.ANSWERED and one.value is None for one in parsed])
        errors = np.where(np.isfinite(errors), errors, 1.0)
        errors = np.where(~np.isfinite(gold), np.where(null, 0.0, 1.0), errors)
        errors = np.where(~np.isfinite(gold) & (dataset not in NULL_OK), np.nan, errors)
    return error_figures(errors)


def _number(parsed: Parsed) -> float:
    return float(parsed.value) if parsed.status is Status.ANSWERED and parsed.value is not None else math.nan


def _published_number(answer: AnswerRow | None, item: Item, faults: Faults) -> float:
    """Give the answer as a number; one that is not finite is named."""
    value = None if answer is None else answer.value
    if value is None or isinstance(value, bool):
        return math.nan
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    if not math.isfinite(number):
        faults.note(Fault.NAN_MEASUREMENT, item.item_id)
        return math.nan
    return number


def _text_figures(
    items: Sequence[Item], answers: Answers, parsed: Sequence[Parsed], mode: Mode, tools: TextTools
) -> tuple[list[Figure], list[str]]:
    """Figures of reports and captions. A missing answer is an empty text; strict: so is a refusal."""
    texts = ["" if one is None else one.text for one in answers]
    if mode is Mode.STRICT:
        texts = [text if one.status is Status.ANSWERED else "" for text, one in zip(texts, parsed, strict=True)]
    gold = ["" if item.gold is None else str(item.gold) for item in items]
    return text_figures(texts, gold, mode, tools)


def is_text(task: str) -> bool:
    """Say whether a task asks for free text."""
    return task_of(task) in TEXTS
