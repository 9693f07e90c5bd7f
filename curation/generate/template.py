"""Few-shot templates and prompt texts: the only module that reads ``prompts/``.

In: TOML files of the package ``prompts``. Out: a ``Library``, checked and hashed by content.
Source: EchoVLM Appendix A (templates of report, diagnosis and VQA pairs on five topics). The paper's prompts were never
published as text: all texts here are our own.
"""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.case import AnatomicalSystem, Language
from schemas.errors import ConfigError

Topic = Literal["interpretation", "risk stratification", "counselling", "surveillance", "treatment planning"]
TOPICS: tuple[Topic, ...] = (
    "interpretation",
    "risk stratification",
    "counselling",
    "surveillance",
    "treatment planning",
)
MIN_PHRASINGS = 6


class PromptModel(BaseModel):
    """Base of all prompt data: unknown keys fail, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shot(PromptModel):
    """One worked example of closed-ended question writing."""

    kind: str = Field(min_length=1)
    sentence: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    question: str = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "Shot":
        if self.answer not in self.sentence:
            raise ValueError("answer is not a span of sentence")
        if self.answer in self.question:
            raise ValueError("question contains the answer")
        return self


class Vqa(PromptModel):
    """One open-ended pair."""

    topic: Topic
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)


class TemplateText(PromptModel):
    """A template in one language."""

    findings: str = Field(min_length=1)
    impression: str = Field(min_length=1)
    diagnosis: str = Field(min_length=1)
    closed: tuple[Shot, ...] = Field(min_length=3)
    vqa: tuple[Vqa, ...]

    @model_validator(mode="after")
    def _consistent(self) -> "TemplateText":
        if Counter(pair.topic for pair in self.vqa) != Counter(TOPICS):
            raise ValueError(f"vqa must have each topic once: {', '.join(TOPICS)}")
        for shot in self.closed:
            if shot.sentence not in self.findings and shot.sentence not in self.impression:
                raise ValueError(f"sentence of a closed {shot.kind} shot is not in findings or impression")
        return self

    def about(self, topic: Topic) -> Vqa:
        """Return the pair of a topic."""
        return next(pair for pair in self.vqa if pair.topic == topic)


class Template(PromptModel):
    """One few-shot template. ``reviewed_by`` is empty until a clinician signs."""

    template_id: str = Field(pattern=r"^[a-z]+-\d{2}$")
    system: AnatomicalSystem
    reviewed_by: str = ""
    en: TemplateText
    zh: TemplateText

    def text(self, language: Language) -> TemplateText:
        """Return the template in a language."""
        return self.zh if language is Language.ZH else self.en


class ClosedPrompt(PromptModel):
    """Prompt of closed-ended question writing."""

    system: str = Field(min_length=1)
    user: str = Field(pattern=r"(?s)\{data\}.*\{answer\}")


class RoundTripPrompt(PromptModel):
    """Prompt of the round-trip check; ``none`` is the choice for a question the text does not answer."""

    system: str = Field(min_length=1)
    user: str = Field(pattern=r"(?s)\{choices\}.*\{data\}.*\{question\}")
    none: str = Field(min_length=1)


class ChoosePrompt(PromptModel):
    """Prompt of choosing a question; ``patterns`` are questions to be filled, by kind of answer or kind/word in it."""

    system: str = Field(min_length=1)
    user: str = Field(pattern=r"(?s)\{data\}.*\{answer\}.*\{choices\}")
    patterns: dict[str, tuple[str, ...]]

    def patterns_for(self, kind: str, answer: str) -> tuple[str, ...]:
        """Return the patterns of the most special key: one that names a word of the answer, else that of the kind."""
        special = [key for key in self.patterns if key.startswith(f"{kind}/") and key.split("/", 1)[1] in answer]
        return self.patterns.get(special[0] if special else kind, ())


class OpenPrompt(PromptModel):
    """Prompt of open-ended generation; ``topics`` names the topics in the language."""

    system: str = Field(min_length=1)
    user: str = Field(pattern=r"(?s)\{data\}.*\{topic\}")
    assistant: str = Field(pattern=r"(?s)\{question\}\n.*\{answer\}")
    topics: dict[Topic, str] = Field(min_length=len(TOPICS))


_Section = TypeVar("_Section", bound=PromptModel)


class ByLanguage(PromptModel, Generic[_Section]):
    """A file with one section per language."""

    en: _Section
    zh: _Section

    def text(self, language: Language) -> _Section:
        """Return the section of a language."""
        return self.zh if language is Language.ZH else self.en


class Phrasing(PromptModel):
    """Instructions of one task."""

    en: tuple[str, ...] = Field(min_length=MIN_PHRASINGS)
    zh: tuple[str, ...] = Field(min_length=MIN_PHRASINGS)

    def text(self, language: Language) -> tuple[str, ...]:
        """Return the instructions in a language."""
        return self.zh if language is Language.ZH else self.en


class Phrasings(PromptModel):
    """File phrasings.toml."""

    report: Phrasing
    diagnosis: Phrasing


class Library(PromptModel):
    """Everything under ``prompts/``; ``sha256`` is the content hash of each file by its path."""

    templates: tuple[Template, ...]
    closed: ByLanguage[ClosedPrompt]
    choose: ByLanguage[ChoosePrompt]
    round_trip: ByLanguage[RoundTripPrompt]
    open: ByLanguage[OpenPrompt]
    phrasings: Phrasings
    sha256: dict[str, str]

    def pick(self, systems: Sequence[str], number: int) -> Template:
        """Pick a template of the case's first system that has one, else of any, by a drawn number."""
        for system in systems:
            fitting = [template for template in self.templates if template.system == system]
            if fitting:
                return fitting[number % len(fitting)]
        return self.templates[number % len(self.templates)]

    def shots(self, kind: str, language: Language, template: Template, count: int) -> tuple[Shot, ...]:
        """Pick worked examples of a kind of answer: those of the template first, then of the others in order."""
        ordered = (template, *(other for other in self.templates if other is not template))
        shots = [shot for one in ordered for shot in one.text(language).closed]
        alike = [shot for shot in shots if shot.kind == kind]
        return tuple((alike or shots)[:count])


