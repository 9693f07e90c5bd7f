"""The messages of a task: one builder for every prompt under ``prompts/tasks``.

In: a prompt, worked examples, the slots of a case. Out: chat turns, constant text first, the case last (prefix caching).
Report text goes into ``{data}`` behind a fence; every other slot loses its marks of structure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from curation.generate.fence import fenced, plain
from curation.generate.prompts.few_shot import Template
from curation.generate.prompts.texts import TaskName, TaskPrompt
from curation.generate.request import Message
from schemas.case import Language

DATA = "data"
LETTERS = "ABCDEF"


@dataclass(frozen=True, slots=True)
class Turn:
    """One filled request: ``slots`` by name (``data`` is report text), and the answer where it is an example."""

    slots: Mapping[str, str] = field(repr=False)
    answer: str = field(default="", repr=False)


def compose(prompt: TaskPrompt, examples: Sequence[Turn], case: Turn) -> tuple[Message, ...]:
    """Build the messages of a task.

    Raises: KeyError for a slot that the prompt has and the turn does not.
    """
    messages = [Message("system", prompt.system)]
    for example in examples:
        messages += [Message("user", _filled(prompt, example)), Message("assistant", example.answer)]
    return (*messages, Message("user", _filled(prompt, case)))


def _filled(prompt: TaskPrompt, turn: Turn) -> str:
    safe = {name: fenced(text) if name == DATA else plain(text) for name, text in turn.slots.items()}
    return prompt.user.format(**safe)


def options(choices: Sequence[str]) -> str:
    """List the options of a single-choice question, one lettered option per line."""
    return "\n".join(f"{letter}. {choice}" for letter, choice in zip(LETTERS, choices, strict=False))


def examples_of(task: TaskName, prompt: TaskPrompt, template: Template, other: Template, language: Language) -> list[Turn]:
    """Make the worked examples of a task from a template; ``other`` gives what is false of it.

    A caption has none: the templates hold no caption.
    """
    text = template.text(language)
    report, findings = {DATA: text.report}, {DATA: text.findings}
    match task:
        case "report":
            answer = prompt.labels["form"].format(findings=text.findings, impression=text.impression)
            return [Turn(report, answer)]
        case "finding":
            return [Turn(report, text.findings)]
        case "impression":
            return [Turn(findings, text.impression)]
        case "diagnosis":
            return [Turn(report, text.diagnosis)]
        case "judge":
            return _judged(prompt, template, other, language)
        case "verification":
            return _verified(prompt, template, other, language)
        case _:
            return []


def _judged(prompt: TaskPrompt, template: Template, other: Template, language: Language) -> list[Turn]:
    text = template.text(language)
    return [
        Turn({DATA: text.findings, "statement": text.diagnosis}, prompt.labels["true"]),
        Turn({DATA: text.findings, "statement": other.text(language).diagnosis}, prompt.labels["false"]),
    ]


def _verified(prompt: TaskPrompt, template: Template, other: Template, language: Language) -> list[Turn]:
    text = template.text(language)
    pair = text.about("interpretation")
    wrong = other.text(language).about("interpretation").answer
    return [
        Turn({DATA: text.report, "question": pair.question, "answer": pair.answer}, prompt.labels["pass"]),
        Turn({DATA: text.report, "question": pair.question, "answer": wrong}, prompt.labels["fail"]),
    ]
