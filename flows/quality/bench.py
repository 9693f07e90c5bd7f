"""`make bench-quality`: what rule verification catches, whom the retrospect suspends, what kills do to reviews.

Flows in: the labelled pairs of ``tests/curation/verify/data`` and the pairs of the templates. Flows out: tables. Part
``rules`` plants the 12 kinds of errors in clean pairs, seeded; ``retrospect`` simulates 100 samples of reviews;
``review`` kills runs that push to and pull from a real Label Studio.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.table import Table

from curation.quality.clean_pair import CleanPair
from curation.quality.plant import CONTRADICTIONS, PLANTABLE, plant
from curation.quality.retrospect import wilson
from curation.verify.check import check
from curation.verify.claims import Case
from flows.page import percent
from flows.quality.labelled import labelled, of_templates
from flows.quality.simulate import simulate
from flows.review.rehearsal import rehearse, site
from flows.review.server import ADMIN, label_studio
from flows.server import free_port
from flows.show import console
from schemas.expert import ExpertError

DATA = Path(__file__).parents[2] / "tests/curation/verify/data"
#: Development: the rules were written with it. Held out: written afterwards; the second half after the last change.
FILES = ("development", "development_2", "held_out", "held_out_2")
#: Written by others, blind to the rules, with hard cases on purpose; of the second no row was looked at.
OTHERS = ("other_authors", "unseen")
PER_KIND, SEED, RUNS = 60, 20260101, 100
TASKS, KILLS = 1000, 10


def is_caught(pair: CleanPair, answer: str) -> bool:
    """Tell whether any rule finds fault with an answer."""
    return bool(check(Case(pair.language, pair.report, pair.question, answer)))


def planted_errors(clean: Sequence[CleanPair]) -> dict[ExpertError, list[tuple[CleanPair, str]]]:
    """Plant each kind in as many clean pairs as are asked for."""
    out: dict[ExpertError, list[tuple[CleanPair, str]]] = {}
    for kind in PLANTABLE:
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
    _print_others()


def _print_others() -> None:
    table = Table("written by others, blind to the rules", "pairs", "flagged", "95 % interval")
    for name in OTHERS:
        pairs = labelled(DATA / f"{name}.jsonl")
        for label, is_clean in (("clean", True), ("one error", False)):
            own = [one.pair for one in pairs if (one.error is None) is is_clean]
            _add(table, f"{label}, {name}", [is_caught(pair, pair.answer) for pair in own])
    console().print(table)


def _print_planted(planted: dict[ExpertError, list[tuple[CleanPair, str]]]) -> None:
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


def review() -> None:
    """Push and pull 1,000 tasks of a real Label Studio while runs are killed (SIGKILL) at random moments."""
    program = os.environ.get("SONOCURATE_LABEL_STUDIO")
    if not program:
        console().print("review: left out; `make bench-quality` gives SONOCURATE_LABEL_STUDIO, the server's program")
        return
    admin = dict(zip(ADMIN, ("admin@example.org", "only for this bench", "0123456789" * 4), strict=True))
    environment, port = {**os.environ, **admin}, free_port()
    with tempfile.TemporaryDirectory() as folder, label_studio(Path(program), Path(folder) / "ls", port, environment):
        config = site(Path(folder) / "site", f"http://127.0.0.1:{port}", TASKS)
        found = rehearse(config, admin[ADMIN[2]], environment, kills=KILLS)
    table = Table(f"{TASKS} tasks of a local Label Studio", "measured", "asked")
    table.add_row("runs of push killed", f"{found.kills_of_push} of {KILLS}", "")
    table.add_row("tasks on the server, of the sample", f"{found.on_server} of {found.tasks}", "all")
    table.add_row("tasks there twice, or foreign", str(found.doubles), "0")
    table.add_row("annotated through the server's API", str(found.annotated), "")
    table.add_row("runs of pull killed", f"{found.kills_of_pull} of {KILLS}", "")
    table.add_row("reviews on the shelf", str(found.on_shelf), str(found.annotated))
    table.add_row("of them as the reviewer said", str(found.right), str(found.annotated))
    table.add_row("new when pulled once more", str(found.new_again), "0")
    table.add_row("seconds of the last push, of the pull", f"{found.push_s:.1f}, {found.pull_s:.1f}", "")
    console().print(table)


def main(arguments: Sequence[str]) -> None:
    """Run the parts that are asked for; all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    runs: dict[str, Callable[[], None]] = {"rules": rules, "retrospect": retrospect, "review": review}
    parser.add_argument("parts", nargs="*", default=list(runs), help="rules, retrospect, review")
    for part in parser.parse_args(arguments).parts:
        runs[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
