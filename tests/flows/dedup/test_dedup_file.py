import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curation.dedup.decide import Decider, Text
from curation.dedup.plain import PlainEngine
from curation.dedup.rows import Rule
from flows.cli import main
from flows.dedup.dedup_file import Runners, dedup_file
from flows.dedup.shards import ShardedPool
from schemas.config import Deduplicate
from schemas.errors import ChunkError, ConfigError
from tests.curation.dedup.test_deduplicate_engines import naive

ROOT = Path(__file__).parents[3]
ONE = Runners()
KEYS = ["id", "keep", "reason", "duplicate_of", "score"]


def write(path, texts, **more):
    rows = [{"id": f"t{n}", "text": text, **more} for n, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path):
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def run(tmp_path, texts, name="out.jsonl", runners=ONE, **settings):
    source = write(tmp_path / "in.jsonl", texts)
    dedup_file(source, tmp_path / name, config=Deduplicate(**settings), runners=runners)
    return read(tmp_path / name)


def some_texts(n, seed=1):
    rng = random.Random(seed)
    words = [
        "liver",
        "kidney",
        "left",
        "right",
        "cyst",
        "of",
        "12",
        "13",
        "normal",
        "no",
        "mass",
        "肝",
        "肾",
        "左",
        "回声",
    ]
    return [" ".join(rng.choices(words, k=rng.randint(0, 14))) for _ in range(n)]


@pytest.mark.parametrize("against", ["kept", "all"])
def test_rows_equal_the_naive_loop(tmp_path, against):
    texts = some_texts(70)
    rule = Rule(0.7, 3, protect=False, against_all=against == "all")
    rows = run(tmp_path, texts, against=against)
    expected = naive(texts, rule)
    assert [list(row) for row in rows] == [KEYS] * len(texts)
    for at, (row, hit) in enumerate(zip(rows, expected, strict=True)):
        match = (None, None, None) if hit is None else (f"t{hit[0]}", hit[1], hit[2])
        assert (row["id"], row["keep"]) == (f"t{at}", hit is None)
        assert (row["duplicate_of"], row["reason"], row["score"]) == match


def test_no_result_depends_on_threads_processes_or_engine(tmp_path, monkeypatch):
    texts = some_texts(2100)
    monkeypatch.setattr("curation.dedup.decide.BATCH", 500)
    monkeypatch.setattr("flows.dedup.dedup_file.BATCH", 500)
    first = run(tmp_path, texts, "one")
    assert run(tmp_path, texts, "threads", Runners(threads=2)) == first
    assert run(tmp_path, texts, "workers", Runners(workers=2)) == first
    monkeypatch.setenv("SONOCURATE_DEDUP_ENGINE", "numpy")
    assert run(tmp_path, texts[:600], "numpy") == first[:600]


def test_lines_end_at_a_line_feed_only_and_ids_come_back_as_they_were(tmp_path):
    source = tmp_path / "in.jsonl"
    lines = [
        '\ufeff{"id": 7, "text": "a\u2028b \u0085 c", "more": [1]}',
        "",
        '{"text": "a\u2028b \u0085 c", "id": "7"}\r',
        '{"id": 123456789012345678901234567890, "text": "\\ud800"}',
        '{"id": "\\ud800", "text": "\\ud800"}',
    ]
    source.write_bytes("\n".join(lines).encode())  # no line feed behind the last
    dedup_file(source, tmp_path / "out.jsonl", config=Deduplicate())
    rows = read(tmp_path / "out.jsonl")
    assert [row["id"] for row in rows] == [7, "7", 123456789012345678901234567890, "\ud800"]
    assert [row["duplicate_of"] for row in rows] == [None, 7, None, 123456789012345678901234567890]
    assert [row["reason"] for row in rows] == [None, "exact", None, "exact"]


def test_texts_without_tokens_are_compared_exactly(tmp_path):
    rows = run(tmp_path, ["", "!", "?", "!", "", "привет", "приветы", "x" * 300, "x" * 300 + "."])
    assert [row["duplicate_of"] for row in rows] == [None, None, None, "t1", "t0", None, None, None, "t7"]


