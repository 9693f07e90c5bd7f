"""A page on this machine alone that shows one sealed crop after the other, with two buttons: keep, stay masked.

In: a review queue and its key. Out: decisions in `queue.csv`. Crops are decrypted in memory, sent to 127.0.0.1 only,
under an address that holds a random token, and never cached. Nothing is logged.
"""

import base64
import hmac
import html
import secrets
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flows.masks.review.offers import Decided, read_decisions, record
from flows.masks.review.seal import open_crop
from flows.person import check_code
from schemas.errors import ConfigError
from schemas.review import ReviewDecision

HOST = "127.0.0.1"
MOST_BODY_BYTES = 4096
TIMEOUT_S = 30
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mask review</title>
<style>body{font:16px sans-serif;margin:2em;background:#222;color:#eee}img{zoom:2;image-rendering:pixelated}
button{font-size:1.2em;margin:1em 1em 1em 0;padding:.5em 1.5em}a{color:#9cf}</style></head><body>
<p>$place of $total, $open open. Reviewer $reviewer. Rule: $rule. Decision so far: $decision.</p>
<p>May everybody see what stands in the yellow frame? Keep it only if nothing in it could tell who the patient is.</p>
$picture
<form method="post" action="decide"><input type="hidden" name="review_id" value="$review_id">
<button name="decision" value="keep">keep</button><button name="decision" value="mask">stay masked</button></form>
<p><a href="?n=$previous">previous</a> <a href="?n=$next">next</a></p></body></html>
""")


class ReviewServer(ThreadingHTTPServer):
    """Serves one queue to one reviewer on a free port of the loopback interface."""

    daemon_threads = True

    def __init__(self, out_dir: Path, key: bytes, reviewer: str, port: int = 0) -> None:
        self.out_dir = out_dir
        self.key = key
        self.reviewer = check_code(reviewer, "reviewer")
        self.token = secrets.token_urlsafe(24)
        _check_queue(out_dir, key)
        try:
            super().__init__((HOST, port), _Page)
        except (OSError, OverflowError):
            raise ConfigError(f"port {port} cannot be used: choose another, or 0 for a free one") from None

    @property
    def url(self) -> str:
        """The address of the page; whoever has it on this machine can see the crops."""
        return f"http://{HOST}:{self.server_address[1]}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in http.server
        """Stay silent: a traceback could hold what a crop shows."""


def serve(
    out_dir: Path, key: bytes, reviewer: str, port: int = 0, *, announce: Callable[[str], object] | None = None
) -> None:
    """Serve the page until interrupted; ``announce`` gets its address (default: standard output).

    Raises: ConfigError when the queue, the key, the reviewer or the port will not do.
    """
    with ReviewServer(out_dir, key, reviewer, port) as server:
        (announce or _say)(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def _say(url: str) -> None:
    sys.stdout.write(f"review at {url} (this machine only; stop with Ctrl-C)\n")
    sys.stdout.flush()


def _check_queue(out_dir: Path, key: bytes) -> None:
    """Open the first crop, so that a wrong key or an expired queue is said at once."""
    rows = read_decisions(out_dir)
    if not rows:
        raise ConfigError(f"the queue in {out_dir} is empty: there is nothing to review")
    open_crop(out_dir, rows[0].offer.review_id, key)


class _Page(BaseHTTPRequestHandler):
    """Answers requests; everything but the page and its form is 404."""

    server: ReviewServer
    server_version = "sonocurate"
    sys_version = ""
    timeout = TIMEOUT_S

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as in http.server
        """Log nothing: addresses hold the token."""

    def do_GET(self) -> None:
        """Show the crop that ``?n=`` names, else the first without a decision."""
        parts = urlsplit(self.path)
        if not self._is_ours(parts.path, ""):
            return self._answer(404, "not found")
        try:
            rows = read_decisions(self.server.out_dir)
            return self._answer(200, self._page(rows, _number(parts.query, rows)))
        except ConfigError as error:
            return self._answer(409, html.escape(str(error)))

    def do_POST(self) -> None:
        """Write one decision and go on to the next crop."""
        length = self.headers.get("Content-Length", "")
        if not self._is_ours(urlsplit(self.path).path, "decide"):
            return self._answer(404, "not found")
        if not (length.isascii() and length.isdecimal() and int(length[:9]) <= MOST_BODY_BYTES):
            return self._answer(400, "bad request")
        fields = parse_qs(self.rfile.read(int(length)).decode("ascii", "replace"))
        name, word = (fields.get(field, [""])[0] for field in ("review_id", "decision"))
        if word not in set(ReviewDecision):
            return self._answer(400, "bad request")
        try:
            record(self.server.out_dir, name, ReviewDecision(word), self.server.reviewer)
        except ConfigError as error:
            return self._answer(409, html.escape(str(error)))
        return self._answer(303, "", location="./")

    def _is_ours(self, path: str, leaf: str) -> bool:
        """See that the request has the token and was meant for this host (no foreign name that resolves to it)."""
        expected = f"/{self.server.token}/{leaf}"
        meant = {f"{name}:{self.server.server_address[1]}" for name in (HOST, "localhost")}
        return hmac.compare_digest(path.encode(), expected.encode()) and self.headers.get("Host", "") in meant

    def _page(self, rows: list[Decided], place: int) -> str:
        row = rows[place]
        try:
            png = open_crop(self.server.out_dir, row.offer.review_id, self.server.key)
            picture = f'<img alt="crop" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        except ConfigError as error:
            picture = f"<p>{html.escape(str(error))}</p>"
        values = {
            "place": place + 1,
            "total": len(rows),
            "open": sum(row.decision is None for row in rows),
            "reviewer": self.server.reviewer,
            "rule": row.offer.rule,
            "decision": row.decision or "none",
            "review_id": row.offer.review_id,
            "previous": max(1, place),
            "next": min(len(rows), place + 2),
        }
        return PAGE.substitute({name: html.escape(str(value)) for name, value in values.items()}, picture=picture)

    def _answer(self, status: int, body: str, *, location: str | None = None) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if location is not None:
            self.send_header("Location", location)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _number(query: str, rows: list[Decided]) -> int:
    """Give the row to show: the one asked for, else the first open one, else the last."""
    asked = parse_qs(query).get("n", [""])[0][:9]
    if asked.isascii() and asked.isdecimal() and 1 <= int(asked) <= len(rows):
        return int(asked) - 1
    return next((place for place, row in enumerate(rows) if row.decision is None), len(rows) - 1)
