"""A real OpenAI-compatible HTTP server on a free port that misbehaves on request."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: A plan gives, for the text of the last message and its count so far, what to do: ok, 429, 500, 400, 401, drop, junk, html, slow.
Plan = Callable[[str, int], str]


class Mock:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.seen: list[dict] = []
        self.lock = threading.Lock()
        self.url = ""

    def count(self, body: dict) -> int:
        with self.lock:
            n = sum(other["messages"] == body["messages"] for other in self.seen)
            self.seen.append(body)
            return n


def _handler(mock: Mock) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args) -> None:
            pass

        def reply(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", headers.pop("content_type", "application/json"))
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.reply(200, json.dumps({"object": "list", "data": []}).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            n = mock.count(body)
            text = body["messages"][-1]["content"]
            act = mock.plan(text, n)
            if act == "drop":
                self.close_connection = True
                self.connection.close()
            elif act in {"400", "401", "403", "429", "500"}:
                extra = {"Retry_After": "0.3"} if act == "429" else {}
                self.reply(int(act), b'{"error": {"message": "no"}}', **extra)
            elif act == "junk":
                self.reply(200, b'{"choices": [{"mess')
            elif act == "html":
                self.reply(200, b"<html>busy</html>", content_type="text/html")
            else:
                if act == "slow":
                    time.sleep(1.5)
                answer = {"role": "assistant", "content": f"echo {text}"}
                choice = {"index": 0, "message": answer, "finish_reason": "stop"}
                usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
                content = {"id": "x", "object": "chat.completion", "created": 0, "model": "mock", "choices": [choice]}
                self.reply(200, json.dumps(content | {"usage": usage}).encode())

    return Handler


@contextmanager
def serve(plan: Plan) -> Iterator[Mock]:
    mock = Mock(plan)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(mock))
    server.daemon_threads = True
    server.handle_error = lambda *args: None
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    mock.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield mock
    finally:
        server.shutdown()
        server.server_close()
