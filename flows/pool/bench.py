"""`make bench-pool`: what the pool costs beside the bare client, and what it does under faults, as tables.

Flows in: nothing; servers are processes of their own on loopback. Flows out: lines on standard output. Run it with
nothing else running. Parts: rate, storm, verdict, dead, outage, mix, kills.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI, DefaultAioHttpClient
from rich.table import Table

from curation.generate.request import Answer, Failure, Message, Request
from curation.pool.ledger import Ledger
from curation.pool.pool import EndpointPool
from curation.pool.terms import Terms
from flows.pool.bench_books import limits_kept, log_of
from flows.pool.chaos import kill_and_rerun
from flows.pool.rehearsal import Mood
from flows.show import console
from schemas.endpoint import Endpoint

CONCURRENCY = 256
N_RATE, N_STORM, N_MIX, N_DEAD = 4000, 10_000, 10_000, 3000
#: The issue's storm: shares of all requests, and latencies with a heavy tail.
STORM = {"429": 0.1, "429:1": 0.1, "500": 0.05, "drop": 0.025, "half": 0.025, "junk": 0.05, "truncated": 0.02}


@contextmanager
def server(mood: Mood) -> Iterator[str]:
    """Start a server process; gives its URL."""
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        mood_file, url_file = Path(scratch, "mood.json"), Path(scratch, "url")
        mood_file.write_text(json.dumps(asdict(mood)), encoding="utf-8")
        process = subprocess.Popen([sys.executable, "-m", "flows.pool.rehearsal", mood_file, url_file])
        try:
            while not (url_file.exists() and url_file.read_text(encoding="utf-8")):
                time.sleep(0.05)
            yield url_file.read_text(encoding="utf-8")
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _request(number: int, *, schema: dict[str, Any] | None = None, seed: int = 0) -> Request:
    messages = (Message("system", "You are a sonographer." * 8), Message("user", f"request {number} of run {seed}"))
    return Request(messages, 64, 0.0, None, "bench", schema=schema, whole=True)


def _endpoint(name: str, url: str, **more: Any) -> Endpoint:  # noqa: ANN401 - fields of the model
    return Endpoint.model_validate({"name": name, "base_url": url, "model": name, "max_concurrency": 128} | more)


def rate() -> None:
    """Compare rate and CPU per request with the bare client, in turns, in one process."""
    runs: dict[str, list[tuple[float, float]]] = {"openai + aiohttp, bare": [], "pool with ledger": []}
    with server(Mood(median_s=0.2)) as url:
        for turn in range(3):
            runs["openai + aiohttp, bare"].append(_measured(lambda: asyncio.run(_bare(url, turn))))  # noqa: B023 - called at once
            runs["pool with ledger"].append(_measured(lambda: _pooled(url, 10 + turn)))  # noqa: B023 - called at once
    table = Table(f"200 ms server, {CONCURRENCY} at once", "requests / s", "CPU ms / request", "rate", "CPU", "asked")
    base = [statistics.median(values) for values in zip(*runs["openai + aiohttp, bare"], strict=True)]
    for name, measured in runs.items():
        seconds, cpu = (statistics.median(values) for values in zip(*measured, strict=True))
        ratios = (f"{base[0] / seconds:.0%}", f"{cpu / base[1]:.2f} x")
        asked = "" if "bare" in name else "rate >= 75 %, CPU <= 1.3 x"
        table.add_row(name, f"{N_RATE / seconds:.0f}", f"{1000 * cpu / N_RATE:.2f}", *ratios, asked)
    console().print(table)


def _measured(work: Callable[[], object]) -> tuple[float, float]:
    start, cpu = time.monotonic(), time.process_time()
    work()
    return time.monotonic() - start, time.process_time() - cpu


async def _bare(url: str, seed: int) -> None:
    permits = asyncio.Semaphore(CONCURRENCY)
    async with AsyncOpenAI(base_url=url, api_key="x", max_retries=0, http_client=DefaultAioHttpClient()) as client:

        async def one(number: int) -> None:
            system, user = _request(number, seed=seed).messages
            async with permits:
                completion = await client.chat.completions.create(
                    model="m",
                    messages=[
                        {"role": "system", "content": str(system.content)},
                        {"role": "user", "content": str(user.content)},
                    ],
                    max_tokens=64,
                    temperature=0,
                )
            if not completion.choices[0].message.content:
                raise ValueError

        await asyncio.gather(*(one(number) for number in range(N_RATE)))


def _pooled(url: str, seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        ledger = Ledger(Path(scratch, "ledger.sqlite"))
        with EndpointPool([_endpoint("a", url, max_concurrency=CONCURRENCY)], ledger) as pool:
            outcomes = pool.answer([_request(number, seed=seed) for number in range(N_RATE)])
        ledger.close()
    if not all(isinstance(outcome, Answer) for outcome in outcomes):
        raise ValueError


def storm() -> None:
    """Send 10,000 requests through three endpoints that fail a third of the time; one of them has limits."""
    schema = {"type": "object", "required": ["echo"]}
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        urls = [stack.enter_context(server(Mood(STORM, median_s=0.15, sigma=1.0, seed=seed))) for seed in range(3)]
        more = {"capabilities": ("text", "json_schema")}
        ends = [_endpoint(f"e{place}", url, **more) for place, url in enumerate(urls)]
        ends[2] = ends[2].model_copy(update={"rpm": 600, "tpm_input": 40_000, "max_concurrency": 16, "weight": 0.1})
        start = time.monotonic()
        ledger = Ledger(Path(scratch, "ledger.sqlite"))
        with EndpointPool(ends, ledger, Terms(deadline_s=300)) as pool:
            outcomes = pool.answer([_request(number, schema=schema) for number in range(N_STORM)])
        seconds = time.monotonic() - start
        logs = [log_of(url) for url in urls]
    reasons = Counter(outcome.reason.value for outcome in outcomes if isinstance(outcome, Failure))
    valid = Counter(text for log in logs for text, count in log["answered"].items() for _ in range(count))
    table = Table(f"storm of {N_STORM} requests in {seconds:.0f} s", "measured", "asked")
    table.add_row("answered or rejected with a reason", f"{len(outcomes)} ({dict(reasons)} rejected)", f"{N_STORM}")
    table.add_row("sent again after a valid answer", str(sum(count - 1 for count in valid.values())), "0")
    sent = sum(len(log["seen"]) for log in logs)
    table.add_row(
        "sent in all, of them 429", f"{sent}, {sum(one['act'][:3] == '429' for log in logs for one in log['seen'])}", ""
    )
    for end, log in zip(ends, logs, strict=True):
        table.add_row(f"{end.name}: most at once, in a minute", *limits_kept(end, log))
        table.add_row(f"{end.name}: sent while it had asked to wait", str(log["too_soon"]), "0")
    console().print(table)


def verdict() -> None:
    """Let llmock judge: 20 % 429 with Retry-After and 10 % 500 and 503."""
    from llmock.chaos import ChaosSettings  # noqa: PLC0415 - a development dependency
    from llmock.testing import LLMockServer  # noqa: PLC0415
    from llmock.verdict import judge  # noqa: PLC0415

    chaos = ChaosSettings(latency_ms=50, error_rates={429: 0.2, 500: 0.05, 503: 0.05})
    with LLMockServer(chaos=chaos) as one, LLMockServer(chaos=chaos) as two:
        ends = [_endpoint(f"e{n}", s.base_url("openai"), max_concurrency=16) for n, s in enumerate((one, two))]
        with EndpointPool(ends, Ledger(None), Terms(deadline_s=300)) as pool:
            outcomes = pool.answer([_request(number) for number in range(600)])
        table = Table("llmock's verdict", "calls", "attempts", "faults", "errors", "warnings", "asked")
        for number, mock in enumerate((one, two)):
            found = judge(mock.state.journal.records())
            counts = (len(found.calls), found.attempts, found.faults, len(found.errors), len(found.warnings))
            table.add_row(f"e{number}", *map(str, counts), "0 errors")
    console().print(table)
    console().print(f"answered: {sum(isinstance(outcome, Answer) for outcome in outcomes)} of {len(outcomes)}")


def dead() -> None:
    """Compare three endpoints of which one is dead with the two that live, in turns."""
    runs: dict[str, list[float]] = {"two alone": [], "two, and a dead third": []}
    with server(Mood(median_s=0.2)) as one, server(Mood(median_s=0.2)) as two:
        living = [_endpoint(name, url, max_concurrency=16) for name, url in (("one", one), ("two", two))]
        corpse = _endpoint("dead", "http://127.0.0.1:9/v1", max_concurrency=16)
        for turn in range(3):
            runs["two alone"].append(_timed(living, 2 * turn))
            runs["two, and a dead third"].append(_timed([*living, corpse], 2 * turn + 1))
    alone_s = statistics.median(runs["two alone"])
    table = Table(f"{N_DEAD} requests, median of 3", "requests / s", "of alone", "asked")
    for name, took_s in ((name, statistics.median(values)) for name, values in runs.items()):
        table.add_row(name, f"{N_DEAD / took_s:.0f}", f"{alone_s / took_s:.1%}", "" if "alone" in name else "> 95 %")
    console().print(table)


def _timed(ends: Sequence[Endpoint], seed: int) -> float:
    with EndpointPool(ends, Ledger(None)) as pool:
        start = time.monotonic()
        outcomes = pool.answer([_request(number, seed=seed) for number in range(N_DEAD)])
    if not all(isinstance(outcome, Answer) for outcome in outcomes):
        raise ValueError
    return time.monotonic() - start


def outage() -> None:
    """Stop every server process for a while."""
    with server(Mood(median_s=0.1)) as url:
        pass  # it is gone: the port is dead
    ends = [_endpoint("one", url), _endpoint("two", "http://127.0.0.1:9/v1")]
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    code = f"import time,asyncio;from flows.pool.rehearsal import *;time.sleep(8);asyncio.run(serve_at({port}))"
    returning = subprocess.Popen([sys.executable, "-c", code])
    start = time.monotonic()
    try:
        with EndpointPool(ends, Ledger(None), Terms(deadline_s=60)) as pool:
            outcomes = pool.answer([_request(number, seed=3) for number in range(500)])
    finally:
        returning.kill()
        returning.wait()
    table = Table("all endpoints down for 8 s, then one returns", "measured", "asked")
    answered = sum(isinstance(outcome, Answer) for outcome in outcomes)
    table.add_row("answered", f"{answered} of {len(outcomes)} in {time.monotonic() - start:.1f} s", "all")
    console().print(table)


def mix() -> None:
    """Compare first choices with weights, under two timings."""
    weights = {"gpt": 4.0, "qwen-72b": 3.0, "qwen-7b": 2.0, "llama-8b": 1.0}
    chosen: list[list[str]] = []
    for seed, (median_s, order) in enumerate(((0.005, 1), (0.02, -1))):
        with ExitStack() as stack:
            urls = [
                stack.enter_context(server(Mood(median_s=median_s * (n + 1), sigma=0.5, seed=seed))) for n in range(4)
            ]
            ends = [_endpoint(n, u, weight=w) for (n, w), u in zip(weights.items(), urls, strict=True)]
            with EndpointPool(ends, Ledger(None)) as pool:
                outcomes = pool.answer([_request(number, seed=9) for number in range(N_MIX)][::order])[::order]
        chosen.append([outcome.endpoint or "" for outcome in outcomes])
    table = Table(f"mix over {N_MIX} requests", "weight", "first choices", "points off", "asked")
    for name, weight in weights.items():
        share, wanted = chosen[0].count(name) / N_MIX, weight / sum(weights.values())
        table.add_row(name, f"{wanted:.1%}", f"{share:.2%}", f"{100 * abs(share - wanted):.2f}", "<= 2")
    console().print(table)
    console().print(f"the same under another timing and order: {sum(map(str.__eq__, *chosen))} of {N_MIX}")


def kills() -> None:
    """Kill a run of 2,000 requests 20 times at random moments."""
    n_kills = int(os.environ.get("SONOCURATE_KILLS", "20"))
    with server(Mood(median_s=0.1, sigma=0.5)) as url:
        found = kill_and_rerun(url, n_requests=2000, n_kills=n_kills, seed=1)
    table = Table(f"{n_kills} kills of a run of 2000 requests", "measured", "asked")
    for name, value, asked in found.rows():
        table.add_row(name, value, asked)
    console().print(table)


PARTS: dict[str, Callable[[], None]] = {
    part.__name__: part for part in (rate, storm, verdict, dead, outage, mix, kills)
}


def main(arguments: Sequence[str]) -> None:
    """Run the parts that are asked for; all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    chosen = parser.parse_args(arguments).parts or list(PARTS)
    if unknown := [part for part in chosen if part not in PARTS]:
        parser.error(f"no part is called {unknown[0]}")
    for part in chosen:
        PARTS[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
