"""Labelled pairs: written by hand, clean or with one error, in two languages and many styles of report.

Flows in: JSONL rows {"id", "language", "report", "question", "answer", "error"}; ``error`` is null for a clean pair.
Flows out: ``LabelledPair`` rows. Clean pairs are what errors are planted in.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from curation.generate.prompts.few_shot import TemplateText
from curation.generate.template import library
from curation.quality.clean_pair import CleanPair
from schemas.case import Language


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A pair and what is wrong with it."""

    pair: CleanPair
    error: str | None


def labelled(path: Path) -> list[LabelledPair]:
    """Read a file of labelled pairs."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        LabelledPair(
            CleanPair(row["id"], Language(row["language"]), row["report"], row["question"], row["answer"]), row["error"]
        )
        for row in rows
    ]


def of_templates() -> list[CleanPair]:
    """Give the questions and answers of the few-shot templates: much advice, many numbers of guidelines."""
    out: list[CleanPair] = []
    for template in library().templates:
        for language in Language:
            text, other = (
                template.text(language),
                template.text(Language.EN if language is Language.ZH else Language.ZH),
            )
            report = f"{text.findings}\n{text.impression}"
            pairs, twins = ([*_pairs(one)] for one in (text, other))
            for number, ((question, answer), (_, twin)) in enumerate(zip(pairs, twins, strict=True)):
                name = f"{template.template_id}-{language.value}-{number}"
                out.append(CleanPair(name, language, report, question, answer, twin))
    return out


def _pairs(text: TemplateText) -> Iterator[tuple[str, str]]:
    yield from ((one.question, one.answer) for one in text.vqa)
    yield from ((one.question, one.answer) for one in text.closed)
