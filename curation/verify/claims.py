"""What a rule sees and what it answers: a pair that is read, and the places where it goes wrong.

In: the texts of a pair. Out: ``Case`` with readings, ``Broken`` rows with half-open code-point offsets.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from curation.facts.reading import Context, Reading, Segment, read
from schemas.case import Language

Span = tuple[int, int]


class Broken(NamedTuple):
    """A rule that a pair breaks, and where: offsets in the report and in the answer, None where there is no place."""

    rule: str
    report_span: Span | None
    answer_span: Span | None


@dataclass(frozen=True)
class Case:
    """The texts of a pair, read. The answer inherits the organ and side that the question speaks of."""

    language: Language
    report_text: str = field(repr=False)
    question_text: str = field(repr=False)
    answer_text: str = field(repr=False)

    @cached_property
    def report(self) -> Reading:
        """The report."""
        return read(self.report_text)

    @cached_property
    def question(self) -> Reading:
        """The question."""
        return read(self.question_text)

    @cached_property
    def is_supposed(self) -> bool:
        """Tell whether the question is about another case than this one."""
        return _SUPPOSED.search(self.question.text) is not None

    @cached_property
    def answer(self) -> Reading:
        """The answer, in the context of its question."""
        return read(self.answer_text, _only(self.question.contexts))


def _only(context: Context) -> Context:
    """Keep what a question is surely about: one organ, one side."""
    return Context(
        context.organs if len(context.organs) == 1 else frozenset(),
        context.sides if len(context.sides) == 1 else frozenset(),
    )


#: Sentences that speak of what is done, of what may come or of rules, not of what is seen.
_MANAGEMENT = re.compile(
    r"\b(?:recommend\w*|advis\w+|suggest(?:ed)? that you|should|need(?:s|ed)?|must|follow(?:ed)?[ -]?up"
    r"|surveillance|repeat(?:ed)?|biops\w+|aspirat\w+"
    r"|fine-needle|core needle|treat\w*|therap\w+|surg\w+|resect\w+|excis\w+|remov\w+|refer(?:ral|red)?"
    r"|consult\w*|clinic|clinician|doctor|physician|specialist"
    r"|manage\w*|monitor\w*|re-?scan|re-?examin\w+|re-?assess\w*|re-?check\w*|mammogra\w+|screening|indicated"
    r"|reserved for|options?|medic(?:ine|ation)s?|drugs?"
    r"|guideline|threshold|cut-?off|reference|normal (?:range|limit|value)s?|upper limit|defined as"
    r"|according to|by definition|consider(?:ed)? (?:for|when|if)"
    r"|blood tests?|laborator\w+|hormon\w+|correlat\w+|plan|intervention|required?|necessary|warrant\w*"
    r"|appropriate|best done|endarterectomy|stent\w*|ablation|replacement|lifestyle|exercise|diet|explain"
    r"|reassur\w*|tell|told|patients? (?:can|should|may))\b"
    r"|建议|应(?=[^声])|需(?!氧)|须|随访|复查|复诊|定期|观察|活检|穿刺|治疗|手术|切除|就诊|就医|转诊|会诊|门诊"
    r"|专科|医生|医师|结合临床|结合.{0,6}(?:检查|史)|进一步|检查(?=以|明确|血)"
    r"|指南|标准|界值|阈值|正常值|参考|上限|下限|范围|定义|药物|服用|口服|用药|控制|排查|告知|解释|不必担心"
    r"|不用担心|避免|保持|饮食|运动|化验|抽血|监测|处理|介入|方案|首选|剥脱|支架|置换|消融",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(
    r"\b(?:if|unless|when(?! (?:strain|stand|supine|lying|measur|compress|press|viewed|scann|seen|the probe))"
    r"|in case|once|would|upgrad\w*|downgrad\w*|unlike|compared (?:with|to)|whereas"
    r"|in contrast|instead of|rather than|not meet|higher than|lower than|lesions? (?:of|in) category|(?:means?"
    r"|denotes?|corresponds? to|indicates?|implies) (?:a|an|that))\b"
    r"|如果|假如|若|一旦|升级|降级|区别于|不同于|而非|而不是|是指|意味着|代表|表示|如(?=[^上下前此何图])"
    r"|(?:出现|增大|变化|加重|发作|突发|下降|不适|症状)[^。;,]{0,6}时",
    re.IGNORECASE,
)


def is_management(reading: Reading, segment: Segment) -> bool:
    """Tell whether a clause is part of advice or of a rule of guidelines."""
    return _MANAGEMENT.search(reading.sentence(segment)) is not None


def is_advice(reading: Reading, segment: Segment) -> bool:
    """Tell whether a clause itself is advice or a rule of guidelines."""
    return _MANAGEMENT.search(reading.text[segment.start : segment.end]) is not None


def is_conditional(reading: Reading, segment: Segment) -> bool:
    """Tell whether a clause speaks of another case than this one."""
    return _CONDITIONAL.search(reading.sentence(segment)) is not None


_SUPPOSED = re.compile(r"\b(?:if|suppose|hypothetical\w*|in general|would an?)\b|如果|假如|若", re.IGNORECASE)
