"""The rehearsal server: what it counts as answered is what a client got."""

import json
import socket
import time

from flows.pool.rehearsal import Mood, rehearsal


def asked(port, text):
    """Send a request and give its connection."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    return connection


def test_an_answer_counts_when_its_client_is_still_there():
    with rehearsal(Mood(median_s=0.6)) as server:
        port = int(server.url.rsplit(":", 1)[1].split("/")[0])
        gone, there = asked(port, "gone"), asked(port, "there")
        while len(server.seen) < 2:
            time.sleep(0.01)
        gone.close()
        assert there.recv(15) == b"HTTP/1.1 200 X\r"
        there.close()
        time.sleep(0.3)
        assert dict(server.answered) == {"there": 1}