_Model = TypeVar("_Model", bound=BaseModel)


@cache
def library() -> Library:
    """Read the prompts of this installation, once."""
    return read_library(files("prompts"))


def read_library(root: Traversable) -> Library:
    """Read and check all prompt files under a folder.

    Raises: ConfigError naming the file and the key.
    """
    hashes: dict[str, str] = {}
    folder = root / "templates"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    templates = tuple(_read(folder / name, f"templates/{name}", Template, hashes) for name in names)
    _check_templates(templates, names)
    return Library(
        templates=templates,
        closed=_read(root / "closed.toml", "closed.toml", ByLanguage[ClosedPrompt], hashes),
        choose=_read(root / "choose.toml", "choose.toml", ByLanguage[ChoosePrompt], hashes),
        round_trip=_read(root / "round_trip.toml", "round_trip.toml", ByLanguage[RoundTripPrompt], hashes),
        open=_read(root / "open.toml", "open.toml", ByLanguage[OpenPrompt], hashes),
        phrasings=_read(root / "phrasings.toml", "phrasings.toml", Phrasings, hashes),
        sha256=hashes,
    )


def _read(source: Traversable, name: str, model: type[_Model], hashes: dict[str, str]) -> _Model:
    try:
        raw = source.read_bytes()
        content = tomllib.loads(raw.decode("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"prompts/{name}: not a readable UTF-8 file") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"prompts/{name}: not valid TOML: {error}") from None
    hashes[name] = hashlib.sha256(raw).hexdigest()
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigError(f"prompts/{name}: {key}: {first['msg']}") from None


def _check_templates(templates: tuple[Template, ...], names: list[str]) -> None:
    if not templates:
        raise ConfigError("prompts/templates: there is no template")
    for template, name in zip(templates, names, strict=True):
        if f"{template.template_id}.toml" != name:
            raise ConfigError(f"prompts/templates/{name}: template_id: must be the file's name")
