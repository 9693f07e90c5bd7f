"""The labelling interface of Label Studio: what an expert sees of a pair and may answer, and reading the answer back.

Flows in: an annotation as Label Studio gives it. Flows out: ``Answer``, or None where it is half filled in.
Source: Label Studio tags (Image, Text, Choices, TextArea) and its annotation JSON.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.expert import ExpertError, ExpertVerdict

#: Names of the fields of a task, which the interface shows.
FIELDS = ("task", "system", "kind", "report", "question", "answer", "images")
_WORDS = {
    ExpertVerdict.ACCEPT: "Accept: right as it stands",
    ExpertVerdict.FIX: "Fix: right in substance, to be put right",
    ExpertVerdict.REJECT: "Reject: wrong, or not fit for teaching",
}
_ERRORS = {
    ExpertError.NUMBER: "number: a value that the report does not hold",
    ExpertError.UNIT: "unit: right number, wrong unit",
    ExpertError.SIDE: "side: left for right",
    ExpertError.ORGAN: "organ: another organ or part",
    ExpertError.GRADE: "grade: another category or degree",
    ExpertError.NEGATION: "negation: present for absent",
    ExpertError.NATURE: "nature: benign for malignant",
    ExpertError.FINDING: "finding: invented",
    ExpertError.LANGUAGE: "language: not that of the question",
    ExpertError.SOURCE: "source: speaks of the report",
    ExpertError.PHI: "phi: names a person or place",
    ExpertError.REFUSAL: "refusal: does not answer",
    ExpertError.UNSAFE: "unsafe: advice that may harm",
    ExpertError.UNANSWERABLE: "unanswerable: the images and report do not tell",
    ExpertError.OMISSION: "omission: what matters is missing",
    ExpertError.WORDING: "wording: hard to understand",
    ExpertError.OTHER: "other: say what in the remark",
}
_STYLE = (
    ".sc-row{display:flex;gap:16px;align-items:flex-start}.sc-left{flex:1 1 45%;min-width:0}"
    ".sc-right{flex:1 1 55%;min-width:0}.sc-answer{background:#fff8e1;padding:4px 8px;border-left:4px solid #f9a825}"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expert said of a pair."""

    verdict: ExpertVerdict
    errors: tuple[ExpertError, ...]
    comment: str = field(repr=False)


def interface() -> str:
    """Write the labelling configuration."""
    verdicts = "".join(f'<Choice value="{one.value}" html="{text}"/>' for one, text in _WORDS.items())
    errors = "".join(f'<Choice value="{one.value}" html="{text}"/>' for one, text in _ERRORS.items())
    wrong = ",".join((ExpertVerdict.FIX.value, ExpertVerdict.REJECT.value))
    return (
        f"<View><Style>{_STYLE}</Style>"
        '<View className="sc-row"><View className="sc-left">'
        '<Image name="frames" valueList="$images" zoom="true" zoomControl="true"/>'
        '<Header value="Report" size="5"/><Text name="report" value="$report"/></View>'
        '<View className="sc-right"><Header value="$system · $kind" size="5"/>'
        '<Header value="Question" size="5"/><Text name="question" value="$question"/>'
        '<Header value="Answer" size="5"/>'
        '<View className="sc-answer"><Text name="answer" value="$answer"/></View>'
        f'<Choices name="verdict" toName="answer" choice="single" required="true">{verdicts}</Choices>'
        f'<Choices name="errors" toName="answer" choice="multiple" required="true" visibleWhen="choice-selected" '
        f'whenTagName="verdict" whenChoiceValue="{wrong}">{errors}</Choices>'
        '<TextArea name="comment" toName="answer" rows="2" maxSubmissions="1" '
        'placeholder="Remark. No names, dates or numbers of patients."/>'
        "</View></View></View>"
    )


def is_same(config: str) -> bool:
    """Tell whether a project has this interface; white space and order of attributes do not count."""
    try:
        return ET.canonicalize(config, strip_text=True) == ET.canonicalize(interface(), strip_text=True)
    except ET.ParseError:
        return False


def answer_of(result: Sequence[Mapping[str, Any]]) -> Answer | None:
    """Read an annotation; None where a verdict is missing, or what is wrong with a pair that is not right."""
    found = {str(part.get("from_name")): part.get("value", {}) for part in result}
    words = found.get("verdict", {}).get("choices", [])
    text = " ".join(map(str, found.get("comment", {}).get("text", [])))
    return made_of(words[0] if len(words) == 1 else "", found.get("errors", {}).get("choices", []), text)


def made_of(verdict: str, errors: Sequence[str], comment: str) -> Answer | None:
    """Check an answer: a verdict is there, a pair that is not right has errors, and one that is right has none."""
    if verdict not in set(ExpertVerdict) or not set(errors) <= set(ExpertError):
        return None
    words = tuple(one for one in ExpertError if one in errors)
    if (verdict == ExpertVerdict.ACCEPT) == bool(words):
        return None
    return Answer(ExpertVerdict(verdict), words, comment.strip())
