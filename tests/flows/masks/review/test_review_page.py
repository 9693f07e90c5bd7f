"""The review page over real HTTP: this machine alone, the token, no cache, decisions into the sheet."""

import base64
import http.client
import re
import shutil
import socket
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import pytest

from flows.masks.review import seal
from flows.masks.review.review import export_queue, open_crop, serve
from flows.masks.review.review_page import ReviewServer
from schemas.errors import ConfigError
from tests.flows.masks.review.queue_site import KEY, build_site, queue_rows

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONOCURATE_KEY", KEY)
        site = build_site(tmp_path_factory.mktemp("hospital") / "site")
        export_queue(site.config, site.folder.parent / "queue")
        yield site


@pytest.fixture
def out(site, tmp_path):
    shutil.copytree(site.folder.parent / "queue", tmp_path / "queue")
    return tmp_path / "queue"


@contextmanager
def running(out, key, reviewer="r1"):
    with ReviewServer(out, key, reviewer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server(site, out):
    with running(out, site.key) as server:
        yield server


def ask(server, path="", *, method="GET", body=None, host=None):
    """Send one request below the token (or to an absolute path)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    target = path if path.startswith("/") else urlsplit(server.url).path + path
    headers = {**(FORM if body is not None else {}), **({"Host": host} if host else {})}
    connection.request(method, target, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def decide(server, review_id, decision):
    return ask(server, "decide", method="POST", body=urlencode({"review_id": review_id, "decision": decision}))


def test_it_shows_each_crop_and_writes_decisions(server, site, out):
    ids = [row["review_id"] for row in queue_rows(out)]
    for place, name in enumerate(ids, start=1):
        answer, text = ask(server)
        assert answer.status == 200
        assert f"{place} of {len(ids)}, {len(ids) - place + 1} open" in text
        data = re.search(r"data:image/png;base64,([^\"]+)", text).group(1)
        assert base64.b64decode(data) == open_crop(out, name, site.key)
        assert f'value="{name}"' in text
        answer, _ = decide(server, name, "keep" if place % 2 else "mask")
        assert (answer.status, answer.headers["Location"]) == (303, "./")
    rows = queue_rows(out)
    assert [row["decision"] for row in rows] == ["keep", "mask"] * 3
    assert {row["reviewer"] for row in rows} == {"r1"}
    assert all(row["decided_at"].endswith("+00:00") for row in rows)
    assert (out / "queue.csv").stat().st_mode & 0o077 == 0
    assert "0 open" in ask(server)[1]
    assert "Decision so far: mask" in ask(server, "?n=2")[1]
    assert "5 of 6" in ask(server, "?n=5")[1]
    for odd in ("?n=0", "?n=99", "?n=x", "?n=" + "9" * 50, "?n=%C2%B2"):
        assert ask(server, odd)[0].status == 200


def test_nothing_is_cached_and_nothing_comes_from_elsewhere(server):
    answer, text = ask(server)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Python" not in answer.headers["Server"]
    assert "http" not in text
    assert "<script" not in text


def test_only_the_token_on_this_host_opens_it(server, out):
    port = server.server_address[1]
    assert server.server_address[0] == "127.0.0.1"
    before = (out / "queue.csv").read_bytes()
    name = queue_rows(out)[0]["review_id"]
    for path in ("/", "/favicon.ico", f"/{server.token[:-1]}/", f"/{server.token}", "/%s/" % ("x" * len(server.token))):
        assert ask(server, path)[0].status == 404
    assert ask(server, "/wrong/decide", method="POST", body=f"review_id={name}&decision=keep")[0].status == 404
    assert ask(server, "../queue.csv")[0].status == 404
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1"):
        assert ask(server, host=host)[0].status == 404
        assert ask(server, "decide", method="POST", body=f"review_id={name}&decision=keep", host=host)[0].status == 404
    assert ask(server, host=f"localhost:{port}")[0].status == 200
    assert (out / "queue.csv").read_bytes() == before
    assert len(server.token) >= 32


def test_bad_decisions_change_nothing(server, out):
    before = (out / "queue.csv").read_bytes()
    name = queue_rows(out)[0]["review_id"]
    assert decide(server, name, "show")[0].status == 400
    answer, text = decide(server, "<b>Okafor</b>", "keep")
    assert answer.status == 409
    assert "Okafor" not in text
    assert ask(server, "decide", method="POST", body="x" * 5000)[0].status == 400
    assert ask(server, "decide", method="PUT", body="x")[0].status == 501
    assert (out / "queue.csv").read_bytes() == before


def test_what_a_sheet_holds_is_escaped_and_its_faults_are_shown(server, out):
    sheet = (out / "queue.csv").read_text(encoding="utf-8-sig")
    (out / "queue.csv").write_text(sheet.replace("review_id,", "<script>,", 1), encoding="utf-8")
    answer, text = ask(server)
    assert answer.status == 409
    assert "<script" not in text


def test_an_expired_crop_is_not_shown(server, monkeypatch):
    monkeypatch.setattr(seal, "_now", lambda: int(time.time()) + 73 * 3600)
    answer, text = ask(server)
    assert answer.status == 200
    assert "has expired" in text
    assert "base64" not in text


def test_two_pages_lose_no_decision(site, out):
    names = [row["review_id"] for row in queue_rows(out)]
    with running(out, site.key, "r1") as one, running(out, site.key, "r2") as two:
        threads = [
            threading.Thread(target=decide, args=(page, name, "keep"))
            for page, name in zip([one, two] * 3, names, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [(row["decision"], row["reviewer"]) for row in queue_rows(out)] == [("keep", "r1"), ("keep", "r2")] * 3


def test_what_cannot_be_served_is_a_config_error(site, out, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="another key"):
        serve(out, bytes(32), "r1")
    with pytest.raises(ConfigError, match="not a name"):
        serve(out, site.key, "Dr. Okafor")
    with pytest.raises(ConfigError, match="no finished review queue"):
        serve(tmp_path, site.key, "r1")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="port"):
        serve(out, site.key, "r1", taken.getsockname()[1])
    monkeypatch.setattr(seal, "_now", lambda: int(time.time()) + 73 * 3600)
    with pytest.raises(ConfigError, match="expired"):
        serve(out, site.key, "r1")


def test_serving_announces_its_address_and_says_nothing_else(site, out, capsys, monkeypatch):
    urls = []

    def interrupt(server, *_args):
        assert server.url == urls[0]
        raise KeyboardInterrupt

    monkeypatch.setattr(ReviewServer, "serve_forever", interrupt)
    serve(out, site.key, "r1", announce=urls.append)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32,}/", urls[0])
    assert capsys.readouterr() == ("", "")


def test_requests_are_not_logged(server, capsys):
    ask(server)
    ask(server, "/nowhere")
    assert capsys.readouterr() == ("", "")
