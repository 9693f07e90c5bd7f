"""What is asked of a model and what comes back; the port through which the generate step asks.

In: messages. Out: an ``Answer`` or a ``Failure``; a failed call is never a value.
Texts never show in a repr or a log line.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from schemas.instruction import Tier
from schemas.reject import RejectReason


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded image (PNG, JPEG) for a model to see; of the pipeline only masked frames ever become one."""

    encoded: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hash the image as it is before any endpoint's budget."""
        return hashlib.sha256(self.encoded).hexdigest()


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn: text, or texts and pictures in order. ``more`` holds other keys of the protocol (``name``)."""

    role: str
    content: str | tuple[str | Picture, ...] = field(repr=False)
    more: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures among the parts."""
        return () if isinstance(self.content, str) else tuple(p for p in self.content if isinstance(p, Picture))

    def canonical(self) -> list[Any]:
        """Give what was asked; a picture counts by its hash."""
        content = self.content
        if not isinstance(content, str):
            parts = [part if isinstance(part, str) else {"sha256": part.sha256} for part in content]
            return [self.role, parts, *([dict(self.more)] if self.more else [])]
        return [self.role, content, *([dict(self.more)] if self.more else [])]


@dataclass(frozen=True, slots=True)
class Request:
    """One chat request; ``purpose``, ``whole``, ``blind_ok``, ``barred`` and ``only`` are no part of what is asked.

    ``params`` are other parameters of the protocol, sent as they are. A ``whole`` answer must be complete and fit the
    schema, or the pool asks again (bounded). ``blind_ok``: an endpoint without vision gets it without the pictures.
    ``only``: the endpoint that must answer; who asks several puts their names into ``prompt_sha256``.
    ``barred`` models may not be asked; ``without`` names those whose answers were put aside, in order: another request.
    """

    messages: tuple[Message, ...] = field(repr=False)
    max_tokens: int | None
    temperature: float | None
    seed: int | None
    prompt_sha256: str
    schema: Mapping[str, Any] | None = field(default=None, repr=False)
    stop: tuple[str, ...] = ()
    sample: int = 0
    purpose: str = "question"
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    whole: bool = False
    blind_ok: bool = False
    barred: frozenset[str] = frozenset()
    without: tuple[str, ...] = ()
    only: str | None = None

    @property
    def key(self) -> str:
        """Hash what was asked: messages, parameters, schema, prompt version, sample index; not the endpoint."""
        canonical = {
            "messages": [message.canonical() for message in self.messages],
            "parameters": [self.max_tokens, self.temperature, self.seed, list(self.stop)],
            "schema": self.schema,
            "prompt_sha256": self.prompt_sha256,
            "sample": self.sample,
        }
        aside = {"without": list(self.without)} if self.without else {}
        return content_sha256(canonical | ({"params": dict(self.params)} if self.params else {}) | aside)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All pictures, in order."""
        return tuple(picture for message in self.messages for picture in message.pictures)

    def parameters(self) -> dict[str, Any]:
        """Give everything about the request but its texts, for provenance."""
        known = {"max_tokens": self.max_tokens, "temperature": self.temperature, "seed": self.seed}
        more = {"stop": list(self.stop), "sample": self.sample, **self.params}
        schema = {"schema_sha256": content_sha256(self.schema)} if self.schema is not None else {}
        pictures = {"picture_sha256": [picture.sha256 for picture in self.pictures]} if self.pictures else {}
        return {name: value for name, value in (known | more).items() if value not in (None, [])} | schema | pictures


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered. ``tier`` is the tier of the endpoint at the time it answered; ``sent_at`` is UTC.

    ``logprobs``: where they were asked for, JSON of the likeliest tokens at each of the first places.
    """

    request_key: str
    text: str = field(repr=False)
    endpoint: str
    model: str
    tier: Tier
    finish_reason: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    attempts: int = 1
    system_fingerprint: str | None = None
    cost_usd: float = 0.0
    sent_at: str | None = None
    logprobs: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no usable answer. ``detail`` is plain help without content."""

    reason: RejectReason
    detail: str
    endpoint: str | None = None
    attempts: int = 0


class AnswerPool(Protocol):
    """The port of the generate step: whoever answers requests."""

    def ask(self, requests: Sequence[Request]) -> list[Answer | Failure]:
        """Answer every request, in the order of the requests."""
        ...


def content_sha256(content: object) -> str:
    """Hash JSON-like content in its canonical form."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
