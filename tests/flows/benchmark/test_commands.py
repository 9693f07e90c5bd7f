"""The commands on files: score, compare, leaderboard, u2-score, tasks; and what wrong input says."""

import csv
import io
import json
import random

import pyarrow.parquet as pq
import pytest
from scipy.stats import binomtest

from benchmark.board.tables import tables_of
from benchmark.stored import read_result
from schemas.errors import ConfigError
from tests.flows.benchmark.bench_cli import call, write

OPTIONS = ["benign", "malignant"]


@pytest.fixture
def files(tmp_path):
    rng = random.Random(2)
    gold, good, bad = [], [], []
    for n in range(60):
        label = rng.choice(OPTIONS)
        place = {
            "id": f"i{n}",
            "patient_id": f"p{n // 2}",
            "anatomy": rng.choice(["breast", "thyroid"]),
            "answer_visible_in_image": n % 3 == 0,
        }
        gold.append({**place, "task": "DD", "dataset": "21" if n % 2 else "42", "options": OPTIONS, "gold": label})
        good.append({"id": f"i{n}", "answer": f"It is most likely {label}." if n % 5 else "I cannot help with that."})
        bad.append({"id": f"i{n}", "answer": rng.choice(["benign", "hmm", "A or B"])})
    bad += [{"id": "nobody", "answer": "x"}, {"id": "i0", "answer": "benign"}]
    return (
        write(tmp_path / "gold.jsonl", gold),
        write(tmp_path / "good.jsonl", good),
        write(tmp_path / "bad.jsonl", bad[3:]),
    )


def scored(files, folder):
    """Score both files of answers: folders of results, and what was said last."""
    gold, *answers = files
    folders = [folder / f"results-{path.stem}" for path in answers]
    for path, out in zip(answers, folders, strict=True):
        text = call("score", "--suite", "u2", "--gold", gold, "--answers", path, "--out", out, "--resamples", "200")
    return folders, text


def test_score_compare_and_tables(files, tmp_path):
    gold, *answers = files
    folders, text = scored(files, tmp_path)
    assert "2 items without an answer" in text or "3 items without an answer" in text
    assert "1 answers for unknown ids: nobody" in text
    scores = {
        (row["scope"], row["name"], row["figure"]): row
        for row in pq.read_table(folders[0] / "scores.parquet").to_pylist()
    }
    accuracy = scores["task", "mean over datasets", "acc"]
    assert accuracy["value"] == pytest.approx(0.8)
    assert accuracy["low"] < 0.8 < accuracy["high"]
    assert {name for scope, name, _ in scores if scope == "anatomy"} == {"breast", "thyroid"}
    assert {name for scope, name, _ in scores if scope == "visible"} == {
        "answer in the picture",
        "answer not in the picture",
    }
    rows = list(csv.DictReader(io.StringIO(call("compare", folders[0], folders[1], "--format", "csv"))))
    accuracy = next(row for row in rows if row["figure"] == "acc")
    assert accuracy["better"] == "a"
    assert float(accuracy["p_holm"]) < 0.05
    assert float(accuracy["p_mcnemar"]) < 0.05
    titles = [table.title for table in tables_of([read_result(folder) for folder in folders])]
    assert titles[0] == "U2-Score"
    assert {"By task", "What became of the answers", "Ranks under other task weights", "Examples of failures"} <= {
        *titles
    }
    with pytest.raises(ConfigError, match="holds results"):
        call("score", "--suite", "u2", "--gold", gold, "--answers", answers[0], "--out", folders[0])