def test_nothing_in_nothing_out(tmp_path):
    for content in (b"", b"\n \n", b"\xef\xbb\xbf"):
        (tmp_path / "in.jsonl").write_bytes(content)
        dedup_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", config=Deduplicate())
        assert (tmp_path / "out.jsonl").read_bytes() == b""
        (tmp_path / "out.jsonl").unlink()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ('{"id": "t9", "text": "x", "n": NaN}', "not a JSON object"),
        ('{"id": "t9"}', "needs the keys"),
        ('{"text": "x"}', "needs the keys"),
        ('{"id": null, "text": "x"}', "id must be"),
        ('{"id": true, "text": "x"}', "id must be"),
        ('{"id": 1.5, "text": "x"}', "id must be"),
        ('{"id": "t9", "text": null}', "text must be"),
        ('{"id": "t9", "text": ["x"]}', "text must be"),
        ('{"id": "t1", "text": "secret"}', "the id of line 2 again"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(tmp_path, line, why, capsys, monkeypatch):
    source = write(tmp_path / "in.jsonl", ["one", "two"])
    source.write_bytes(source.read_bytes() + line.encode() + b"\n")
    monkeypatch.setattr(sys, "argv", ["sonocurate", "dedup", str(source), str(tmp_path / "out.jsonl")])
    with pytest.raises(SystemExit) as stopped:
        main()
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert f"{source} line 3: " in said
    assert why in said
    assert "secret" not in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_bytes_that_are_no_utf8_and_files_that_are_not_there(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(b'{"id": "a", "text": "\xff"}\n')
    with pytest.raises(ConfigError, match="line 1"):
        dedup_file(tmp_path / "in.jsonl", tmp_path / "out", config=Deduplicate())
    with pytest.raises(ConfigError, match="cannot read"):
        dedup_file(tmp_path / "none", tmp_path / "out", config=Deduplicate())
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ConfigError, match="exists"):
        dedup_file(write(tmp_path / "in.jsonl", ["a"]), tmp_path / "out", config=Deduplicate())
    assert (tmp_path / "out").read_text() == "mine"


def test_a_scope_keeps_texts_apart_and_must_be_there(tmp_path):
    rows = [
        {"id": "a", "text": "x y", "case_id": "1", "systems": ["liver", "kidney"]},
        {"id": "b", "text": "x y", "case_id": "2", "systems": ["kidney", "liver"]},
        {"id": "c", "text": "x y", "case_id": "1", "systems": ["liver"]},
    ]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = {}
    for scope in ("global", "system", "case"):
        dedup_file(source, tmp_path / scope, config=Deduplicate(scope=scope))
        found[scope] = [row["duplicate_of"] for row in read(tmp_path / scope)]
    assert found == {"global": [None, "a", "a"], "system": [None, "a", None], "case": [None, None, "a"]}
    write(source, ["x"])
    with pytest.raises(ConfigError, match="line 1: this scope needs the key"):
        dedup_file(source, tmp_path / "out", config=Deduplicate(scope="case"))


def pooled(tmp_path, texts, name, **more):
    source = tmp_path / f"{name}.in"
    rows = [{"id": f"{name}{n}", "text": text} for n, text in enumerate(texts)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    target = tmp_path / f"{name}{len(list(tmp_path.iterdir()))}"
    settings = {key: more.pop(key) for key in list(more) if key in Deduplicate.model_fields}
    dedup_file(source, target, config=Deduplicate(**settings), pool=tmp_path / "pool", **more)
    return [(row["keep"], row["duplicate_of"], row["reason"], row["score"]) for row in read(target)]


def test_files_after_each_other_are_decided_as_one(tmp_path):
    texts = some_texts(200)
    whole = run(tmp_path, texts)
    parts = [pooled(tmp_path, texts[start : start + 50], "abcd"[start // 50]) for start in range(0, 200, 50)]
    names = [f"{'abcd'[n // 50]}{n % 50}" for n in range(200)]
    expected = [
        (row["keep"], row["duplicate_of"] and names[int(row["duplicate_of"][1:])], row["reason"], row["score"])
        for row in whole
    ]
    assert [row for part in parts for row in part] == expected
    assert pooled(tmp_path, texts[50:100], "b") == parts[1]  # again: the same, and nothing is appended
    assert pooled(tmp_path, texts[:50], "a") == parts[0]
    assert pooled(tmp_path, ["neues wort hier"], "e") == [(True, None, None, None)]


def test_another_rule_is_refused_until_the_pool_is_rebuilt(tmp_path):
    texts = some_texts(50)
    pooled(tmp_path, texts, "a")
    for change in ({"rouge_threshold": 0.8}, {"simhash_distance": 2}, {"protect": True}):
        with pytest.raises(ConfigError, match="--rebuild"):
            pooled(tmp_path, texts, "b", **change)
    with pytest.raises(ConfigError, match="against kept"):
        pooled(tmp_path, texts, "b", against="all")
    rebuilt = pooled(tmp_path, texts, "b", rouge_threshold=0.8, rebuild=True)
    assert pooled(tmp_path, texts, "b", rouge_threshold=0.8) == rebuilt
    assert [row[0] for row in rebuilt] == [row["keep"] for row in run(tmp_path, texts, "plain", rouge_threshold=0.8)]


def test_a_pool_of_another_version_is_refused(tmp_path, monkeypatch):
    pooled(tmp_path, ["a b c"], "a")
    monkeypatch.setattr("curation.dedup.stored.TOKENIZER_VERSION", 99)
    with pytest.raises(ConfigError, match="tokenizer 99"):
        pooled(tmp_path, ["a b c"], "b")


@pytest.mark.slow
def test_a_killed_run_leaves_nothing_and_the_next_gives_the_same(tmp_path):
    texts = some_texts(1500)
    expected = run(tmp_path, texts, "expected")
    command = [sys.executable, "-m", "flows.cli", "dedup", "in.jsonl", "out.jsonl", "--pool", "pool"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    unfinished = tmp_path / ".out.jsonl.unfinished"
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not unfinished.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out.jsonl").exists()
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert read(tmp_path / "out.jsonl") == expected
    assert not unfinished.exists()


def test_a_dead_worker_is_one_plain_error():
    rule, engine = Rule(0.7, 3, protect=False, against_all=False), PlainEngine()
    with ShardedPool(rule, 1, expected=1) as pool:
        decider = Decider(rule, engine, pool)
        assert decider.decide(decider.read([Text("a b c")])).best.tolist() == [1 << 62]
        assert decider.decide(decider.read([Text("a b c")])).best.tolist() == [0]
        pool._processes[0].kill()
        pool._processes[0].join()
        with pytest.raises(ChunkError, match="run again"):
            decider.decide(decider.read([Text("a b c")]))
