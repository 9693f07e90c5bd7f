"""Rule ``grade``: categories and degrees of the answer are those of the report.

In: a ``Case``. Out: ``Broken`` rows. A category of a condition ("would be BI-RADS 4 if it grew") is not compared.
"""

import re
from collections.abc import Iterator

from curation.facts.categories import Category, Degree
from curation.facts.reading import Segment
from curation.verify.claims import Broken, Case, is_conditional, is_management

_ALIKE = {"trivial": {"trivial", "mild"}, "mild": {"trivial", "mild"}}


def grades(case: Case) -> Iterator[Broken]:
    """Find categories and degrees that the report does not give."""
    known = [one for segment in case.report.segments for one in segment.categories]
    for segment in case.answer.segments:
        for one in segment.categories:
            if not any(agrees(one, other) for other in known) and not is_conditional(case.answer, segment):
                near = next((other for other in known if other.system == one.system), known[0] if known else None)
                yield Broken("grade", (near.start, near.end) if near else None, (one.start, one.end))
        for degree in segment.degrees:
            other = _contradicted(degree, segment, case)
            if other is not None:
                yield Broken("grade", (other.start, other.end), (degree.start, degree.end))


def agrees(one: Category, other: Category) -> bool:
    """Tell whether a category of an answer is one of the report; 4 may stand for 4a."""
    same = not one.system or not other.system or one.system == other.system
    return same and (one.grade == other.grade or (other.grade.startswith(one.grade) and one.grade.isdigit()))


def _contradicted(degree: Degree, segment: Segment, case: Case) -> Degree | None:
    """Find another degree that the report gives to what the clause is about, where it nowhere gives this one."""
    if is_conditional(case.answer, segment) or (is_management(case.answer, segment) and not segment.findings):
        return None
    topic = {one.name for one in segment.findings}
    if not topic:
        topic = {one.name for part in case.question.segments for one in part.findings}
    word = _word_behind(case.answer.text, degree)
    near = [
        part
        for part in case.report.segments
        if segment.context.organ_agrees(part.context) is not False
        and segment.context.side_agrees(part.context) is not False
    ]
    about = [one for part in near for one in part.degrees if word and _word_behind(case.report.text, one) == word]
    if not about:
        about = [one for part in near if not topic or topic & {f.name for f in part.findings} for one in part.degrees]
    if any(_same(degree, one) for one in about):
        return None
    rivals = [one for one in about if _kind(one) == _kind(degree)]
    return rivals[0] if rivals else None


def _word_behind(text: str, degree: Degree) -> str:
    """Give what a word of degree stands before: the next word, or two characters of Chinese."""
    match = _WORD.match(text, degree.end)
    return match.group(1).lower() if match else ""


_WORD = re.compile(r"\s*([a-z]{4,}|[\u3400-\u9fff]{2})", re.IGNORECASE)


def _same(one: Degree, other: Degree) -> bool:
    return one.name == other.name or other.name in _ALIKE.get(one.name, set())


def _kind(one: Degree) -> bool:
    return one.name.startswith("stage")
