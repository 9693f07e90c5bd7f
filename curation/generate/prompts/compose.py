"""The messages of a task: one builder for every prompt under ``prompts/tasks``.

In: a prompt, examples, the slots of a case. Out: chat turns, constant text first, the case last (prefix caching).
Report text goes into ``{data}`` without what addresses a model, behind a fence; other slots lose marks of structure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from curation.generate.fence import clinical, fenced, plain
from curation.generate.prompts.few_shot import Template, TemplateText
from curation.generate.prompts.texts import TaskName, TaskPrompt
from curation.generate.prompts.vocabulary import Choice
from curation.generate.request import Message
from schemas.case import Language

DATA = "data"


@dataclass(frozen=True, slots=True)
class Turn:
    """One filled request: ``slots`` by name (``data`` is report text), and the answer where it is an example."""

    slots: Mapping[str, str] = field(repr=False)
    answer: str = field(default="", repr=False)


def compose(prompt: TaskPrompt, examples: Sequence[Turn], case: Turn, language: Language) -> tuple[Message, ...]:
    """Build the messages of a task.

    Raises: KeyError for a slot that the prompt has and the turn does not.
    """
    messages = [Message("system", prompt.system)]
    for example in examples:
        messages += [Message("user", _filled(prompt, example, language)), Message("assistant", example.answer)]
    return (*messages, Message("user", _filled(prompt, case, language)))


def _filled(prompt: TaskPrompt, turn: Turn, language: Language) -> str:
    safe = {name: plain(text) for name, text in turn.slots.items()}
    safe[DATA] = fenced(clinical(turn.slots[DATA], language))
    return prompt.user.format(**safe)


def examples_of(
    task: TaskName, prompt: TaskPrompt, templates: tuple[Template, Template], language: Language, choice: Choice | None
) -> list[Turn]:
    """Make the worked examples of a task from a template; the second one gives what is false of it.

    A caption has none: the templates hold no caption. A single-choice example needs a ``choice`` about the template.
    """
    template, other = templates
    text = template.text(language)
    report = {DATA: text.report}
    if task == "judge":
        return _judged(prompt, text, other.text(language))
    if task == "verification":
        return _verified(prompt, text, other.text(language))
    if task == "single_choice":
        question = prompt.labels["question"]
        return [Turn({**report, "question": question, "choices": choice.listed}, choice.letter)] if choice else []
    written = {
        "report": lambda: Turn(
            report, prompt.labels["form"].format(findings=text.findings, impression=text.impression)
        ),
        "finding": lambda: Turn(report, text.findings),
        "impression": lambda: Turn({DATA: text.findings}, text.impression),
        "diagnosis": lambda: Turn(report, text.diagnosis),
    }
    return [written[task]()] if task in written else []


def _judged(prompt: TaskPrompt, text: TemplateText, other: TemplateText) -> list[Turn]:
    return [
        Turn({DATA: text.findings, "statement": text.diagnosis}, prompt.labels["true"]),
        Turn({DATA: text.findings, "statement": other.diagnosis}, prompt.labels["false"]),
    ]


def _verified(prompt: TaskPrompt, text: TemplateText, other: TemplateText) -> list[Turn]:
    pair, wrong = text.about("interpretation"), other.about("interpretation").answer
    return [
        Turn({DATA: text.report, "question": pair.question, "answer": pair.answer}, prompt.labels["pass"]),
        Turn({DATA: text.report, "question": pair.question, "answer": wrong}, prompt.labels["fail"]),
    ]
