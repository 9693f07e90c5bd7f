"""What is asked of a model and what comes back; the port through which the generate step asks.

In: messages. Out: an ``Answer`` or a ``Failure``; a failed call is never a value.
Texts never show in a repr or a log line.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from schemas.instruction import Tier
from schemas.reject import RejectReason

#: Chat-template marks (``<|im_end|>``, ``[INST]``, ``<s>``) and our own fence: a server would read them as structure.
_STRUCTURE = re.compile(r"</?\s*data\s*>|<\|[^|>]{0,40}\|>|</?s>|\[/?INST\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn."""

    role: str
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One chat request. ``purpose`` is for the books and is no part of the key."""

    messages: tuple[Message, ...] = field(repr=False)
    max_tokens: int
    temperature: float
    seed: int
    prompt_sha256: str
    schema: Mapping[str, Any] | None = field(default=None, repr=False)
    stop: tuple[str, ...] = ()
    sample: int = 0
    purpose: str = "question"

    @property
    def key(self) -> str:
        """Hash what was asked: messages, parameters, schema, prompt version, sample index; not the endpoint."""
        canonical = {
            "messages": [[message.role, message.content] for message in self.messages],
            "parameters": [self.max_tokens, self.temperature, self.seed, list(self.stop)],
            "schema": self.schema,
            "prompt_sha256": self.prompt_sha256,
            "sample": self.sample,
        }
        return content_sha256(canonical)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered. ``tier`` is the tier of the endpoint at the time it answered."""

    request_key: str
    text: str = field(repr=False)
    endpoint: str
    model: str
    tier: Tier
    finish_reason: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no usable answer. ``detail`` is plain help without content."""

    reason: RejectReason
    detail: str


class AnswerPool(Protocol):
    """The port of the generate step: whoever answers requests."""

    def ask(self, requests: Sequence[Request]) -> list[Answer | Failure]:
        """Answer every request, in the order of the requests."""
        ...


def content_sha256(content: object) -> str:
    """Hash JSON-like content in its canonical form."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def fenced(text: str) -> str:
    """Mark text as data; whatever could end the fence or look like a chat turn is taken out first.

    ``<data>`` and chat-template marks are structure for a server and would let a report speak as system or user.
    """
    previous = None
    while previous != text:
        previous, text = text, _STRUCTURE.sub(" ", text)
    return f"<data>{text}</data>"
