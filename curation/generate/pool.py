"""The pool of model endpoints: routing, limits and retries over the OpenAI protocol. The only async file.

In: ``Request`` rows. Out: an ``Answer`` or a ``Failure`` for each, in their order; every answer is in the ledger before
it is returned, and is read from there before it is asked for. Messages, answers and keys are never logged.
"""

import asyncio
import hashlib
import ipaddress
import json
import logging
import math
import os
import random
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx2
import openai
from openai import AsyncOpenAI, DefaultAioHttpClient

from curation.generate.ledger import Ledger
from curation.generate.request import Answer, AnswerPool, Failure, Request
from curation.generate.wire import Kind, Trouble, answer_of, body_of, in_words, trouble_of
from schemas.config import Endpoint
from schemas.errors import ConfigError, RetryableError
from schemas.reject import RejectReason

__all__ = ["AnswerPool", "EndpointPool", "check_endpoints"]

MAX_ATTEMPTS = 5
FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 20.0
PATIENCE_S = 600.0
_T = TypeVar("_T")


@dataclass(slots=True)
class _Lane:
    """One endpoint at work."""

    endpoint: Endpoint
    client: AsyncOpenAI
    permits: asyncio.Semaphore
    free_at_s: float = field(default=0.0)


class EndpointPool:
    """Answers requests over the configured endpoints. Use it as a context manager.

    Raises: ConfigError for an endpoint off loopback without ``data_agreement``, or a key missing from the environment.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        ledger: Ledger,
        *,
        patience_s: float = PATIENCE_S,
        first_backoff_s: float = FIRST_BACKOFF_S,
    ) -> None:
        if not endpoints:
            raise ConfigError("endpoints: at least one is needed")
        if len({endpoint.name for endpoint in endpoints}) < len(endpoints):
            raise ConfigError("endpoints: two have the same name")
        logging.getLogger("openai").setLevel(logging.WARNING)  # at DEBUG it logs the messages
        self._ledger = ledger
        self._patience_s = patience_s
        self._first_backoff_s = first_backoff_s
        self._lanes = [_lane(endpoint) for endpoint in endpoints]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="endpoint-pool", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and stop the loop."""
        if self._loop.is_closed():
            return
        self._wait_for(_close(self._lanes))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, requests: Sequence[Request]) -> list[Answer | Failure]:
        """Answer every request, in their order; what the ledger knows is not asked again.

        Raises: RetryableError if endpoints are down or out of quota (what was answered is in the ledger); ConfigError
        if an endpoint denies the key or the model name.
        """
        known: dict[str, Answer | Failure] = dict(self._ledger.find(request.key for request in requests))
        missing = {request.key: request for request in requests if request.key not in known}
        if missing:
            outcomes = self._wait_for(self._answer_all(list(missing.values())))
            known.update(zip(missing, outcomes, strict=True))
        return [known[request.key] for request in requests]

    def _wait_for(self, work: Coroutine[Any, Any, _T]) -> _T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def _answer_all(self, requests: list[Request]) -> list[Answer | Failure]:
        outcomes = await asyncio.gather(*(self._answer(request) for request in requests))
        troubles = [outcome for outcome in outcomes if isinstance(outcome, Trouble)]
        for trouble in troubles:
            if trouble.kind is Kind.DENIED:
                raise ConfigError(trouble.detail)
            if trouble.kind is Kind.THROTTLED:
                raise RetryableError(trouble.detail, trouble.wait_s)
        if any(trouble.kind is Kind.DOWN for trouble in troubles) and not await self._anyone_alive():
            raise RetryableError("no endpoint can be reached: check the servers, then run again", MAX_BACKOFF_S)
        return [
            Failure(RejectReason.ENDPOINT_FAILED, outcome.detail) if isinstance(outcome, Trouble) else outcome
            for outcome in outcomes
        ]

    async def _answer(self, request: Request) -> Answer | Trouble:
        """Try endpoints in the request's own order until one answers, attempts run out, or patience ends."""
        lanes = _order(request, self._lanes)
        deadline_s = self._loop.time() + self._patience_s
        attempts = throttled = 0
        while True:
            lane = self._next_lane(lanes, attempts)
            wait_s = max(0.0, lane.free_at_s - self._loop.time())
            if self._loop.time() + wait_s > deadline_s:
                return Trouble(Kind.THROTTLED, f"endpoint {lane.endpoint.name} is out of quota", wait_s)
            if wait_s > 0:
                await asyncio.sleep(wait_s + random.uniform(0, self._first_backoff_s / 2))
                continue
            outcome = await _call(lane, request, attempts + 1)
            if isinstance(outcome, Answer):
                return self._ledger.record(outcome)
            if outcome.kind is Kind.THROTTLED:
                throttled += 1
                rest_s = max(outcome.wait_s or 0.0, self._backoff_s(throttled))
                lane.free_at_s = max(lane.free_at_s, self._loop.time() + rest_s)
                continue
            attempts += 1
            if outcome.kind is not Kind.DOWN or attempts == MAX_ATTEMPTS or self._loop.time() > deadline_s:
                return outcome
            if attempts % len(lanes) == 0:
                await asyncio.sleep(self._backoff_s(attempts))

    def _next_lane(self, lanes: list[_Lane], attempts: int) -> _Lane:
        """Take the next lane that is not cooling down; if all are, the one that is free first."""
        start = attempts % len(lanes)
        turn = lanes[start:] + lanes[:start]
        now_s = self._loop.time()
        return next((lane for lane in turn if lane.free_at_s <= now_s), min(turn, key=lambda lane: lane.free_at_s))

    def _backoff_s(self, attempts: int) -> float:
        return min(MAX_BACKOFF_S, self._first_backoff_s * 2.0 ** (attempts - 1)) * random.uniform(0.5, 1.0)

    async def _anyone_alive(self) -> bool:
        """Tell one request nobody can answer from an outage."""
        problems = await asyncio.gather(*(_reach(lane.client, 10.0) for lane in self._lanes))
        return any(not isinstance(problem, openai.APIConnectionError) for problem in problems)


