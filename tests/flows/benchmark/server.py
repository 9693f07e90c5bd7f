"""A model on loopback that answers questions of the benchmark, with log-probabilities where they are asked for."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Model:
    def __init__(self, delay_s: float) -> None:
        self.url = ""
        self.delay_s = delay_s
        self.bodies: list[dict] = []

    def answer(self, body: dict) -> dict:
        self.bodies.append(body)
        time.sleep(self.delay_s)
        content = body["messages"][0]["content"]
        text = content if isinstance(content, str) else content[-1]["text"]
        word = "medium" if "quality" in text else "malignant" if "mass" in text else "center"
        choice = {"message": {"role": "assistant", "content": word}, "finish_reason": "stop"}
        if body.get("logprobs"):
            top = [
                {"token": token, "logprob": value} for token, value in (("medium", -0.2), ("high", -2.0), ("low", -4.0))
            ]
            choice["logprobs"] = {"content": [{"token": "medium", "logprob": -0.2, "top_logprobs": top}]}
        return {"model": "model-1", "choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 1}}


def _handler(model: Model) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = json.dumps(model.answer(body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

    return Handler


@contextmanager
def serve(delay_s: float = 0.0) -> Iterator[Model]:
    model = Model(delay_s)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(model))
    model.url = f"http://127.0.0.1:{server.server_port}/v1"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
