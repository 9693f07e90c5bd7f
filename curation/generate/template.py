"""The library of prompts: the only module that reads the package ``prompts``.

In: TOML files below a folder. Out: a ``Library``, checked and hashed by content; or problems, each with file and line.
"""

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from curation.generate.prompts.base import ByLanguage, PromptModel
from curation.generate.prompts.few_shot import CASE_TYPES, Shot, Template
from curation.generate.prompts.grounded import Grounded
from curation.generate.prompts.lines import line_of
from curation.generate.prompts.lint import lint
from curation.generate.prompts.phrasing import Phrasing, Phrasings
from curation.generate.prompts.texts import (
    TASK_NAMES,
    ChoosePrompt,
    ClosedPrompt,
    OpenPrompt,
    RoundTripPrompt,
    TaskPrompt,
    TaskPrompts,
)
from curation.generate.prompts.vocabulary import Vocabulary
from schemas.case import AnatomicalSystem, Language
from schemas.errors import ConfigError

#: Systems that must have a template of each case type (EchoVLM, section 3.1).
SYSTEMS = tuple(
    AnatomicalSystem(name) for name in ("liver", "kidney", "thyroid", "vessel", "gynaecology", "heart", "breast")
)
#: Wordings of grounded pairs, which no other stage reads.
GROUNDED = "grounded.toml"
_Model = TypeVar("_Model", bound=BaseModel)


class Library(PromptModel):
    """Everything under ``prompts/``; ``sha256`` is the content hash of each file by its path."""

    templates: tuple[Template, ...]
    closed: ByLanguage[ClosedPrompt]
    choose: ByLanguage[ChoosePrompt]
    round_trip: ByLanguage[RoundTripPrompt]
    open: ByLanguage[OpenPrompt]
    tasks: TaskPrompts
    phrasings: Phrasings
    grounded: Grounded
    vocabularies: tuple[Vocabulary, ...]
    sha256: dict[str, str]

    def pick(self, systems: Sequence[str], number: int) -> Template:
        """Pick a template of the case's first system that has one, else of any, by a drawn number."""
        for system in systems:
            fitting = [template for template in self.templates if template.system == system]
            if fitting:
                return fitting[number % len(fitting)]
        return self.templates[number % len(self.templates)]

    def shots(self, kind: str, language: Language, template: Template, count: int) -> tuple[Shot, ...]:
        """Pick worked examples of a kind of answer: those of the template first, then of its system, then any.

        A small model asks about the organ of the examples: those of another organ come last.
        """
        ordered = sorted(self.templates, key=lambda one: (one is not template, one.system is not template.system))
        shots = [shot for one in ordered for shot in one.text(language).closed]
        alike = [shot for shot in shots if shot.kind == kind]
        return tuple((alike or shots)[:count])

    def vocabulary(self, systems: Sequence[str]) -> Vocabulary | None:
        """Return the words of the case's first system that has any."""
        by_system = {one.system.value: one for one in self.vocabularies}
        return next((by_system[system] for system in systems if system in by_system), None)


def installed() -> Traversable:
    """The folder of the prompts of this installation."""
    return files("prompts")


@cache
def library() -> Library:
    """Read the prompts of this installation, once."""
    return read_library(installed())


def read_library(root: Traversable) -> Library:
    """Read and check all prompt files under a folder.

    Raises: ConfigError naming the file, the line and the key of the first problem.
    """
    reader = _Reader(root)
    read = reader.library()
    if read is None:
        raise ConfigError(reader.problems[0])
    return read


def problems_of(root: Traversable) -> list[str]:
    """Read all prompt files and lint the templates; each problem says file, line, key and what is wrong."""
    reader = _Reader(root)
    reader.library()
    return [*reader.problems, *reader.flaws()]


