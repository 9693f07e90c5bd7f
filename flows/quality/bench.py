"""`make bench-quality`: what rule verification catches and lets pass, and whom the retrospect suspends.

Flows in: the labelled pairs of ``tests/curation/verify/data`` and the pairs of the templates. Flows out: tables. Part
``rules`` plants the 12 kinds of errors in clean pairs, seeded; part ``retrospect`` simulates 100 samples of reviews.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.table import Table

from curation.quality.clean_pair import CONTRADICTIONS, CleanPair, ErrorKind
from curation.quality.plant import plant
from curation.quality.retrospect import wilson
from curation.verify.check import check
from curation.verify.claims import Case
from flows.page import percent
from flows.quality.labelled import labelled, of_templates
from flows.quality.simulate import simulate
from flows.show import console

DATA = Path(__file__).parents[2] / "tests/curation/verify/data"
#: Development: the rules were written with it. Held out: written afterwards; the second half after the last change.
FILES = ("development", "development_2", "held_out", "held_out_2")
PER_KIND, SEED, RUNS = 60, 20260101, 100


def is_caught(pair: CleanPair, answer: str) -> bool:
    """Tell whether any rule finds fault with an answer."""
    return bool(check(Case(pair.language, pair.report, pair.question, answer)))


def planted_errors(clean: Sequence[CleanPair]) -> dict[ErrorKind, list[tuple[CleanPair, str]]]:
    """Plant each kind in as many clean pairs as are asked for."""
    out: dict[ErrorKind, list[tuple[CleanPair, str]]] = {}
    for kind in ErrorKind:
        rng = random.Random(f"{SEED}-{kind.value}")
        order = rng.sample(list(clean), len(clean))
        found = ((pair, answer) for pair in order if (answer := plant(pair, kind, rng)) is not None)
        out[kind] = [next_one for next_one, _ in zip(found, range(PER_KIND), strict=False)]
    return out


def rules() -> None:
    """Print what is caught of planted and of hand-written errors, and false alarms on clean pairs."""
    files = {name: labelled(DATA / f"{name}.jsonl") for name in FILES}
    clean = {name: [one.pair for one in pairs if one.error is None] for name, pairs in files.items()}
    clean["templates"] = of_templates()
    _print_planted(planted_errors([pair for pairs in clean.values() for pair in pairs]))
    _print_false_alarms(clean)
    seven = {kind.value for kind in CONTRADICTIONS}
    table = Table("written by hand", "pairs", "caught", "95 % interval")
    for name, pairs in files.items():
        wrong = [one.pair for one in pairs if one.error in seven]
        _add(table, f"first seven kinds, {name}", [is_caught(pair, pair.answer) for pair in wrong])
        others = [one.pair for one in pairs if one.error is not None and one.error not in seven]
        _add(table, f"other kinds, {name}", [is_caught(pair, pair.answer) for pair in others])
    console().print(table)


def _print_planted(planted: dict[ErrorKind, list[tuple[CleanPair, str]]]) -> None:
    table = Table("planted error", "pairs", "caught", "95 % interval", "asked")
    caught = {kind: [is_caught(pair, answer) for pair, answer in pairs] for kind, pairs in planted.items()}
    for kind, hits in caught.items():
        _add(table, kind.value, hits, "")
    _add(table, "first seven kinds", [hit for kind in CONTRADICTIONS for hit in caught[kind]], ">= 95 %")
    _add(table, "all", [hit for hits in caught.values() for hit in hits], "")
    console().print(table)


def _print_false_alarms(clean: dict[str, list[CleanPair]]) -> None:
    table = Table("clean pairs", "pairs", "false alarms", "95 % interval", "asked")
    start = time.process_time()
    alarms = {name: [is_caught(pair, pair.answer) for pair in pairs] for name, pairs in clean.items()}
    seconds = time.process_time() - start
    for name, hits in alarms.items():
        _add(table, name, hits, "")
    every = [hit for hits in alarms.values() for hit in hits]
    _add(table, "all", every, "<= 1 %")
    console().print(table)
    console().print(f"{len(every) / seconds:.0f} pairs per CPU second")


def _add(table: Table, name: str, hits: Iterable[bool], *more: str) -> None:
    found = list(hits)
    bounds = wilson(sum(found), len(found))
    share = percent(sum(found) / len(found), 1) if found else "-"
    table.add_row(name, str(len(found)), share, f"{percent(bounds.low, 1)} to {percent(bounds.high, 1)}", *more)


def retrospect() -> None:
    """Print whom the retrospect suspends over simulated samples with one bad model."""
    found = simulate(RUNS)
    table = Table("2,000 reviews, one of three models at 15 %, the others at 2 %", "runs", "asked")
    table.add_row("the bad model is suspended", f"{found.bad_suspended} of {found.runs}", ">= 99")
    table.add_row("nothing else is suspended", f"{found.runs - found.others_suspended} of {found.runs}", ">= 99")
    console().print(table)


def main(arguments: Sequence[str]) -> None:
    """Run the parts that are asked for; all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    runs: dict[str, Callable[[], None]] = {"rules": rules, "retrospect": retrospect}
    parser.add_argument("parts", nargs="*", default=list(runs), help="rules, retrospect")
    for part in parser.parse_args(arguments).parts:
        runs[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
