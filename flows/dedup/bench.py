"""`make bench-dedup`: what exact deduplication costs, beside named peers, as tables. Run it with nothing else running.

Flows in: texts that the bench writes (``flows.dedup.corpus``), seeded. Flows out: lines on standard output. CPU seconds
are those of the whole command, from its start to its end, with a warm compile cache.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from curation.dedup.decide import Decider, Text
from curation.dedup.engine import new_engine
from curation.dedup.kept import LocalPool
from curation.dedup.rows import NONE, Rule
from flows.dedup import oracle
from flows.dedup.corpus import texts
from flows.dedup.peers import DISTANCE, THRESHOLD, Matches
from flows.show import console

KINDS = ("dense", "diverse")
SMALL, LARGE, FULL = 100_000, 1_000_000, 3_420_000
#: Texts of the comparison with the naive loop, and pairs of which its cost is measured.
FEW, PAIRS = 2_000, 2_000
RULE = Rule(THRESHOLD, DISTANCE, protect=False, against_all=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run of the command took."""

    cpu_s: float
    wall_s: float
    rss_mb: float
    kept: int
    matches: list[str | None]


def run(kind: str, n: int, *options: str, seed: int = 1, peer: str | None = None) -> Cost:
    """Write n texts and run `sonocurate dedup`, or a peer's command, on them."""
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        source, target = Path(scratch, "in.jsonl"), Path(scratch, "out.jsonl")
        with source.open("w", encoding="utf-8") as file:
            for at, text in enumerate(texts(kind, n, seed)):
                file.write(json.dumps({"id": str(at), "text": text}, ensure_ascii=False) + "\n")
        started = time.monotonic()
        command = ("flows.cli", "dedup") if peer is None else ("flows.dedup.peers", peer)
        words = [sys.executable, "-m", *command, str(source), str(target), *options]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        ended, peak_mb = 0, 0.0
        while not ended:
            time.sleep(0.02)
            peak_mb = max(peak_mb, _peak_mb(process.pid))  # wait4 would also count the memory of this process
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if status:
            raise SystemExit("the command failed")
        wall = time.monotonic() - started
        with target.open(encoding="utf-8") as file:
            matches = [json.loads(line)["duplicate_of"] for line in file]
    return Cost(used.ru_utime + used.ru_stime, wall, peak_mb, matches.count(None), matches)


def _peak_mb(pid: int) -> float:
    """Read the largest resident memory of a process so far; 0 when it has ended."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024 if "VmHWM:" in status else 0.0


def equal() -> None:
    """Print whether 2,000 decisions equal the naive loop's, twice, and how much faster a pair is."""
    shown = Table(
        "2,000 texts", "decisions as the naive loop", "s naive", "ns a pair", "times rouge-score", "times cdist"
    )
    for kind in KINDS:
        some = list(texts(kind, FEW, seed=2))
        started = time.process_time()
        expected = oracle.naive(some)
        slow = time.process_time() - started
        per_naive, (ours, matches, whole) = _naive_pair(some), _decide(some)
        started = time.process_time()
        oracle.brute_force(some)
        brute = time.process_time() - started
        pairs = FEW * (FEW - 1) / 2
        shown.add_row(
            kind, str(matches == expected), f"{slow:.0f}", f"{1e9 * ours / pairs:.1f}",
            f"{per_naive * pairs / ours:,.0f}", f"{brute / ours:.0f} ({brute / whole:.0f} with reading)",
        )  # fmt: skip
    shown.add_row("asked", "True", "", "", ">= 100,000", ">= 40")
    console().print(shown)


def _naive_pair(some: Sequence[str]) -> float:
    """Measure what rouge-score takes for a pair, in CPU seconds."""
    rng, judge = random.Random(3), oracle.scorer()
    pairs = [rng.sample(some, 2) for _ in range(PAIRS)]
    started = time.process_time()
    for left, right in pairs:
        judge.score(left, right)
    return (time.process_time() - started) / PAIRS