class _Reader:
    """Reads the files of one folder and collects what is wrong with them."""

    def __init__(self, root: Traversable) -> None:
        self.root = root
        self.problems: list[str] = []
        self.sha256: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.templates: dict[str, Template] = {}

    def library(self) -> Library | None:
        """Read everything; None if there is a problem."""
        for name in self.names("templates"):
            template = self.read(name, Template)
            if template is not None:
                self.templates[name] = template
        parts: dict[str, object] = {
            "templates": tuple(self.templates.values()),
            "closed": self.read("closed.toml", ByLanguage[ClosedPrompt]),
            "choose": self.read("choose.toml", ByLanguage[ChoosePrompt]),
            "round_trip": self.read("round_trip.toml", ByLanguage[RoundTripPrompt]),
            "open": self.read("open.toml", ByLanguage[OpenPrompt]),
            "tasks": {name: self.read(f"tasks/{name}.toml", ByLanguage[TaskPrompt]) for name in TASK_NAMES},
            "phrasings": {name: self.read(f"phrasings/{name}.toml", Phrasing) for name in Phrasings.model_fields},
            "grounded": self.read(GROUNDED, Grounded),
            "vocabularies": tuple(self.read(name, Vocabulary) for name in self.names("vocabulary")),
            "sha256": self.sha256,
        }
        self.problems += self.whole()
        return None if self.problems else Library.model_validate(parts)

    def names(self, folder: str) -> list[str]:
        """List the TOML files of a folder, in order."""
        place = self.root / folder
        if not place.is_dir():
            return []
        return sorted(f"{folder}/{entry.name}" for entry in place.iterdir() if entry.name.endswith(".toml"))

    def read(self, name: str, model: type[_Model]) -> _Model | None:
        """Read one file; what is wrong with it becomes problems."""
        try:
            raw = (self.root / name).read_bytes()
            text = raw.decode("utf-8")
            content = tomllib.loads(text)
        except (OSError, UnicodeDecodeError):
            self.problem(name, (), "not a readable UTF-8 file")
            return None
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            self.problem(name, (), f"not valid TOML: {error}", int(line.group(1)) if line else len(text.splitlines()))
            return None
        self.sha256[name], self.texts[name] = hashlib.sha256(raw).hexdigest(), text
        try:
            return model.model_validate(content)
        except ValidationError as error:
            for one in error.errors(include_input=False, include_url=False):
                self.problem(name, one["loc"], one["msg"])
        return None

    def problem(self, name: str, path: Sequence[str | int], message: str, line: int | None = None) -> None:
        """Write down a problem."""
        self.problems.append(self.line(name, path, message, line))

    def line(self, name: str, path: Sequence[str | int], message: str, line: int | None = None) -> str:
        """Say where and what: file, line, key, message."""
        at = line if line is not None else line_of(self.texts.get(name, ""), path)
        key = ".".join(str(part) for part in path) or "file"
        return f"{self.root.name}/{name}:{at}: {key}: {message}"

    def whole(self) -> Iterator[str]:
        """Check what no file shows alone: names, a template of each case type and a vocabulary for every system."""
        for name, template in self.templates.items():
            if f"templates/{template.template_id}.toml" != name:
                yield self.line(name, ("template_id",), "must be the file's name")
        if self.problems:
            return
        if self.names("vocabulary") != sorted(f"vocabulary/{system}.toml" for system in SYSTEMS):
            yield self.line("vocabulary", (), f"needs one file for each of {', '.join(SYSTEMS)}", 1)
        seen = Counter((template.system, template.case_type) for template in self.templates.values())
        for system in SYSTEMS:
            for case_type in CASE_TYPES:
                count = seen[system, case_type]
                if count != 1:
                    yield self.line(
                        "templates", (), f"{system} needs one template of case_type {case_type}, has {count}", 1
                    )

    def flaws(self) -> Iterator[str]:
        """Lint every template that could be read."""
        for name, template in self.templates.items():
            for flaw in lint(template):
                yield self.line(name, flaw.path, flaw.message)
