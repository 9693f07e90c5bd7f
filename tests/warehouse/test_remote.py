"""Tables on s3-compatible storage: pushed once, asked there; against a real server on this machine."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from moto.server import ThreadedMotoServer

from flows.shelf.invented import Invented, write_tables
from flows.shelf.push import push_tables
from schemas.errors import ChunkError, ConfigError
from schemas.reject import REJECT
from warehouse.catalog import query, rebuild
from warehouse.remote import PUSHED, Remote
from warehouse.tables import Commit, Shelf

ROOT = "s3://hospital/warehouse"


@pytest.fixture(scope="module")
def storage():
    """Start an S3 server and describe it as object_store reads it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    saved = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    boto3.client("s3", endpoint_url=settings["AWS_ENDPOINT_URL"], region_name="us-east-1").create_bucket(
        Bucket="hospital"
    )
    yield settings
    server.stop()
    for name, value in saved.items():
        if value is None:
            os.environ.pop(name)
        else:
            os.environ[name] = value


@pytest.fixture(scope="module")
def shelf(storage, tmp_path_factory):
    shelf = Shelf(tmp_path_factory.mktemp("local"))
    write_tables(shelf, 12, Invented(image_bytes=400))
    rebuild(shelf)
    return shelf


@pytest.fixture(scope="module")
def pushed(shelf):
    return list(push_tables(shelf.root, ROOT))


QUESTIONS = [
    "SELECT stage, unit, rows_in, kept, rejected FROM funnel",
    "SELECT site, count(*) AS n FROM pairs GROUP BY ALL ORDER BY ALL",
    "SELECT instance_id, model, prompt_tokens FROM provenance ORDER BY ALL",
    "SELECT frame_id, sha256(image.bytes) = sha256 AS whole FROM images ORDER BY ALL",
    "SELECT * FROM reviews",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_the_same_there_as_here(shelf, pushed, question):
    assert Remote(ROOT).query(question).to_pylist() == query(shelf.root, question).to_pylist()


def test_the_command_line_asks_there_and_ends_well(pushed, storage):
    command = [sys.executable, "-m", "flows.cli", "sql", "SELECT count(*) AS n FROM cases", "--root", ROOT, "-f", "csv"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "n\n12\n"), done.stderr


def test_a_push_happens_once_and_follows_the_tables(shelf, pushed):
    assert pushed[-1] == f"{ROOT}: {len(pushed) - 1} of {len(pushed) - 1} tables had changed"
    assert not any(line.startswith("pushed") for line in push_tables(shelf.root, ROOT))
    version = DeltaTable(Remote(ROOT).uri("rejects")).version()
    before = Remote(ROOT).query("SELECT count(*) AS n FROM rejects").to_pylist()[0]["n"]
    row = {"stage": "verify", "unit": "pair", "id": "x", "site": "north", "reason": "UNSUPPORTED_SIDE"}
    shelf.append("rejects", pa.Table.from_pylist([row], schema=REJECT), Commit("verify", 0, "f", "late"))
    assert list(push_tables(shelf.root, ROOT)) == [
        "pushed rejects",
        f"{ROOT}: 1 of {len(pushed) - 1} tables had changed",
    ]
    assert DeltaTable(Remote(ROOT).uri("rejects")).version() == version + 1
    assert Remote(ROOT).query("SELECT count(*) AS n FROM rejects").to_pylist() == [{"n": before + 1}]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM rejects",
        "CREATE TABLE x (i INT)",
        "COPY cases TO 'x.csv'",
        "SELECT * FROM read_text('/etc/hostname')",
    ],
)
def test_what_writes_or_reads_elsewhere_is_refused_there_too(pushed, statement):
    with pytest.raises(ConfigError, match="sql"):
        Remote(ROOT).query(statement)


def test_bad_roots_say_what_to_do(storage, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="s3://BUCKET"):
        Remote("gs://bucket/x")
    with pytest.raises(ConfigError, match="sonocurate push"):
        Remote("s3://hospital/empty").query("SELECT 1")
    with pytest.raises(ConfigError, match="sonocurate run"):
        list(push_tables(tmp_path, ROOT))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_RETRIES", "0")
    with pytest.raises(ChunkError, match="AWS_ENDPOINT_URL") as error:
        Remote(ROOT).query("SELECT 1")
    assert "secret" not in str(error.value)


def test_every_table_is_pushed(shelf, pushed):
    there = {name for name in PUSHED if shelf.exists(name)}
    assert {line.removeprefix("pushed ") for line in pushed[:-1]} == there
