"""The prompt texts: what is said to a model for each kind of request.

The paper's prompts were never published as text: all texts here are our own. Every ``user`` text shows the report as
``{data}`` (see ``fence``), and every ``system`` text says that it is data.
"""

from typing import Literal

from pydantic import Field, model_validator

from curation.generate.prompts.base import IS_DATA, ByLanguage, PromptModel
from curation.generate.prompts.few_shot import TOPICS, Topic

#: Prompts of tasks that one generic builder (``compose``) can ask.
TaskName = Literal["report", "diagnosis", "caption", "finding", "impression", "judge", "single_choice", "verification"]
TASK_NAMES: tuple[TaskName, ...] = (
    "report",
    "diagnosis",
    "caption",
    "finding",
    "impression",
    "judge",
    "single_choice",
    "verification",
)
#: The slots that each task fills besides ``{data}``.
SLOTS: dict[TaskName, tuple[str, ...]] = {
    "report": (),
    "diagnosis": (),
    "caption": (),
    "finding": (),
    "impression": (),
    "judge": ("statement",),
    "single_choice": ("question", "choices"),
    "verification": ("question", "answer"),
}


class SystemPrompt(PromptModel):
    """What all prompts have: a system text that declares the report to be data."""

    system: str = Field(min_length=1)

    @model_validator(mode="after")
    def _declares_data(self) -> "SystemPrompt":
        if not any(words in self.system for words in IS_DATA.values()):
            raise ValueError(f"system must say that the text {' / '.join(IS_DATA.values())}")
        return self


class ClosedPrompt(SystemPrompt):
    """Prompt of closed-ended question writing."""

    user: str = Field(pattern=r"(?s)\{data\}.*\{answer\}")


class RoundTripPrompt(SystemPrompt):
    """Prompt of the round-trip check; ``none`` is the choice for a question the text does not answer."""

    user: str = Field(pattern=r"(?s)\{choices\}.*\{data\}.*\{question\}")
    none: str = Field(min_length=1)


class ChoosePrompt(SystemPrompt):
    """Prompt of choosing a question; ``patterns`` are questions to be filled, by kind of answer or kind/word in it."""

    user: str = Field(pattern=r"(?s)\{data\}.*\{answer\}.*\{choices\}")
    patterns: dict[str, tuple[str, ...]]

    def patterns_for(self, kind: str, answer: str) -> tuple[str, ...]:
        """Return the patterns of the most special key: one that names a word of the answer, else that of the kind."""
        special = [key for key in self.patterns if key.startswith(f"{kind}/") and key.split("/", 1)[1] in answer]
        return self.patterns.get(special[0] if special else kind, ())


class OpenPrompt(SystemPrompt):
    """Prompt of open-ended generation; ``topics`` names the topics in the language."""

    user: str = Field(pattern=r"(?s)\{data\}.*\{topic\}")
    assistant: str = Field(pattern=r"(?s)\{question\}\n.*\{answer\}")
    topics: dict[Topic, str] = Field(min_length=len(TOPICS))


class TaskPrompt(SystemPrompt):
    """Prompt of a task. ``labels`` are the fixed words of its answers, where there are any."""

    user: str = Field(pattern=r"\{data\}")
    labels: dict[str, str] = Field(default_factory=dict)


class TaskPrompts(PromptModel):
    """One prompt file per task."""

    report: ByLanguage[TaskPrompt]
    diagnosis: ByLanguage[TaskPrompt]
    caption: ByLanguage[TaskPrompt]
    finding: ByLanguage[TaskPrompt]
    impression: ByLanguage[TaskPrompt]
    judge: ByLanguage[TaskPrompt]
    single_choice: ByLanguage[TaskPrompt]
    verification: ByLanguage[TaskPrompt]

    def of(self, task: TaskName) -> ByLanguage[TaskPrompt]:
        """Return the prompt of a task."""
        prompt: ByLanguage[TaskPrompt] = getattr(self, task)
        return prompt
