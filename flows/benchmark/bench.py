"""`make bench-benchmark`: what the benchmark asks of itself, measured: rules, quality, entities, speed, as tables.

Flows in: tables of tests; invented answers with fixed seeds. Flows out: lines on standard output. Run it with nothing
else running. Parts: published, behaviours, entities, peers, speed.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import sacrebleu
from rich.table import Table
from rouge_score import rouge_scorer

from benchmark.entities.extract import State, entities_of
from benchmark.entities.lexicon import entries
from benchmark.metrics.quality import argmax_levels, clustered, scores, softmax, thirds
from benchmark.metrics.text.bleu import bleu_figures
from benchmark.metrics.text.cut import cut_all
from benchmark.metrics.text.ngrams import Grams
from benchmark.metrics.text.rouge import rouge_figures
from benchmark.metrics.text.texts import TextTools
from benchmark.metrics.text.tokens import bleu_tokens, rouge_tokens
from benchmark.metrics.u2_score import u2_score
from benchmark.parse.quality import LEVELS
from benchmark.records import Mode, Suite
from benchmark.score import Asked, counts_of, score
from benchmark.suites.qbench import PUBLISHED_GAIN
from flows.benchmark.invented import TEXT_WORDS, write_answers
from flows.show import console

LABELLED = Path(__file__).parents[2] / "tests/benchmark/entities/labelled.tsv"
_N_ANSWERS, _N_PEERS, _RESAMPLES = 100_000, 2000, 1000
_SEEDS = 20
T = TypeVar("T")


def published(figures: Path | None) -> None:
    """Print the U2-Scores of a file of published figures beside those that it holds (``U2_published``)."""
    if figures is None:
        console().print("published: name a leaderboard's figures by --figures FILE.json (with U2_published)")
        return
    table = Table("model", "published", "computed", "difference", "asked")
    for row in json.loads(figures.read_text(encoding="utf-8")):
        found, stated = u2_score(row), row.get("U2_published")
        gap = "" if stated is None else f"{abs(found - stated):.5f}"
        table.add_row(str(row.get("model")), str(stated), f"{found:.4f}", gap, "< 0.00005")
    console().print(table)


def behaviours(_figures: Path | None) -> None:
    """Print how a bias toward "high" hides "medium", and what softmax + k-means brings back."""
    table = Table(
        "bias", "raw", "of it medium", "equal thirds", "softmax + k-means", "gain, points", "logits + k-means"
    )
    for bias in (0.0, 1.5, 3.0):
        rows = [_behaviour(seed, bias) for seed in range(_SEEDS)]
        raw, medium, cut, found, plain = np.mean(rows, axis=0)
        cells = (raw, medium, cut, found)
        table.add_row(
            f"{bias:g}", *(f"{100 * one:.1f} %" for one in cells), f"{100 * (found - raw):+.1f}", f"{100 * plain:.1f} %"
        )
    console().print(table)
    for name, (mean, best) in PUBLISHED_GAIN.items():
        console().print(f"published gain, {name}: mean {mean} points, best {best}")


def _behaviour(seed: int, bias: float) -> tuple[float, float, float, float, float]:
    rng = np.random.default_rng(seed)
    level = rng.integers(0, 3, size=900)
    ideal = np.array([[1.0, 0.0, -1.0], [0.0, 0.4, 0.0], [-1.0, 0.0, 1.0]])
    logits = 1.5 * ideal[level] + rng.normal(0, 0.7, size=(900, 3)) + np.array([bias, 0.0, 0.0])
    gold = [LEVELS[one] for one in level]
    raw = argmax_levels(logits)
    values, shifted = scores(softmax(logits)), logits + rng.normal(0, 8, size=(900, 1))
    ways = (raw, thirds(values), clustered(values), clustered(scores(shifted)))
    hits = [sum(a == b for a, b in zip(gold, own, strict=True)) / len(gold) for own in ways]
    return hits[0], raw.count("medium") / len(raw), hits[1], hits[2], hits[3]


def entities(_figures: Path | None) -> None:
    """Print the micro-F1 of the entity extractor on the labelled sentences."""
    table = Table("language", "sentences", "labels", "precision", "recall", "micro-F1", "asked")
    marks = {"-": State.ABSENT, "?": State.DOUBTFUL}
    lines = [line.split("\t") for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    for language, chosen in (
        ("zh", [x for x in lines if not x[0].isascii()]),
        ("en", [x for x in lines if x[0].isascii()]),
        ("both", lines),
    ):
        shared = held = wanted = 0
        for text, cell in chosen:
            labels = [label.strip() for label in cell.split(";")]
            true = {(label.rstrip("-?"), marks.get(label[-1], State.PRESENT)) for label in labels}
            own = {(one.name, state) for one, state in entities_of(text).items()}
            shared, held, wanted = shared + len(own & true), held + len(own), wanted + len(true)
        f1 = 2 * shared / (held + wanted)
        table.add_row(
            language,
            str(len(chosen)),
            str(wanted),
            f"{shared / held:.3f}",
            f"{shared / wanted:.3f}",
            f"{f1:.3f}",
            ">= 0.95",
        )
    console().print(table)
    console().print(f"{len(entries())} entries in the lexicon, asked >= 400. The rules were made on these sentences.")


def peers(_figures: Path | None) -> None:
    """Print what figures of text cost beside sacreBLEU and rouge-score on the same texts."""
    rng = random.Random(0)
    gold = [" ".join(rng.choices(TEXT_WORDS, k=60)) for _ in range(_N_PEERS)]
    answers = [
        " ".join(word if rng.random() < 0.6 else rng.choice(TEXT_WORDS) for word in text.split()) for text in gold
    ]
    table = Table(f"{_N_PEERS} texts of 60 words", "ms per text", "times ours", "figure", "difference")
    ours_s, bleu = _timed(lambda: _bleu(answers, gold))
    peer_s, stated = _timed(lambda: sacrebleu.corpus_bleu(answers, [gold]).score)
    _add(table, ("BLEU, ours", "BLEU, sacreBLEU"), (ours_s, peer_s), (bleu, stated))
    ours_s, rouge = _timed(lambda: _rouge(answers, gold))
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"])
    peer_s, found = _timed(lambda: [scorer.score(true, own) for own, true in zip(answers, gold, strict=True)])
    mean = 100 * float(np.mean([one["rougeL"].fmeasure for one in found]))
    _add(table, ("ROUGE-1, 2, L, ours", "ROUGE-1, 2, L, rouge-score"), (ours_s, peer_s), (rouge, mean))
    console().print(table)


def _add(table: Table, names: tuple[str, str], seconds: tuple[float, float], values: tuple[float, float]) -> None:
    for name, took, value in zip(names, seconds, values, strict=True):
        gap = f"{abs(value - values[1]):.1e}"
        table.add_row(name, f"{1000 * took / _N_PEERS:.3f}", f"{took / seconds[0]:.1f}", f"{value:.4f}", gap)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def _bleu(answers: Sequence[str], gold: Sequence[str]) -> float:
    return bleu_figures(Grams(cut_all(answers, bleu_tokens), cut_all(gold, bleu_tokens)), Mode.STRICT)[3].value()


def _rouge(answers: Sequence[str], gold: Sequence[str]) -> float:
    own, true = cut_all(answers, rouge_tokens), cut_all(gold, rouge_tokens)
    return rouge_figures(Grams(own, true), own, true)[2].value()


def speed(_figures: Path | None) -> None:
    """Print how long 100,000 answers take: parsing, all figures that need no weights, 1,000 resamples."""
    counted = ("answered", "refused", "unparsable", "missing")
    table = Table("suite", "mode", "answers", "resamples", "s", "s of CPU", *counted, "asked")
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        for suite in (Suite.U2, Suite.ECHOVLM):
            gold, answers = write_answers(Path(scratch), suite, _N_ANSWERS)
            start, used = time.monotonic(), _cpu_s()
            result = score(Asked(suite, gold, answers, Mode.STRICT, resamples=_RESAMPLES, tools=TextTools(workers=2)))
            took, used = time.monotonic() - start, _cpu_s() - used
            counts = counts_of(result)
            cells = [f"{took:.1f}", f"{used:.1f}", *(str(counts[name]) for name in counted)]
            table.add_row(suite.value, "strict", str(counts.total()), str(_RESAMPLES), *cells, "<= 120")
    console().print(table)


def _cpu_s() -> float:
    """Count the processor time of this process and of those that it ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main(arguments: Sequence[str]) -> None:
    """Run the parts that are asked for; all of them by default."""
    runs = {"published": published, "behaviours": behaviours, "entities": entities, "peers": peers, "speed": speed}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(runs), help=", ".join(runs))
    parser.add_argument("--figures", type=Path, help="published figures with U2_published")
    options = parser.parse_args(arguments)
    for part in options.parts:
        runs[part](options.figures)


if __name__ == "__main__":
    main(sys.argv[1:])
