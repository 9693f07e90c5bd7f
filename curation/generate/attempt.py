"""One model-written pair in the making: what is planned for a case, and the row it becomes.

In: a ``Case``. Out: ``Attempt`` rows in instance order; the number of an instance is the number of its attempt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from curation.generate import closed
from curation.generate.caption import caption_question
from curation.generate.case import Case, draw
from curation.generate.pairs import instance_id, lowest, pair_row
from curation.generate.prompts.few_shot import TOPICS, Template, Topic
from curation.generate.request import Answer, Failure, Request
from curation.generate.spans import Candidate
from curation.generate.template import Library
from curation.quality.suspension import NONE
from schemas.config import Generate
from schemas.instruction import Form, Task

OPEN_SHOTS = 1
KEY_CHARS = 8


@dataclass(slots=True)
class Attempt:
    """A closed attempt has a span, an open one a topic. ``failure`` ends it; ``author`` is what wrote it.

    ``is_moved``: its planned template is suspended.
    """

    case: Case
    number: int
    templates: tuple[Template, ...] = field(repr=False)
    task: Task = Task.VQA
    topic: Topic = "interpretation"
    span: Candidate | None = None
    spans: Sequence[Candidate] = ()
    choices: list[str] = field(default_factory=list, repr=False)
    question: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)
    failure: Failure | None = None
    sample: int = 0
    answers: list[tuple[Request, Answer]] = field(default_factory=list, repr=False)
    author: tuple[Request, Answer] | None = field(default=None, repr=False)
    is_moved: bool = False

    @property
    def form(self) -> Form:
        """Closed if the report gives the answer."""
        return Form.OPEN if self.span is None else Form.CLOSED

    @property
    def instance_id(self) -> str:
        """The id of the pair, kept or not; one that takes the place of a suspended strategy's has an id of its own."""
        own = instance_id(self.case, self.task, self.form, self.number)
        if self.author is None or not (self.is_moved or self.author[0].without):
            return own
        return f"{own}-{self.author[1].request_key[:KEY_CHARS]}"

    @property
    def strategy(self) -> dict[str, str]:
        """What makes the pair, but for its model and prompt version; see ``suspension.strategy_of``."""
        template = NONE if self.task is Task.CAPTION else self.templates[0].template_id
        system = self.case.systems[0] if self.case.systems else NONE
        return {"template": template, "task": self.task.value, "system": str(system)}

    def answered(self, request: Request, answer: Answer) -> None:
        """Note an answer; all but checks are by the author."""
        self.answers.append((request, answer))
        if request.purpose != "round_trip":
            self.author = (request, answer)

    def take(self, question: str | Failure, answer: str) -> Failure | None:
        """Take a question that was read, or return why there is none."""
        self.answer = answer
        if isinstance(question, Failure):
            return question
        self.question = question
        return None

    def row(self, config: Generate) -> dict[str, Any]:
        """Build the row of a pair that passed; it may be used for no more than any model that had a hand in it."""
        if self.author is None:
            raise ValueError("an attempt that nobody answered is no pair")
        request, author = self.author
        span = self.span
        return pair_row(
            self.case,
            config,
            instance_id=self.instance_id,
            task=self.task.value,
            form=self.form.value,
            question=self.question,
            answer=self.answer,
            source_section=span.section if span else None,
            source_start=span.start if span else None,
            source_end=span.end if span else None,
            template_id=None if self.task is Task.CAPTION else self.templates[0].template_id,
            prompt_sha256=request.prompt_sha256,
            model=author.model,
            endpoint=author.endpoint,
            request_key=author.request_key,
            tier=lowest(config.tier, *(answer.tier for _, answer in self.answers)).value,
        )


def plan(case: Case, config: Generate, prompts: Library) -> list[Attempt]:
    """Plan the attempts of a case: closed ones by their spans, open ones by topics in turn."""
    first = prompts.pick(case.systems, draw(config.seed, case.case_id, "template"))
    others = [template for template in prompts.templates if template is not first]
    second = others[draw(config.seed, case.case_id, "second") % len(others)] if others else first
    templates = (first, second)[:OPEN_SHOTS]
    spans = closed.spans_of(case)
    picked = closed.pick(case, spans, count=config.closed_per_case, seed=config.seed)
    attempts = [Attempt(case, number, templates, span=span, spans=spans) for number, span in enumerate(picked)]
    turn = draw(config.seed, case.case_id, "topic")
    if case.text:
        for number in range(config.open_per_case):
            attempts.append(Attempt(case, number, templates, topic=TOPICS[(turn + number) % len(TOPICS)]))
        for number in range(config.captions_per_case):
            question = caption_question(case, prompts.phrasings.caption, number, config)
            attempts.append(Attempt(case, number, templates, task=Task.CAPTION, question=question))
    return attempts
