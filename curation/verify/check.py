"""Check one pair against its report: every rule, in the sense of its task.

In: language, report, question, answer. Out: ``Broken`` rows, none for a pair that passes.
Source: EchoVLM section 3.1 (validation of generated pairs); the rules say what each of them knows.
"""

from collections.abc import Callable, Iterator

from curation.verify.advice import advice
from curation.verify.claims import Broken, Case
from curation.verify.findings import findings
from curation.verify.grades import grades
from curation.verify.meaning import Choice, choice_of, is_named, is_verbatim, statement_of, verdict_of
from curation.verify.nature import nature
from curation.verify.numbers import numbers
from curation.verify.places import places
from curation.verify.polar import polar
from curation.verify.wording import wording

#: Rules by the name of their switch in the config.
FACTS: dict[str, Callable[[Case], Iterator[Broken]]] = {
    "numbers": numbers,
    "grades": grades,
    "places": places,
    "findings": findings,
    "polar": polar,
    "nature": nature,
}
MANNERS: dict[str, Callable[[Case], Iterator[Broken]]] = {"wording": wording, "advice": advice}


def check(case: Case, active: frozenset[str] = frozenset({*FACTS, *MANNERS})) -> list[Broken]:
    """Find the rules that a pair breaks, in the order of the answer."""
    verdict, choice = verdict_of(case.answer_text, case.question_text), choice_of(case)
    if verdict is not None:
        return list(_judged(case, verdict, active))
    if choice is not None:
        return list(_chosen(case, choice, active))
    return _broken(case, active, FACTS | MANNERS)


def _broken(case: Case, active: frozenset[str], rules: dict[str, Callable[[Case], Iterator[Broken]]]) -> list[Broken]:
    found = {one for name, rule in rules.items() if name in active for one in rule(case)}
    return sorted(found, key=lambda one: (one.answer_span or (-1, -1), one.rule, one.report_span or (-1, -1)))


def _judged(case: Case, verdict: bool, active: frozenset[str]) -> Iterator[Broken]:
    """A statement called true must be supported; one called false must not be a sentence of the report."""
    statement = statement_of(case.question_text)
    whole = (0, len(case.answer_text))
    wrong = _broken(Case(case.language, case.report_text, "", statement), active, FACTS)
    if verdict:
        if not is_verbatim(case.question_text, case.report):
            yield from (one._replace(rule="judge", answer_span=whole) for one in wrong[:1])
    elif not wrong and is_verbatim(statement, case.report):
        yield Broken("judge", None, whole)


def _chosen(case: Case, choice: Choice, active: frozenset[str]) -> Iterator[Broken]:
    """The option of the letter must be what the report affirms, and be restated as it stands."""
    option = choice.options[choice.letter]
    whole = (0, len(case.answer_text))
    if choice.said and choice.said.rstrip(".。 ").casefold() != option.rstrip(".。 ").casefold():
        yield Broken("choice", None, choice.said_at)
    wrong = {
        letter: _broken(Case(case.language, case.report_text, "", text), active, FACTS)
        for letter, text in choice.options.items()
    }
    if wrong[choice.letter]:
        yield Broken("choice", wrong[choice.letter][0].report_span, whole)
    elif not is_named(option, case.report) and any(
        is_named(text, case.report) and not wrong[letter] for letter, text in choice.options.items()
    ):
        yield Broken("choice", None, whole)
