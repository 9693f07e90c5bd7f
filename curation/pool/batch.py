"""The Batch API lane: requests go up as files and come back within a day, at the price of their endpoint.

In: ``Request`` rows. Out: answers and failures in order, as from ``EndpointPool``. The ledger key is the ``custom_id``.
A run that ended while batches were on their way collects them: they are noted in the ledger, and a batch that was
created just before the end is found again by the digest of its keys in its metadata.
Source: OpenAI API reference (files, batches): at most 50,000 requests and 200 MB per file.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

import httpx2
import openai
from openai import OpenAI

from curation.generate.request import Answer, Failure, Request, content_sha256
from curation.pool.batch_rows import outcome_of
from curation.pool.lane import Tally
from curation.pool.ledger import Ledger
from curation.pool.outcome import raise_for
from curation.pool.route import in_order, nobody
from curation.pool.terms import Terms, check_hosts, is_loopback
from curation.pool.tokens import tokens_in, tokens_out
from curation.pool.wire import body_of
from schemas.endpoint import Endpoint
from schemas.errors import ConfigError
from schemas.reject import RejectReason

MAX_REQUESTS = 50_000
MAX_BYTES = 150_000_000
FIRST_POLL_S, MAX_POLL_S = 1.0, 60.0
CALL_TIMEOUT_S = 120.0
#: What a batch that will not change any more is called.
OVER = frozenset({"completed", "failed", "expired", "cancelled"})
_MARK = "sonocurate_keys"
_DOWN = (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError, httpx2.HTTPError, OSError)
OnDone = Callable[[Answer | Failure], None]


class BatchPool:
    """Answers requests through the endpoints that are capable of ``batch``. Use it as a context manager.

    Raises: ConfigError when no endpoint is, or for a host that is not allowed.
    """

    def __init__(self, endpoints: Sequence[Endpoint], ledger: Ledger, terms: Terms | None = None) -> None:
        self._terms = terms or Terms()
        ledger.note_externals(check_hosts(endpoints, self._terms.allowed))
        self._endpoints = [endpoint for endpoint in endpoints if "batch" in endpoint.capabilities]
        if not self._endpoints:
            raise ConfigError("endpoints: none has the capability batch")
        self._ledger = ledger
        self._clients = [_client_of(endpoint, self._terms) for endpoint in self._endpoints]
        self._tallies = [Tally() for _ in self._endpoints]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for client in self._clients:
            client.close()

    def tallies(self) -> dict[str, Tally]:
        """Give the books of this run, by endpoint name."""
        return {endpoint.name: tally for endpoint, tally in zip(self._endpoints, self._tallies, strict=True)}

    def ask(self, requests: Sequence[Request]) -> list[Answer | Failure]:
        """Answer every request, in order.

        Raises: ConfigError, RetryableError, as ``EndpointPool.ask``.
        """
        return raise_for(self.answer(requests))

    def answer(self, requests: Sequence[Request], on_done: OnDone | None = None) -> list[Answer | Failure]:
        """Answer every request, in order; what does not come back before the deadline stays on its way."""
        keys = [request.key for request in requests]
        known: dict[str, Answer | Failure] = dict(self._ledger.find(keys))
        missing = {key: request for key, request in zip(keys, requests, strict=True) if key not in known}
        for key, outcome in self._answer_missing(missing):
            known[key] = outcome
            if on_done is not None:
                on_done(outcome)
        return [known[key] for key in keys]

    def _answer_missing(self, missing: dict[str, Request]) -> Iterator[tuple[str, Answer | Failure]]:
        shares: list[dict[str, Request]] = [{} for _ in self._endpoints]
        for key, request in missing.items():
            places = in_order(request, key, self._endpoints)
            if places:
                shares[places[0]][key] = request
            else:
                yield key, nobody(request, self._endpoints, "no batch endpoint can take the request's images")
        deadline_s = time.monotonic() + self._terms.deadline_s
        open_batches: dict[tuple[int, str], list[str]] = {}
        for place, share in enumerate(shares):
            yield from self._submit(place, share, open_batches).items()
        yield from self._collect(missing, open_batches, deadline_s)

    def _submit(
        self, place: int, share: dict[str, Request], open_batches: dict[tuple[int, str], list[str]]
    ) -> dict[str, Answer | Failure]:
        """Find the batches that are on their way, and send what is in none of them; give what could not be sent."""
        endpoint, failures = self._endpoints[place], dict[str, Answer | Failure]()
        self._tallies[place].first_choices += len(share)
        try:
            on_their_way = self._ledger.open_batches(endpoint.name)
            sent = {key for keys in on_their_way.values() for key in keys}
            for part in self._parts(endpoint, {key: r for key, r in share.items() if key not in sent}, failures):
                on_their_way[self._sent_batch(place, part)] = list(part)
            open_batches |= {(place, batch_id): keys for batch_id, keys in on_their_way.items()}
        except _DOWN:
            detail = f"endpoint {endpoint.name} took no batch: it could not be reached or had no quota"
            failures |= {key: Failure(RejectReason.ENDPOINT_FAILED, detail, endpoint.name, 1) for key in share}
        except openai.APIStatusError as error:
            detail = f"endpoint {endpoint.name} took no batch: status {error.status_code}"
            failures |= {key: Failure(RejectReason.ENDPOINT_DENIED, detail, endpoint.name, 1) for key in share}
        return failures

    def _parts(
        self, endpoint: Endpoint, share: dict[str, Request], failures: dict[str, Answer | Failure]
    ) -> Iterator[dict[str, bytes]]:
        """Cut requests into files that the server takes, and stop where the budget does."""
        part: dict[str, bytes] = {}
        size = 0
        reserved_usd = self._ledger.spent_usd()
        for key, request in share.items():
            reserved_usd += endpoint.cost_usd(round(tokens_in(request)), tokens_out(request))
            if self._terms.budget_usd is not None and reserved_usd > self._terms.budget_usd:
                failures[key] = Failure(RejectReason.BUDGET_SPENT, "the budget is spent")
                continue
            call = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions"}
            line = json.dumps(call | {"body": body_of(endpoint, request)}, ensure_ascii=False).encode() + b"\n"
            if part and (len(part) == MAX_REQUESTS or size + len(line) > MAX_BYTES):
                yield part
                part, size = {}, 0
            part[key] = line
            size += len(line)
        if part:
            yield part

    def _sent_batch(self, place: int, part: dict[str, bytes]) -> str:
        """Create a batch once; one with the same keys that is not in the ledger was created just before a kill."""
        client, name, digest = self._clients[place], self._endpoints[place].name, content_sha256(sorted(part))
        noted = self._ledger.all_batches(name)
        for batch in client.batches.list(limit=100).data or []:
            if (batch.metadata or {}).get(_MARK) == digest and batch.id not in noted:
                self._ledger.note_batch(batch.id, name, list(part), "created")
                return batch.id
        file = client.files.create(file=("requests.jsonl", b"".join(part.values())), purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={_MARK: digest},
        )
        self._ledger.note_batch(batch.id, name, list(part), "created")
        return batch.id

    def _collect(
        self, missing: dict[str, Request], open_batches: dict[tuple[int, str], list[str]], deadline_s: float
    ) -> Iterator[tuple[str, Answer | Failure]]:
        """Wait for batches and read them; what is not over at the deadline is left for the next run."""
        wait_s = FIRST_POLL_S
        while open_batches:
            for (place, batch_id), keys in list(open_batches.items()):
                outcomes = self._outcomes(place, batch_id, missing)
                if outcomes is None:
                    continue
                del open_batches[place, batch_id]
                lost = Failure(RejectReason.ENDPOINT_FAILED, "the batch came back without it", attempts=1)
                yield from ((key, outcomes.get(key, lost)) for key in keys if key in missing)
            if open_batches and time.monotonic() >= deadline_s:
                break
            if open_batches:
                time.sleep(min(wait_s, max(0.05, deadline_s - time.monotonic())))
                wait_s = min(MAX_POLL_S, wait_s * 1.5)
        late = Failure(RejectReason.DEADLINE_PASSED, "the batch is still on its way: run the same command again")
        for keys in open_batches.values():
            yield from ((key, late) for key in keys if key in missing)

    def _outcomes(self, place: int, batch_id: str, missing: dict[str, Request]) -> dict[str, Answer | Failure] | None:
        """Read a batch that is over and record its answers; None while it is not, or cannot be reached."""
        client, endpoint = self._clients[place], self._endpoints[place]
        try:
            batch = client.batches.retrieve(batch_id)
            if batch.status not in OVER:
                return None
            ids = [file_id for file_id in (batch.output_file_id, batch.error_file_id) if file_id]
            lines = [line for file_id in ids for line in client.files.content(file_id).content.splitlines()]
        except (*_DOWN, openai.OpenAIError, ValueError):
            return None
        read = dict(filter(None, (outcome_of(line, missing, endpoint) for line in lines)))
        answers = {key: outcome for key, outcome in read.items() if isinstance(outcome, Answer)}
        standing = self._ledger.record([(missing[key], answer) for key, answer in answers.items()])
        for key, (failure, tokens) in ((k, o) for k, o in read.items() if isinstance(o, tuple)):
            cost_usd = endpoint.cost_usd(*(count or 0 for count in tokens))
            self._ledger.spend(key, endpoint.name, failure.reason.value, tokens, cost_usd)
        self._ledger.note_batch(batch_id, endpoint.name, [], "collected")
        self._book(place, standing)
        failures = {key: outcome[0] for key, outcome in read.items() if isinstance(outcome, tuple)}
        return dict(zip(answers, standing, strict=True)) | failures

    def _book(self, place: int, answers: Sequence[Answer]) -> None:
        tally = self._tallies[place]
        tally.answered += len(answers)
        tally.tokens_in += sum(answer.prompt_tokens or 0 for answer in answers)
        tally.tokens_out += sum(answer.completion_tokens or 0 for answer in answers)
        tally.cost_usd += sum(answer.cost_usd for answer in answers)


def _client_of(endpoint: Endpoint, terms: Terms) -> OpenAI:
    return OpenAI(
        base_url=endpoint.base_url,
        api_key=terms.keys.get(endpoint.name, "none"),
        max_retries=2,
        timeout=CALL_TIMEOUT_S,
        http_client=httpx2.Client(trust_env=not is_loopback(endpoint), follow_redirects=False),
    )