def _decide(some: Sequence[str]) -> tuple[float, Matches, float]:
    """Decide with the compiled engine; the fastest of five, in CPU seconds, without and with reading."""
    costs = []
    for _ in range(5):
        engine = new_engine()
        started = time.process_time()
        decider = Decider(RULE, engine, LocalPool(engine, RULE))
        rows = decider.read([Text(text) for text in some])
        read = time.process_time()
        found = decider.decide(rows)
        costs.append((time.process_time() - read, time.process_time() - started))
    best = found.best.tolist()
    return min(cost[0] for cost in costs), [None if at == NONE else at for at in best], min(cost[1] for cost in costs)


def peers_at_small() -> None:
    """Print cost and decisions of approximate peers at 100,000 texts."""
    shown = Table("100,000 texts", "method", "CPU s", "times ours", "kept", "missed drops", "false drops")
    for kind in KINDS:
        cost = run(kind, SMALL)
        ours = np.array([match is not None for match in cost.matches])
        shown.add_row(kind, "sonocurate, exact", f"{cost.cpu_s:.1f}", "1.0", str(cost.kept), "0", "0")
        methods = {"datasketch MinHashLSH": "minhash", "Simhash of words, as text-dedup": "simhash"}
        for name, peer in methods.items():
            other = run(kind, SMALL, peer=peer)
            theirs = np.array([match is not None for match in other.matches])
            counts = [str(int(many)) for many in ((~theirs).sum(), (ours & ~theirs).sum(), (theirs & ~ours).sum())]
            shown.add_row(kind, name, f"{other.cpu_s:.1f}", f"{other.cpu_s / cost.cpu_s:.1f}", *counts)
    console().print(shown)


def growth() -> None:
    """Print cost at 100,000 and 1,000,000 texts, the exponent between them, and what a second thread gives."""
    shown = Table("texts", "kind", "CPU s", "asked", "wall s", "RSS MB", "kept", "exponent")
    threads = Table("1,000,000 texts", "wall s, 1 thread", "2 threads", "times", "asked")
    for kind in KINDS:
        small, large = run(kind, SMALL), run(kind, LARGE)
        exponent = math.log(large.cpu_s / small.cpu_s) / math.log(LARGE / SMALL)
        for n, cost, asked, more in ((SMALL, small, "<= 15", ""), (LARGE, large, "<= 360", f"{exponent:.2f}")):
            shown.add_row(f"{n:,}", kind, f"{cost.cpu_s:.1f}", asked, *_room(cost), more)
        both = run(kind, LARGE, "--threads", "2")
        same = both.matches == large.matches
        gain = f"{large.wall_s / both.wall_s:.2f}" if same else "other decisions!"
        threads.add_row(kind, f"{large.wall_s:.0f}", f"{both.wall_s:.0f}", gain, ">= 1.6")
    console().print(shown)
    console().print(threads)


def full() -> None:
    """Print cost at 3.42 million texts, the size of the paper's instruction data; each kind when it has ended."""
    for kind in KINDS:
        shown = Table("texts", "kind", "CPU s", "wall s", "RSS MB", "kept")
        cost = run(kind, FULL)
        shown.add_row(f"{FULL:,}", kind, f"{cost.cpu_s:.0f}", *_room(cost))
        console().print(shown)


def _room(cost: Cost) -> tuple[str, str, str]:
    return f"{cost.wall_s:.0f}", f"{cost.rss_mb:.0f}", str(cost.kept)


PARTS: dict[str, Callable[[], Any]] = {"equal": equal, "peers": peers_at_small, "growth": growth, "full": full}


def main(arguments: Sequence[str]) -> None:
    """Run the parts that are asked for; all but the full one by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["equal", "peers", "growth"])
    run("dense", 9000)  # warms the compile cache: more than one batch
    for part in parser.parse_args(arguments).parts:
        PARTS[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
