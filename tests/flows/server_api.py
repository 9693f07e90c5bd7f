"""Questions to a Prefect server as its own client asks them: 503 is what SQLite says while it writes, ask again."""

import json
import time
import urllib.error
import urllib.request

RETRY_S = 120


def answer_of(url, body=None, method=None):
    """The status and what was said; nothing was done where a server says 503."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    deadline = time.monotonic() + RETRY_S
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            if error.code != 503 or time.monotonic() > deadline:
                return error.code, json.loads(error.read() or "null")
        time.sleep(0.3)


def ask(url, body=None, method=None):
    """What was said; an answer that is no success fails the test."""
    status, said = answer_of(url, body, method)
    assert status < 400, (status, said)
    return said
