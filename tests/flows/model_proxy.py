"""A counting proxy before the real demo model: what was sent, how often, and (once computed) the same answer at once."""

import json
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from curation.generate.embedded import embedded_endpoint


class Proxy:
    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.url = ""
        self.sent: Counter[bytes] = Counter()
        self.answered: Counter[bytes] = Counter()
        self.answers: dict[bytes, bytes] = {}
        self.lock = threading.Lock()

    def reset(self) -> None:
        """Forget the counts, keep the answers."""
        with self.lock:
            self.sent.clear()
            self.answered.clear()

    def complete(self, path: str, body: bytes) -> bytes:
        with self.lock:
            self.sent[body] += 1
            known = self.answers.get(body)
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