def check_endpoints(endpoints: Sequence[Endpoint], timeout_s: float = 10.0) -> dict[str, str | None]:
    """Ask every endpoint for its models before any data is sent: a problem in words, or None, by name.

    Raises: ConfigError as ``EndpointPool``.
    """

    async def check() -> dict[str, str | None]:
        lanes = [_lane(endpoint) for endpoint in endpoints]
        problems = await asyncio.gather(*(_reach(lane.client, timeout_s) for lane in lanes))
        await _close(lanes)
        return {lane.endpoint.name: in_words(problem) for lane, problem in zip(lanes, problems, strict=True)}

    return asyncio.run(check())


def _lane(endpoint: Endpoint) -> _Lane:
    loopback = _is_loopback(endpoint.base_url)
    if not loopback and not endpoint.data_agreement:
        raise ConfigError(f"endpoint {endpoint.name} is off this machine: data_agreement must name the agreement")
    key = os.environ.get(endpoint.api_key_env) if endpoint.api_key_env else "none"
    if not key:
        raise ConfigError(f"endpoint {endpoint.name}: set the environment variable {endpoint.api_key_env}")
    client = AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=key,
        max_retries=0,
        timeout=endpoint.timeout_s,
        http_client=DefaultAioHttpClient(trust_env=not loopback, follow_redirects=False),
    )
    return _Lane(endpoint, client, asyncio.Semaphore(endpoint.max_concurrency))


def _is_loopback(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _order(request: Request, lanes: list[_Lane]) -> list[_Lane]:
    """Order the endpoints for a request by weighted rendezvous hashing: the mix does not depend on timing.

    Endpoints that keep to a JSON schema come first for a request that has one.
    Source: Schindelhauer and Schomaker 2005, weighted distributed hash tables (score = -weight / ln(u)).
    """

    def score(lane: _Lane) -> float:
        digest = hashlib.sha256(f"{request.key}/{lane.endpoint.name}".encode()).digest()
        return -lane.endpoint.weight / math.log((int.from_bytes(digest[:8]) + 1) / (2**64 + 1))

    def misfit(lane: _Lane) -> bool:
        return request.schema is not None and "json_schema" not in lane.endpoint.capabilities

    return sorted(lanes, key=lambda lane: (misfit(lane), -score(lane), lane.endpoint.name))


async def _call(lane: _Lane, request: Request, attempts: int) -> Answer | Trouble:
    """Send a request once."""
    name = lane.endpoint.name
    try:
        async with lane.permits, asyncio.timeout(lane.endpoint.timeout_s):
            completion = await lane.client.chat.completions.create(**body_of(lane.endpoint, request))
        return answer_of(completion, request, lane.endpoint, attempts)
    except openai.APIStatusError as error:
        return trouble_of(error, name)
    except (openai.APIConnectionError, httpx2.HTTPError, TimeoutError):
        return Trouble(Kind.DOWN, f"endpoint {name} did not answer in time or dropped the connection")
    except (openai.OpenAIError, json.JSONDecodeError, UnicodeDecodeError, AttributeError, TypeError, LookupError):
        return Trouble(Kind.DOWN, f"endpoint {name} sent a malformed body")


async def _reach(client: AsyncOpenAI, timeout_s: float) -> openai.OpenAIError | None:
    try:
        async with asyncio.timeout(timeout_s):
            await client.models.list()
    except openai.OpenAIError as error:
        return error
    except (TimeoutError, httpx2.HTTPError):
        return openai.APIConnectionError(request=httpx2.Request("GET", str(client.base_url)))
    except (json.JSONDecodeError, AttributeError, TypeError):
        return openai.OpenAIError("malformed")
    return None


async def _close(lanes: list[_Lane]) -> None:
    for lane in lanes:
        await lane.client.close()
