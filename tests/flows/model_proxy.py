"""A counting proxy before the real demo model: what was sent, how often, and (once computed) the same answer at once.

Answers that the real model gave before are in data/model_answers.jsonl, by the hash of the request; what is not there is
asked of the real model. SONOCURATE_RECORD=1 writes the file anew, SONOCURATE_RECORD=0 leaves it unread.
"""

import hashlib
import json
import os
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from curation.generate.embedded import embedded_endpoint

RECORDED = Path(__file__).parent / "data/model_answers.jsonl"
RECORD = os.environ.get("SONOCURATE_RECORD")


def recorded() -> dict[str, bytes]:
    """Read what the real model answered before."""
    if RECORD is not None or not RECORDED.is_file():
        return {}
    rows = map(json.loads, RECORDED.read_text(encoding="utf-8").splitlines())
    return {row["request"]: row["answer"].encode() for row in rows}


def name_of(body: bytes) -> str:
    """Name a request."""
    return hashlib.sha256(body).hexdigest()


class Proxy:
    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.url = ""
        self.sent: Counter[bytes] = Counter()
        self.answered: Counter[bytes] = Counter()
        self.answers: dict[bytes, bytes] = {}
        self.recorded = recorded()
        self.lock = threading.Lock()

    def reset(self) -> None:
        """Forget the counts, keep the answers."""
        with self.lock:
            self.sent.clear()
            self.answered.clear()

    def record(self) -> None:
        """Write the answers of this session for the next ones."""
        rows = ({"request": name_of(body), "answer": answer.decode()} for body, answer in self.answers.items())
        lines = sorted(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        RECORDED.parent.mkdir(exist_ok=True)
        RECORDED.write_text("".join(lines), encoding="utf-8")

    def complete(self, path: str, body: bytes) -> bytes:
        with self.lock:
            self.sent[body] += 1
            known = self.answers.get(body) or self.recorded.get(name_of(body))
        if known is None:
            request = urllib.request.Request(f"{self.upstream}{path}", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=300) as answer:
                known = answer.read()
            with self.lock:
                self.answers[body] = known
        return known


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args) -> None:
            pass

        def reply(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.reply(json.dumps({"object": "list", "data": []}).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = proxy.complete(self.path.removeprefix("/v1"), body)
            try:
                self.reply(answer)
            except OSError:  # the client was killed: this answer was never received
                return
            with proxy.lock:
                proxy.answered[body] += 1

    return Handler


@contextmanager
def serve_model() -> Iterator[Proxy]:
    """Serve the real demo model behind the proxy on a free loopback port."""
    with embedded_endpoint() as endpoint:
        proxy = Proxy(endpoint.base_url)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy))
        server.daemon_threads = True
        server.handle_error = lambda *args: None
        proxy.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
            if RECORD == "1":
                proxy.record()
