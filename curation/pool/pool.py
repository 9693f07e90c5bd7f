"""The pool of model endpoints over the OpenAI protocol: sends what the schedule gives it. The only async file.

In: ``Request`` rows. Out: an ``Answer`` or a ``Failure`` for each, in their order; every answer is in the ledger before
it is returned, and is read from there before it is asked for. Messages, answers and keys are never logged.
A call holds its permit until its answer is recorded: at kill -9 no more than ``max_concurrency`` are lost per endpoint.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from curation.generate.request import Answer, AnswerPool, Failure, Request
from curation.pool.check import whole_answer
from curation.pool.client import client_of, trouble_from
from curation.pool.lane import Call, Job, Lane, Tally
from curation.pool.ledger import Ledger
from curation.pool.outcome import raise_for
from curation.pool.rates import MINUTE_S, SLACK_S
from curation.pool.schedule import Schedule
from curation.pool.terms import Terms, check_hosts
from curation.pool.wire import Completion, Kind, Trouble, answer_of, body_of, read_completion, trouble_of
from schemas.endpoint import Endpoint
from schemas.errors import ConfigError

__all__ = ["AnswerPool", "EndpointPool"]

TICK_S = 0.05
_NO_TOKENS = (None, None)
_T = TypeVar("_T")
Outcome = Answer | Failure
OnDone = Callable[[Outcome], None]


class _Run:
    """The requests of one call of ``answer`` that are not known yet."""

    def __init__(self, n_requests: int, on_done: OnDone | None) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.n_left = n_requests
        self.over = asyncio.Event()
        self._on_done = on_done

    def finish(self, key: str, outcome: Outcome) -> None:
        self.outcomes[key] = outcome
        self.n_left -= 1
        if self._on_done is not None:
            self._on_done(outcome)
        if self.n_left == 0:
            self.over.set()


class EndpointPool:
    """Answers requests over the configured endpoints. Use it as a context manager.

    Raises: ConfigError for an endpoint off this machine whose host is not allowed.
    """

    def __init__(self, endpoints: Sequence[Endpoint], ledger: Ledger, terms: Terms | None = None) -> None:
        self._terms = terms or Terms()
        ledger.note_externals(check_hosts(endpoints, self._terms.allowed))
        for name in ("openai", "httpx2", "aiohttp", "asyncio"):  # at DEBUG some log messages
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._ledger = ledger
        self._schedule = Schedule(endpoints, self._terms, ledger.spent_usd())
        self._unrecorded: list[tuple[Request, Answer, asyncio.Future[Answer]]] = []
        self._recording = False
        self._broken: str | None = None
        self._runs: dict[int, _Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda *_: None)  # the default one prints what may hold content
        self._clients = [client_of(endpoint, self._terms) for endpoint in endpoints]
        self._restore_rates()
        self._thread = threading.Thread(target=self._loop.run_forever, name="endpoint-pool", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what runs, close the connections and stop the loop."""
        if self._loop.is_closed():
            return
        self._wait_for(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, requests: Sequence[Request]) -> list[Outcome]:
        """Answer every request, in their order; what the ledger knows is not asked again.

        Raises: RetryableError if endpoints are down or out of quota (what was answered is in the ledger); ConfigError
        if endpoints deny the key or the model name, or the budget is spent.
        """
        return raise_for(self.answer(requests))

    def answer(self, requests: Sequence[Request], on_done: OnDone | None = None) -> list[Outcome]:
        """Answer every request, in their order; whatever goes wrong becomes a failure of its request.

        ``on_done`` is called for each request that was not known, from another thread.
        """
        keys = [request.key for request in requests]
        known: dict[str, Outcome] = dict(self._ledger.find(keys))
        missing = {key: request for key, request in zip(keys, requests, strict=True) if key not in known}
        if missing:
            known |= self._wait_for(self._answer_all(missing, on_done))
        return [known[key] for key in keys]

    def tallies(self) -> dict[str, Tally]:
        """Give the books of this pool, by endpoint name."""
        return {lane.endpoint.name: lane.tally for lane in self._schedule.lanes}

    def _wait_for(self, work: Coroutine[Any, Any, _T]) -> _T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _restore_rates(self) -> None:
        """Count the calls of an earlier run that limits still have to count."""
        wall_s = time.time()
        for lane in self._schedule.lanes:
            if lane.rates.limited:
                sends = self._ledger.sends_since(lane.endpoint.name, wall_s - MINUTE_S - SLACK_S)
                aged = [(max(0.0, wall_s - sent_s), t_in, t_out) for sent_s, t_in, t_out in sends]
                lane.rates.restore(aged, self._loop.time())

    async def _answer_all(self, missing: dict[str, Request], on_done: OnDone | None) -> dict[str, Outcome]:
        run = _Run(len(missing), on_done)
        self._schedule.begin(self._loop.time())
        for key, request in missing.items():
            job = self._schedule.admit(request, key)
            if isinstance(job, Failure):
                run.finish(key, job)
            else:
                self._runs[job.number] = run
        ticking = asyncio.create_task(self._tick_on())
        try:
            await run.over.wait()
        finally:
            ticking.cancel()
        if self._broken is not None:
            raise ConfigError(f"the ledger or the pool failed ({self._broken}): is the disk full? Run again to go on")
        return run.outcomes

    async def _tick_on(self) -> None:
        """Let time pass: end calls that hang, give up what is late, send what may be sent."""
        while True:
            now_s = self._loop.time()
            self._end_hanging(now_s)
            for job, failure in self._schedule.tick(now_s):
                self._finish(job, failure)
            for lane in self._schedule.lanes:
                self._send(lane)
            await asyncio.sleep(TICK_S)

    def _end_hanging(self, now_s: float) -> None:
        for lane in self._schedule.lanes:
            up = {other.number for other in self._schedule.lanes if other is not lane and other.is_up(now_s)}
            limits_s = {elsewhere: lane.patience.limit_s(elsewhere=elsewhere) for elsewhere in (True, False)}
            for call in lane.in_flight:
                limit_s = limits_s[not up.isdisjoint(other.number for other in call.job.lanes)]
                clock_s = now_s - (call.job.started_s or now_s)
                if call.expire and (now_s - call.sent_s > limit_s or clock_s > self._terms.deadline_s):
                    expire, call.expire = call.expire, None
                    expire()

    def _send(self, lane: Lane) -> None:
        while (call := self._schedule.take(lane, self._loop.time())) is not None:
            self._start(self._call(lane, call))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._stopped)

    def _stopped(self, task: asyncio.Task[None]) -> None:
        """Wake who waits when a task ended as no task should."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken = type(error).__name__
            for run in set(self._runs.values()):
                run.over.set()

    async def _call(self, lane: Lane, call: Call) -> None:
        """Send a job once, and let the schedule decide what follows."""
        outcome = await self._outcome(lane, call)
        tokens: tuple[int | None, int | None] = _NO_TOKENS
        if isinstance(outcome, Answer):
            tokens = (outcome.prompt_tokens, outcome.completion_tokens)
            lane.succeeded(call, self._loop.time())
            outcome = await self._record(call.job.request, outcome)
        elif outcome.kind is Kind.FLAWED:
            tokens = outcome.tokens
            await asyncio.to_thread(self._note_spent, lane, call, outcome)
        now_s = self._loop.time()
        self._schedule.ended(lane, call, tokens, now_s)
        final = outcome if isinstance(outcome, Answer) else self._schedule.failed(lane, call, outcome, now_s)
        if isinstance(final, Answer):
            lane.tally.answered += 1
            lane.tally.fallbacks += call.job.choice is not lane
        if final is not None:
            self._finish(call.job, final)
        self._send(lane)

    def _note_spent(self, lane: Lane, call: Call, trouble: Trouble) -> None:
        cost_usd = lane.endpoint.cost_usd(*(count or 0 for count in trouble.tokens))
        self._ledger.spend(call.job.key, lane.endpoint.name, trouble.reason.value, trouble.tokens, cost_usd)

    async def _outcome(self, lane: Lane, call: Call) -> Answer | Trouble:
        """Send a job once: an answer, or what went wrong in words without content."""
        name, job = lane.endpoint.name, call.job
        try:
            async with asyncio.timeout(None) as limit:
                call.expire = lambda: limit.reschedule(0.0)
                response = await self._exchange(lane, job)
        except Exception as error:  # noqa: BLE001 - a server can make the client raise anything
            if isinstance(error, TimeoutError):
                lane.patience.hung(call.sent_s, self._loop.time())
            return trouble_from(error, name)
        finally:
            call.expire = None
        return self._judge(lane, call, response)

    async def _exchange(self, lane: Lane, job: Job) -> Completion | Trouble:
        if lane.rates.limited:
            tokens = (lane.rates.scaled(job.tokens_in), lane.rates.expected(job.bound_out))
            await asyncio.to_thread(self._ledger.sending, lane.endpoint.name, time.time(), *tokens)
        if job.request.pictures:
            body = await asyncio.to_thread(body_of, lane.endpoint, job.request)
        else:
            body = body_of(lane.endpoint, job.request)
        client = self._clients[lane.number]
        response = await client.post("/chat/completions", body=body, cast_to=httpx2.Response)
        completion = read_completion(response.content)
        if isinstance(completion, int):
            return trouble_of(completion, response.headers, lane.endpoint.name)
        return completion

    def _judge(self, lane: Lane, call: Call, response: Completion | Trouble) -> Answer | Trouble:
        """Make an answer of a completion, unless the request wants it whole and it is not."""
        if isinstance(response, Trouble):
            return response
        job, took_s = call.job, self._loop.time() - call.sent_s
        answer = answer_of(response, job.key, lane.endpoint, job.attempts + 1, took_s)
        return whole_answer(response, job.request, answer)

    async def _record(self, request: Request, answer: Answer) -> Answer:
        """Wait until an answer is in the ledger; answers that come in meanwhile are committed together."""
        future: asyncio.Future[Answer] = self._loop.create_future()
        self._unrecorded.append((request, answer, future))
        if not self._recording:
            self._recording = True
            self._start(self._record_all())
        return await future

    async def _record_all(self) -> None:
        while self._unrecorded:
            entries, self._unrecorded = self._unrecorded, []
            standing = await asyncio.to_thread(self._ledger.record, [entry[:2] for entry in entries])
            for (*_, future), answer in zip(entries, standing, strict=True):
                if not future.done():
                    future.set_result(answer)
        self._recording = False

    def _finish(self, job: Job, outcome: Outcome) -> None:
        if (run := self._runs.pop(job.number, None)) is not None:
            run.finish(job.key, outcome)

    async def _close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            await client.close()
