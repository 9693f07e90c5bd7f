"""`sonocurate pool run` as a user meets it: a process, files, a terminal."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from curation.generate.embedded import embedded_endpoint
from flows.pool.chaos import kill_and_rerun
from flows.pool.rehearsal import Mood, rehearsal
from flows.pool.run_file import run_file
from schemas.errors import ConfigError
from schemas.load import load_endpoints


class Site:
    """A folder with an endpoints file and requests."""

    def __init__(self, folder):
        self.folder = folder
        self.out = folder / "out.jsonl"

    def endpoints(self, *tables, head=""):
        text = head + "".join(
            "[[endpoints]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in t.items()) for t in tables
        )
        (self.folder / "endpoints.toml").write_text(text)

    def requests(self, count, **more):
        rows = [
            {"id": n, "messages": [{"role": "user", "content": f"zebra {n}"}], "params": {"max_tokens": 9}} | more
            for n in range(count)
        ]
        (self.folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def command(self, *options):
        files = [self.folder / "in.jsonl", self.out, "--endpoints", self.folder / "endpoints.toml"]
        return [sys.executable, "-m", "flows.cli", "pool", "run", *map(str, [*files, *options])]

    def run(self, *options, **environment):
        return subprocess.run(
            self.command(*options),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | environment,
        )

    def rows(self):
        return [json.loads(line) for line in self.out.read_text().splitlines()]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def table(server, name="a", **more):
    url = server if isinstance(server, str) else server.url
    return {"name": name, "base_url": url, "model": name} | more


def test_a_file_is_answered_in_order_and_tells_nothing(site):
    acts = ["ok", "500", "junk", "429:0.2", "fenced", "400"]
    with rehearsal(lambda text, seen: acts[int(text.split()[1]) % 6] if seen == 0 else "ok") as server:
        site.endpoints(table(server, api_key_env="POOL_TEST_KEY"), table("http://127.0.0.1:9/v1", "dead"))
        site.requests(24)
        with (site.folder / "in.jsonl").open("a") as file:
            file.write('{"id": 3, "messages": []}\n\nzebra\n')
        done = site.run("--ledger", site.folder / "l.db", POOL_TEST_KEY="sk-zebra-key")
        assert done.returncode == 0, done.stderr
        n_sent = len(server.seen)
        rows = site.rows()
        again = site.run("--ledger", site.folder / "l.db", POOL_TEST_KEY="sk-zebra-key")
        assert again.returncode == 0
        assert len(server.seen) - n_sent == 4  # only those that were refused are sent again, and answered now
        assert max(server.answered.values()) == 1
    assert [row["id"] for row in rows] == [*range(24), 3, None]
    assert {row["reason"] for row in rows} == {None, "REQUEST_REFUSED", "DUPLICATE_ID", "MALFORMED_ROW"}
    assert next(row["answer"] for row in rows if row["id"] == 4).endswith("```")  # no schema: as it was written
    assert site.rows() == [row if row["answer"] else new for row, new in zip(rows, site.rows(), strict=True)]
    for told in (done.stdout, done.stderr, again.stdout, again.stderr):
        assert "zebra" not in told


def test_what_a_person_must_mend_is_one_line_and_exit_2(site):
    site.requests(1)
    local = "http://127.0.0.1:9/v1"
    for broken, message in (
        (table(local, capabilities=["smell"]), "endpoint a: capabilities.0"),
        (table(local, rpm=-3), "endpoint a: rpm"),
        (table(local, weight=0), "endpoint a: weight"),
        (table(local, colour="red"), "endpoint a: colour: unknown key"),
        (table("http://user:secret@127.0.0.1/v1"), "endpoint a: base_url"),
    ):
        site.endpoints(broken)
        with pytest.raises(ConfigError, match=message) as error:
            load_endpoints(site.folder / "endpoints.toml")
        assert "secret" not in str(error.value)
    for broken, message in (
        (table(local, api_key_env="NO_SUCH_KEY"), "endpoint a: api_key_env: NO_SUCH_KEY is not set"),
        (table("https://llm.example.org/v1"), "endpoint a: base_url: llm.example.org is off this machine"),
    ):
        site.endpoints(broken)
        done = site.run()
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert message in done.stderr
    assert not site.out.exists()


def test_an_output_is_not_lost_and_an_input_not_overwritten(site):
    site.endpoints(table("http://127.0.0.1:9/v1"))
    site.requests(1)
    site.out.write_text("precious\n")
    assert "exists" in site.run().stderr
    assert site.out.read_text() == "precious\n"
    site.out = site.folder / "in.jsonl"
    assert "is the input" in site.run("--ledger", site.folder / "l.db").stderr
    (site.folder / "in.jsonl").unlink()
    site.out = site.folder / "new.jsonl"
    with pytest.raises(ConfigError, match="cannot read"):
        run_file(site.folder / "in.jsonl", site.out, load_endpoints(site.folder / "endpoints.toml"), ledger=None)


def test_an_endpoint_that_cannot_be_reached_ends_at_the_deadline_in_plain_words(site):
    site.endpoints(table("http://127.0.0.1:9/v1"))
    site.requests(5)
    done = site.run("--deadline-s", "1")
    assert done.returncode == 0
    assert {row["reason"] for row in site.rows()} == {"DEADLINE_PASSED"}
    assert "endpoint a could not be reached" in done.stdout


@pytest.mark.slow
def test_sigint_ends_at_once_and_the_ledger_goes_on(site):
    with rehearsal(Mood(median_s=0.3)) as server:
        site.endpoints(table(server, max_concurrency=4))
        site.requests(40)
        process = subprocess.Popen(
            site.command("--ledger", str(site.folder / "l.db")), stderr=subprocess.PIPE, text=True
        )
        while len(server.answered) < 8:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "run the same command again" in errors
        assert "Traceback" not in errors
        assert not site.out.exists()
        assert not list(site.folder.glob(".out*"))
        assert site.run("--ledger", site.folder / "l.db").returncode == 0
        assert len(server.seen) <= 40 + 4
    assert {row["status"] for row in site.rows()} == {"answered"}


@pytest.mark.slow
def test_killed_three_times_nothing_is_lost_or_paid_twice():
    with rehearsal(Mood(median_s=0.05, sigma=0.5)) as server:
        found = kill_and_rerun(server.url, n_requests=150, n_kills=3, seed=4)
    assert found.kills >= 2
    assert found.answered == found.ledger_rows == 150
    assert found.sent_after_recorded == 0
    assert found.sent_again <= found.kills * 16


@pytest.mark.slow
def test_the_real_demo_model_keeps_to_a_schema(site):
    schema = {"type": "object", "properties": {"side": {"enum": ["left", "right"]}}, "required": ["side"]}
    site.requests(1, schema=schema, params={"max_tokens": 32})
    with embedded_endpoint(context_tokens=1024) as endpoint:
        site.endpoints(table(endpoint.base_url, "demo", capabilities=["text", "json_schema"]))
        done = site.run()
    assert done.returncode == 0, done.stderr
    [row] = site.rows()
    assert json.loads(row["answer"])["side"] in {"left", "right"}
    assert row["usage"]["completion_tokens"] > 0
