"""One few-shot template: report, diagnosis, worked closed-ended questions and open-ended pairs, in two languages.

Source: EchoVLM Appendix A (templates of report, diagnosis and VQA pairs on five topics). All texts are our own.
"""

from collections import Counter
from typing import Literal

from pydantic import Field, model_validator

from curation.generate.prompts.base import PromptModel
from schemas.case import AnatomicalSystem, Language

Topic = Literal["interpretation", "risk stratification", "counselling", "surveillance", "treatment planning"]
TOPICS: tuple[Topic, ...] = (
    "interpretation",
    "risk stratification",
    "counselling",
    "surveillance",
    "treatment planning",
)
CaseType = Literal["benign", "high_risk", "normal_or_functional"]
CASE_TYPES: tuple[CaseType, ...] = ("benign", "high_risk", "normal_or_functional")
ShotKind = Literal[
    "measurement", "grade", "side", "echogenicity", "border", "presence", "shape", "location", "flow", "motion"
]
MIN_KINDS = 5


class Shot(PromptModel):
    """One worked example of closed-ended question writing."""

    kind: ShotKind
    sentence: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    question: str = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "Shot":
        if self.answer not in self.sentence:
            raise ValueError("answer is not a span of sentence")
        if self.sentence.count(self.answer) > 1:
            raise ValueError("answer stands more than once in sentence")
        if self.answer in self.question:
            raise ValueError("question contains the answer")
        return self


class Vqa(PromptModel):
    """One open-ended pair."""

    topic: Topic
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)


class Guideline(PromptModel):
    """A value that answers may name although the examination did not measure it, and where it comes from."""

    value: str = Field(min_length=1)
    source: str = Field(min_length=10)


class TemplateText(PromptModel):
    """A template in one language."""

    findings: str = Field(min_length=1)
    impression: str = Field(min_length=1)
    diagnosis: str = Field(min_length=1)
    closed: tuple[Shot, ...] = Field(min_length=MIN_KINDS)
    vqa: tuple[Vqa, ...]

    @model_validator(mode="after")
    def _consistent(self) -> "TemplateText":
        if Counter(pair.topic for pair in self.vqa) != Counter(TOPICS):
            raise ValueError(f"vqa must have each topic once: {', '.join(TOPICS)}")
        if len({shot.kind for shot in self.closed}) < MIN_KINDS:
            raise ValueError(f"closed must have shots of at least {MIN_KINDS} kinds")
        for shot in self.closed:
            if shot.sentence not in self.findings and shot.sentence not in self.impression:
                raise ValueError(f"sentence of a closed {shot.kind} shot is not in findings or impression")
        return self

    def about(self, topic: Topic) -> Vqa:
        """Return the pair of a topic."""
        return next(pair for pair in self.vqa if pair.topic == topic)

    @property
    def report(self) -> str:
        """Findings and impression, as a prompt shows them."""
        return f"{self.findings}\n{self.impression}"


class Template(PromptModel):
    """One few-shot template. ``reviewed_by`` is empty until a clinician signs."""

    template_id: str = Field(pattern=r"^[a-z]+-\d{2}$")
    system: AnatomicalSystem
    case_type: CaseType
    reviewed_by: str = ""
    guideline: tuple[Guideline, ...] = ()
    en: TemplateText
    zh: TemplateText

    @model_validator(mode="after")
    def _same_kinds(self) -> "Template":
        if Counter(shot.kind for shot in self.en.closed) != Counter(shot.kind for shot in self.zh.closed):
            raise ValueError("zh and en must have closed shots of the same kinds")
        return self

    def text(self, language: Language) -> TemplateText:
        """Return the template in a language."""
        return self.zh if language is Language.ZH else self.en
