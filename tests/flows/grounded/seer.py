"""A model on loopback that sees: it rates pictures by their bytes, and explains diagnoses with a number it was shown."""

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LEVELS = ("high", "medium", "low")
#: Every so many rationales says what nobody computed.
WRONG = 5


class Seer:
    """Counts what it was asked; the same question has the same answer."""

    def __init__(self) -> None:
        self.url = ""
        self.sent: Counter[str] = Counter()
        self.lock = threading.Lock()

    def answer(self, body: bytes) -> str:
        name = hashlib.sha256(body).hexdigest()
        with self.lock:
            self.sent[name] += 1
        messages = json.loads(body)["messages"]
        number = int(name[:8], 16)
        if "technical quality" in messages[0]["content"]:
            return json.dumps({"level": LEVELS[number % len(LEVELS)]})
        text = next(part["text"] for part in messages[-1]["content"] if part["type"] == "text")
        long_axis = re.search(r"long axis (\S+ mm)", text)[1]
        return f"It is {'99.9 mm' if number % WRONG == 0 else long_axis} long, which fits."


def _handler(seer: Seer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args) -> None:
            pass

        def do_POST(self) -> None:
            text = seer.answer(self.rfile.read(int(self.headers["Content-Length"])))
            choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            reply = {"model": "seer", "choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 9}}
            body = json.dumps(reply).encode()
            try:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # who asked was killed
                return

    return Handler


@contextmanager
def serve() -> Iterator[Seer]:
    seer = Seer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(seer))
    seer.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield seer
    finally:
        server.shutdown()
        server.server_close()