@pytest.mark.slow
def test_a_leaderboard_is_one_page_without_outside_resources(files, tmp_path):
    folders, _ = scored(files, tmp_path)
    board = tmp_path / "board"
    call("leaderboard", board, *folders)
    page = (board / "leaderboard.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "http-equiv" not in page
    assert "src=" not in page
    markdown = (board / "leaderboard.md").read_text(encoding="utf-8")
    assert "refused" in markdown
    assert "Ranks under other task weights" in markdown
    assert pq.read_table(board / "leaderboard.parquet")["model"].unique().to_pylist() == ["good", "bad"]


def test_the_same_answers_are_not_told_apart(files, tmp_path):
    gold, good, _ = files
    for name in ("a", "b"):
        call(
            "score",
            "--suite",
            "u2",
            "--gold",
            gold,
            "--answers",
            good,
            "--model",
            name,
            "--out",
            tmp_path / name,
            "--resamples",
            "100",
        )
    rows = csv.DictReader(io.StringIO(call("compare", tmp_path / "a", tmp_path / "b", "--format", "csv")))
    assert {row["better"] for row in rows} == {"-"}


def test_compare_tests_the_figures_that_score_gives(tmp_path):
    """EchoVLM's task is the mean over systems; an item of two systems counts in both, and once for McNemar."""
    gold, answers = [], {"a": [], "b": []}
    for n in range(13):
        systems = ["heart"] if n > 10 else ["heart", "liver"] if n == 10 else ["liver"]
        gold.append({"id": str(n), "task": "diagnosis", "systems": systems, "options": OPTIONS, "gold": "benign"})
        for model, right in (("a", n < 10), ("b", n < 2 or n >= 10)):
            answers[model].append({"id": str(n), "answer": "benign" if right else "malignant"})
    path, folders, means = write(tmp_path / "gold.jsonl", gold), [], {}
    for model, rows in answers.items():
        out, given = tmp_path / model, write(tmp_path / f"{model}.jsonl", rows)
        call("score", "--suite", "echovlm", "--gold", path, "--answers", given, "--out", out, "--model", model)
        scores = pq.read_table(out / "scores.parquet").to_pylist()
        means[model] = next(row["value"] for row in scores if row["scope"] == "task" and row["figure"] == "acc")
        folders.append(out)
    rows = list(csv.DictReader(io.StringIO(call("compare", *folders, "--format", "csv"))))
    row = next(row for row in rows if row["figure"] == "acc")
    assert (float(row["a"]), float(row["b"])) == pytest.approx((means["a"], means["b"]))
    assert means == pytest.approx({"a": (10 / 11 + 0) / 2, "b": (3 / 11 + 1) / 2})
    assert (row["better"], row["n_items"]) == ("-", "13")
    assert float(row["p_mcnemar"]) == pytest.approx(binomtest(8, 11).pvalue)


def test_u2_score_reads_and_writes_json(tmp_path):
    figures = tmp_path / "figures.json"
    figures.write_text(
        json.dumps([{"model": "m", "DD_acc": 0.5, "OD_acc": 0.2, "CVE_RMSE": 0.3, "RG_BLEU4": 5.0, "KD_acc": None}]),
        encoding="utf-8",
    )
    assert json.loads(call("u2-score", figures))[0]["U2_Score"] == pytest.approx(0.1 + 0.054 + 0.049 + 0.004)
    for wrong in ("NaN", "1e300", "1" * 400):
        figures.write_text(f'[{{"model": "m", "DD_acc": {wrong}}}]', encoding="utf-8")
        with pytest.raises(ConfigError, match="DD_acc must be a number or null"):
            call("u2-score", figures)
    figures.write_text('[{"model": "m \\ud83d", "DD_acc": 1}]', encoding="utf-8")
    assert json.loads(call("u2-score", figures)) == [{"model": "m ?", "DD_acc": 1, "U2_Score": 0.2}]
    figures.write_text("[", encoding="utf-8")
    with pytest.raises(ConfigError, match="no readable JSON"):
        call("u2-score", figures)


def test_wrong_input_is_one_line(files, tmp_path):
    gold, good, _ = files
    wrong = {
        "--suite must be": ["score", "--suite", "x", "--gold", gold, "--answers", good],
        "--mode must be": ["score", "--suite", "u2", "--mode", "x", "--gold", gold, "--answers", good],
        "does not exist": ["score", "--suite", "u2", "--gold", tmp_path / "no", "--answers", good],
        "no id is one of": [
            "score",
            "--suite",
            "u2",
            "--gold",
            gold,
            "--answers",
            write(tmp_path / "o.jsonl", [{"id": "q", "answer": 1}]),
        ],
        "holds no results": ["compare", tmp_path, tmp_path],
        "holds no WordNet": ["score", "--suite", "u2", "--gold", gold, "--answers", good, "--wordnet", tmp_path],
        "either --gold or --release": ["tasks", tmp_path / "t.jsonl", "--suite", "u2"],
    }
    for message, arguments in wrong.items():
        with pytest.raises(ConfigError, match=message):
            call(*arguments)
