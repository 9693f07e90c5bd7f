"""Pairs that code makes without a model: report, diagnosis, finding, impression, judge and single choice.

In: a ``Case``. Out: rows. Answers are sections of the report, True or False, or a letter; the instruction is drawn from
the question banks by a seeded hash of the case id, and worded for one or several images.
Source: EchoVLM Appendix A and its repository (tasks; zh sections 超声所见 and 超声提示; True/False; letter only or with
restatement).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from curation.generate.alter import alterations
from curation.generate.body import body
from curation.generate.case import Case, draw
from curation.generate.fence import parts, plain
from curation.generate.orders import speaks_to_model
from curation.generate.pairs import instance_id, pair_row
from curation.generate.prompts.phrasing import Phrasing
from curation.generate.prompts.vocabulary import TermKind, choice_from
from curation.generate.spans import REDACTED
from curation.generate.template import Library
from schemas.case import Language
from schemas.config import Generate
from schemas.instruction import Form, Task

_HEADINGS = {Language.EN: ("Findings: ", "Impression: "), Language.ZH: ("超声所见：", "超声提示：")}
_MIN_STATEMENT = {Language.EN: 12, Language.ZH: 5}
_MAX_STATEMENT = 300


class Statement(NamedTuple):
    """A statement to be judged, and the place of the true sentence it comes from."""

    text: str
    true: bool
    section: str
    start: int
    end: int


def code_pairs(case: Case, prompts: Library, config: Generate) -> list[dict[str, Any]]:
    """Make every pair of a case that needs no model."""
    return [*_sections(case, prompts, config), *_judged(case, prompts, config), *_chosen(case, prompts, config)]


def _sections(case: Case, prompts: Library, config: Generate) -> Iterator[dict[str, Any]]:
    """Give the sections of the report as answers."""
    findings, impression = (body(text, case.language) for text in (case.findings, case.impression))
    bank = prompts.phrasings
    if config.report_pairs and findings:
        yield _row(case, config, Task.REPORT, bank.report, _report(case.language, findings, impression))
    if config.diagnosis_pairs and impression:
        yield _row(case, config, Task.DIAGNOSIS, bank.diagnosis, impression)
    if config.finding_pairs and findings:
        yield _row(case, config, Task.FINDING, bank.finding, findings)
    if config.impression_pairs and findings and impression:
        yield _row(case, config, Task.IMPRESSION, bank.impression, impression)


def _judged(case: Case, prompts: Library, config: Generate) -> Iterator[dict[str, Any]]:
    """Ask whether a sentence of the report, or a changed one, fits; as many of the one as of the other."""
    first_true = draw(config.seed, case.case_id, "judge") % 2 == 0
    taken: set[tuple[str, int]] = set()
    for number in range(config.judge_per_case):
        true = first_true == (number % 2 == 0)
        found = [one for one in statements(case) if one.true is true and (one.section, one.start) not in taken]
        if not found:
            continue
        chosen = min(found, key=lambda one: draw(config.seed, case.case_id, one.section, one.text))
        taken.add((chosen.section, chosen.start))
        phrasing = prompts.phrasings.judge
        yield _row(case, config, Task.JUDGE, phrasing, str(true), number, statement=chosen.text) | {
            "source_section": chosen.section,
            "source_start": chosen.start,
            "source_end": chosen.end,
        }


def statements(case: Case) -> Iterator[Statement]:
    """Find the sentences of a report, and what they become with one fact changed, that can be judged."""
    places = [
        (section, start, end) for section, text in case.sections.items() for start, end in parts(text, case.language)
    ]
    said = {_squeezed(case.sections[section][start:end]) for section, start, end in places}
    for section, start, end in places:
        raw = case.sections[section][start:end]
        sentence = raw.strip()
        begin = start + len(raw) - len(raw.lstrip())
        changed = alterations(sentence, case.language) if _can_be_judged(sentence, case.language) else []
        if changed:  # a sentence without a fact that can be wrong asks for nothing
            yield Statement(sentence, True, section, begin, begin + len(sentence))
        for one in changed:
            if _squeezed(one.text) not in said:
                yield Statement(one.text, False, section, begin, begin + len(sentence))


def _squeezed(sentence: str) -> str:
    return "".join(sentence.split()).casefold().rstrip(".。;；")


def _can_be_judged(sentence: str, language: Language) -> bool:
    long_enough = _MIN_STATEMENT[language] <= len(sentence) <= _MAX_STATEMENT
    return (
        long_enough and plain(sentence) == sentence and not speaks_to_model(sentence) and not REDACTED.search(sentence)
    )


def _chosen(case: Case, prompts: Library, config: Generate) -> Iterator[dict[str, Any]]:
    """Ask for the diagnosis that the impression states, and for a finding, among what the report excludes."""
    vocabulary = prompts.vocabulary(case.systems)
    if vocabulary is None:
        return
    kinds: tuple[tuple[TermKind, Phrasing, str], ...] = (
        ("diagnoses", prompts.phrasings.choose_diagnosis, case.impression),
        ("findings", prompts.phrasings.choose_finding, case.findings),
    )
    for number, (kind, phrasing, stated) in enumerate(kinds[: config.choices_per_case]):
        drawn = draw(config.seed, case.case_id, "choice", kind)
        choice = choice_from(vocabulary, kind, stated, case.text, language=case.language, number=drawn)
        if choice is None:
            continue
        restated = drawn % 2 == 1
        form = prompts.phrasings.answer_restated if restated else prompts.phrasings.answer_letter
        images = _images(case, config)
        last = form.pick(case.language, draw(config.seed, case.case_id, "answer", kind), images=images)
        answer = choice.restated if restated else choice.letter
        row = _row(case, config, Task.SINGLE_CHOICE, phrasing, answer, number)
        yield row | {"question": f"{row['question']}\n{choice.listed}\n{last}"}


def _row(
    case: Case, config: Generate, task: Task, phrasing: Phrasing, answer: str, number: int = 0, **slots: str
) -> dict[str, Any]:
    drawn = draw(config.seed, case.case_id, task.value, *([number] if number else []))
    return pair_row(
        case,
        config,
        instance_id=instance_id(case, task, Form.CLOSED, number),
        task=task.value,
        form=Form.CLOSED.value,
        question=phrasing.pick(case.language, drawn, images=_images(case, config), **slots),
        answer=answer,
    )


def _images(case: Case, config: Generate) -> int:
    return len(case.frame_ids[: config.max_images_per_pair])


def _report(language: Language, findings: str, impression: str) -> str:
    first, second = _HEADINGS[language]
    return f"{first}{findings}\n{second}{impression}" if impression else f"{first}{findings}"
