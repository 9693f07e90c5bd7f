"""EchoVLM's own evaluation: reports, diagnoses and questions, per anatomical system and on average.

In: items of one task with their answers. Out: a block. Items with options are scored by the chosen option, all others
by the figures of texts and of entities.
Source: EchoVLM: BLEU-1, ROUGE-1, ROUGE-L, METEOR, BERTScore; entity-level Hamming accuracy, macro P/R/F1.
"""

from collections.abc import Sequence

from benchmark.metrics.classify import NO_LABEL, accuracy, macro_f1
from benchmark.metrics.entities import entity_figures
from benchmark.metrics.text.texts import TextTools, text_figures
from benchmark.parse.choice import parse_choice
from benchmark.parse.report import parse_report
from benchmark.records import AnswerRow, Item, Mode, Parsed, Status
from benchmark.statistics.groups import Block
from benchmark.suites.labels import gold_label

_MISSING = Parsed(Status.MISSING)


def score_block(
    items: Sequence[Item], answers: Sequence[AnswerRow | None], mode: Mode, tools: TextTools
) -> tuple[Block, list[str]]:
    """Score the items of one task."""
    closed = bool(items[0].options)
    task, dataset = items[0].task, items[0].dataset
    if closed:
        parsed = [
            _MISSING if one is None or one.value is None else parse_choice(one.text, item.options)
            for item, one in zip(items, answers, strict=True)
        ]
        labels = [gold_label(item) for item in items]
        gold = ["" if label is None else label.casefold() for label in labels]
        guesses = [
            None if label is None else str(one.value).casefold() if one.status is Status.ANSWERED else NO_LABEL
            for one, label in zip(parsed, labels, strict=True)
        ]
        figures = [accuracy(gold, guesses), macro_f1(gold, guesses, only_gold=True)]
        return Block(task, dataset, items, parsed, figures), []
    parsed = [_MISSING if one is None or one.value is None else parse_report(one.text) for one in answers]
    texts = [one.value if one.status is Status.ANSWERED else "" for one in parsed]
    if mode is Mode.COMPAT:
        texts = ["" if one is None else one.text for one in answers]
    gold = ["" if item.gold is None else str(item.gold) for item in items]
    found, notes = text_figures(texts, gold, mode, tools)
    return Block(task, dataset, items, parsed, [*found, *entity_figures(texts, gold, tools.workers)]), notes
