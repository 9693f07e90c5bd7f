"""Closed-ended pairs: code picks the answer, the model writes the question, a second request checks it.

In: a ``Case``. Out: requests, and from their answers a question or a ``Failure``.
The answer is an exact span of the scrubbed report, so a model can put a bad question into the data but no false answer.
Source: EchoVLM Appendix A (closed-ended: the answer is extracted from the real report).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from curation.facts.reading import names_other_organ
from curation.generate.case import Case, draw
from curation.generate.fence import fenced, parts, plain
from curation.generate.orders import speaks_to_model
from curation.generate.parse import choice_of, gives_answer, question_of
from curation.generate.prompts.few_shot import Shot
from curation.generate.prompts.texts import ChoosePrompt, ClosedPrompt, RoundTripPrompt
from curation.generate.request import Answer, Failure, Message, Request, content_sha256
from curation.generate.spans import Candidate, candidates
from schemas.case import Language
from schemas.config import Generate
from schemas.reject import RejectReason

SHOTS = 3
ROUND_TRIP_SHOTS = 1
MAX_CHOICES = 6
_APPROXIMATE = re.compile(r"(?:大?约|约为|为|[：:])\s*$")
_NEGATION = re.compile(r"^(?:未见|未探及|未发现|未显示|无)(?:明显|明确|确切)?")
_MARKS = " ，,。.；;"


def spans_of(case: Case) -> list[Candidate]:
    """Find all possible answers of a case, in reading order, but in what addresses a model."""
    return [
        clean
        for name, text in case.sections.items()
        for span in candidates(text, name, case.language)
        if (clean := _clean(span, text, case.language)) is not None
    ]


def _clean(span: Candidate, text: str, language: Language) -> Candidate | None:
    """Cut the sentence of a span at marks of structure; None if the span itself has one or its part gives orders."""
    for start, end in parts(text, language):
        if start <= span.start and span.end <= end:
            if plain(span.text) != span.text or speaks_to_model(text[start:end]):
                return None
            begin = max(start, span.sentence_start)
            sentence = text[begin : min(end, span.sentence_start + len(span.sentence))]
            return replace(span, sentence=sentence, sentence_start=begin)
    return None


def pick(case: Case, spans: Sequence[Candidate], *, count: int, seed: int) -> list[Candidate]:
    """Pick answers from different sentences, of as many kinds as there are, by a seeded draw."""
    shuffled = sorted(spans, key=lambda span: draw(seed, case.case_id, span.section, span.sentence, span.kind))
    picked: list[Candidate] = []
    kinds: list[str] = []
    while len(picked) < count:
        free = [span for span in shuffled if all(span.sentence != other.sentence for other in picked)]
        if not free:
            break
        best = min(free, key=lambda span: kinds.count(span.kind))
        picked.append(best)
        kinds.append(best.kind)
    return picked


def question_request(span: Candidate, shots: Sequence[Shot], prompt: ClosedPrompt, config: Generate) -> Request:
    """Ask for the question to an answer: constant text and examples first, the case last (prefix caching)."""
    messages = [Message("system", prompt.system)]
    for shot in shots:
        messages.append(Message("user", prompt.user.format(data=fenced(shot.sentence), answer=shot.answer)))
        messages.append(Message("assistant", shot.question))
    messages.append(Message("user", prompt.user.format(data=fenced(span.sentence), answer=span.text)))
    return Request(
        messages=tuple(messages),
        max_tokens=config.max_tokens,
        temperature=config.temperature,
        seed=config.seed,
        prompt_sha256=content_sha256([prompt.model_dump(), [shot.model_dump() for shot in shots]]),
        stop=("\n",),
        purpose="question",
    )


def read_question(answer: Answer, span: Candidate, case: Case) -> str | Failure:
    """Read the question a model wrote for an answer.

    Rejects: those of ``question_of``, QUESTION_GIVES_ANSWER, QUESTION_OTHER_ORGAN (often that of an example).
    """
    question = question_of(answer, case.language)
    if isinstance(question, Failure):
        return question
    if gives_answer(question, span.text):
        return Failure(RejectReason.QUESTION_GIVES_ANSWER, "the question contains its answer")
    if names_other_organ(question, case.text):
        return Failure(RejectReason.QUESTION_OTHER_ORGAN, "the question is about an organ that the report never names")
    return question


def choices_of(span: Candidate, spans: Sequence[Candidate], none: str) -> list[str]:
    """List the spans a reader could confuse: of the same sentence, then of the report; and none."""
    near = sorted(spans, key=lambda other: (other.sentence != span.sentence, other.section, other.start))
    texts = dict.fromkeys(other.text for other in near if other.text.casefold() != span.text.casefold())
    chosen = {span.text, *list(texts)[: MAX_CHOICES - 2]}
    in_order = dict.fromkeys(other.text for other in spans if other.text in chosen)
    return [*in_order, none]


def round_trip_request(
    question: str,
    span: Candidate,
    choices: Sequence[str],
    shots: Sequence[Shot],
    prompt: RoundTripPrompt,
    config: Generate,
) -> Request:
    """Ask the written question back, with the spans as the only possible answers."""

    def user(sentence: str, asked: str, among: Sequence[str]) -> Message:
        content = prompt.user.format(data=fenced(sentence), question=asked, choices=" | ".join(among))
        return Message("user", content)

    messages = [Message("system", prompt.system)]
    shown = [*(shot.answer for shot in shots), prompt.none]
    for shot in shots:
        messages.append(user(shot.sentence, shot.question, shown))
        messages.append(Message("assistant", json.dumps({"answer": shot.answer}, ensure_ascii=False)))
    messages.append(user(span.sentence, question, choices))
    version = [prompt.model_dump(), [shot.model_dump() for shot in shots]]
    return _choice_request(messages, "answer", choices, version, config, purpose="round_trip")


def check_round_trip(answer: Answer, expected: str, choices: Sequence[str]) -> Failure | None:
    """Pass a question only if it leads back to the span it was written for.

    Rejects: those of ``choice_of``, ROUND_TRIP_MISMATCH.
    """
    chosen = choice_of(answer, choices, key="answer")
    if isinstance(chosen, Failure):
        return chosen
    if chosen != expected:
        return Failure(RejectReason.ROUND_TRIP_MISMATCH, "asked back, the question led to another answer")
    return None


def questions_for(span: Candidate, prompt: ChoosePrompt) -> list[str]:
    """Fill the question patterns of an answer with the words around it in its sentence."""
    start = span.start - span.sentence_start
    before = _APPROXIMATE.sub("", span.sentence[:start])
    after = span.sentence[start + span.end - span.start :].strip(_MARKS)
    which = f"哪一{span.text[-1]}" if span.text[-1] in "侧叶" else "哪侧"
    words = {"before": before, "after": after, "what": _NEGATION.sub("", span.text), "which": which}
    filled = [pattern.format(**words) for pattern in prompt.patterns_for(span.kind, span.text)]
    return [question for question in filled if not gives_answer(question, span.text)]


def choose_request(span: Candidate, questions: Sequence[str], prompt: ChoosePrompt, config: Generate) -> Request:
    """Let a model that could not write the question choose one that code has made."""
    shown = [plain(question) for question in questions]
    user = prompt.user.format(data=fenced(span.sentence), answer=span.text, choices=" | ".join(shown))
    messages = [Message("system", prompt.system), Message("user", user)]
    return _choice_request(messages, "question", questions, prompt.model_dump(), config, purpose="choose")


def read_chosen(answer: Answer, questions: Sequence[str]) -> str | Failure:
    """Read the question a model chose.

    Rejects: those of ``choice_of``.
    """
    return choice_of(answer, questions, key="question")


def _choice_request(
    messages: Sequence[Message], key: str, choices: Sequence[str], version: object, config: Generate, *, purpose: str
) -> Request:
    return Request(
        messages=tuple(messages),
        max_tokens=config.max_tokens,
        temperature=0.0,
        seed=config.seed,
        prompt_sha256=content_sha256(version),
        schema={
            "type": "object",
            "properties": {key: {"type": "string", "enum": list(choices)}},
            "required": [key],
            "additionalProperties": False,
        },
        purpose=purpose,
    )
