"""A real HTTP server that speaks the OpenAI protocol and misbehaves as it is told: for tests and `make bench-pool`.

Flows in: a plan (text of the last message, how often it was seen) -> an act. Flows out: what it was sent, and when.
Acts: ok, 429 (bare), 429:SECONDS, 429@SECONDS (Retry-After as an HTTP date), any other status, drop (before the body),
half (mid-body), junk, error (an error object in a 200), none (no choices), null (no content), cut (finish_reason
length), truncated (half a JSON text), parts (content as a list), fenced, hang. Answers are the last message as
{"echo": …} where a schema is asked for, else as "echo …".
"""

import asyncio
import contextlib
import hashlib
import json
import math
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from email.utils import formatdate
from pathlib import Path
from statistics import NormalDist
from typing import Any

Plan = Callable[[str, int], str]
_HANG_S = 3600.0
#: How often a waiting answer looks whether its client is still there.
_LOOK_S = 0.25


@dataclass
class Mood:
    """A plan that can be written down: shares of acts and a log-normal latency, both drawn from the text and a seed."""

    shares: dict[str, float] = field(default_factory=dict)
    median_s: float = 0.0
    sigma: float = 0.0
    seed: int = 0

    def __call__(self, text: str, seen: int) -> str:
        """Draw an act."""
        at = _draw(self.seed, text, seen)
        for act, share in self.shares.items():
            at -= share
            if at < 0:
                return act
        return "ok"

    def latency_s(self, text: str, seen: int) -> float:
        """Draw how long it takes."""
        if not self.sigma:
            return self.median_s
        return self.median_s * math.exp(self.sigma * NormalDist().inv_cdf(_draw(self.seed, "s", text, seen)))


def _draw(*what: object) -> float:
    digest = hashlib.sha256("/".join(map(str, what)).encode()).digest()
    return (int.from_bytes(digest[:6]) + 0.5) / 2**48


@dataclass
class Seen:
    """One request as it came in."""

    at_s: float
    text: str
    act: str
    running: int
    model: str


class Rehearsal:
    """The server. ``seen`` and ``answered`` may be read while it runs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.seen: list[Seen] = []
        self.bodies: list[dict[str, Any]] = []
        self.answered: Counter[str] = Counter()
        self.url = ""
        self.keep_bodies = True
        self._count: Counter[str] = Counter()
        self._running = 0

    async def serve(self, port: int = 0) -> asyncio.Server:
        """Listen on loopback."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", port, backlog=2048)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        return server

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(h[15:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")), 0)
        raw = await reader.readexactly(length)
        if head.startswith(b"GET"):
            log = b'{"object": "list", "data": []}' if b"/models" in head[:40] else self._log()
            return await _reply(writer, 200, log)
        self._running += 1
        try:
            return await self._answer(json.loads(raw), reader, writer)
        finally:
            self._running -= 1

    async def _answer(self, body: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        text = _text_of(body["messages"][-1]["content"])
        seen = self._count[text]
        self._count[text] += 1
        act = self.plan(text, seen)
        self.seen.append(Seen(time.time(), text, act, self._running, body["model"]))
        if self.keep_bodies:
            self.bodies.append(body)
        latency = getattr(self.plan, "latency_s", None)
        wait_s = _HANG_S if act == "hang" else latency(text, seen) if latency else 0.0
        if not await _waited(wait_s, reader):
            return False
        return await self._act(act, text, body, writer)

    async def _act(self, act: str, text: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        if act == "drop":
            return False
        if act[:3].isdigit():
            return await _reply(writer, int(act[:3]), b'{"error": {"message": "no"}}', _retry_after(act[3:]))
        raw = {"junk": b'{"choices": [{"mess', "error": b'{"error": {"message": "busy"}}', "none": b'{"choices": []}'}
        if act in raw:
            return await _reply(writer, 200, raw[act])
        completion = json.dumps(_completion(act, text, body)).encode()
        if act == "half":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(completion) + completion[:30])
            await writer.drain()
            return False
        alive = await _reply(writer, 200, completion)
        if act in {"ok", "parts", "fenced"}:
            self.answered[text] += 1
        return alive

    def _log(self) -> bytes:
        return json.dumps({"seen": [asdict(one) for one in self.seen], "answered": self.answered}).encode()


async def _waited(seconds: float, reader: asyncio.StreamReader) -> bool:
    """Take so long; False where the client hung up meanwhile: then nobody got an answer, and nothing runs any more."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not reader.at_eof():
        await asyncio.sleep(min(left, _LOOK_S))
    return not reader.at_eof()


def _text_of(content: Any) -> str:  # noqa: ANN401 - whatever was sent
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _retry_after(asked: str) -> bytes:
    if not asked:
        return b""
    if asked[0] == "@":
        now_s = math.ceil(time.time())
        dates = formatdate(now_s + float(asked[1:]), usegmt=True), formatdate(now_s, usegmt=True)
        return f"retry-after: {dates[0]}\r\ndate: {dates[1]}\r\n".encode()
    return f"retry-after: {asked[1:]}\r\n".encode()


def _completion(act: str, text: str, body: dict[str, Any]) -> dict[str, Any]:
    wants_json = "response_format" in body or act in {"fenced", "truncated"}
    answer: Any = json.dumps({"echo": text}) if wants_json else f"echo {text}"
    if act.startswith("say:"):
        answer = act.removeprefix("say:")
    if act == "truncated":
        answer = answer[: len(answer) // 2]
    if act == "fenced":
        answer = f"```json\n{answer}\n```"
    content = {"null": None, "parts": [{"type": "text", "text": answer}]}.get(act, answer)
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "length" if act == "cut" else "stop"}
    usage = {"prompt_tokens": len(text) // 4 + 1, "completion_tokens": 8, "total_tokens": len(text) // 4 + 9}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"]} | {
        "choices": [choice],
        "usage": usage,
    }


async def _reply(writer: asyncio.StreamWriter, status: int, body: bytes, more: bytes = b"") -> bool:
    head = b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%s\r\n"
    writer.write(head % (status, len(body), more) + body)
    await writer.drain()
    return True


@contextmanager
def rehearsal(plan: Plan, port: int = 0) -> Iterator[Rehearsal]:
    """Serve on a loopback port, in a thread of this process."""
    server = Rehearsal(plan)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = asyncio.run_coroutine_threadsafe(server.serve(port), loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_stop(listening), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(listening: asyncio.Server) -> None:
    listening.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def serve_at(port: int) -> None:
    """Serve well-behaved answers on a port, until cancelled."""
    async with await Rehearsal(Mood(median_s=0.1)).serve(port) as listening:
        await listening.serve_forever()


async def _serve_alone(mood: Mood, port_file: Path) -> None:
    server = Rehearsal(mood)
    server.keep_bodies = False
    listening = await server.serve()
    port_file.write_text(server.url, encoding="utf-8")
    async with listening:
        await listening.serve_forever()


if __name__ == "__main__":  # python -m flows.pool.rehearsal MOOD.json URL_FILE
    asyncio.run(_serve_alone(Mood(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), Path(sys.argv[2])))
