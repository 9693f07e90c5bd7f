"""Push and pull against a real Label Studio while runs are killed: is anything lost or doubled?

Flows in: a server, numbers, a seed. Flows out: ``Rehearsed`` counts. The warehouse is invented; so are the annotations,
which come in through the server's own API as a reviewer's browser sends them.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from flows.key import init_key
from flows.releases.invented import Plan, fill
from flows.review.interface import answer_of
from flows.review.push import TITLE
from flows.review.sample import draw_sample, tasks_of
from flows.review.studio import Studio
from flows.stage import context_of
from schemas.expert import ExpertError, ExpertVerdict
from warehouse.tables import Shelf

_CONFIG = """
[input]
table = "cases.csv"
images = "images"
[pseudonym]
key_file = "pseudonym.key"
[warehouse]
root = "warehouse"
[review]
url = "{url}"
scope = "all"
n = {n}
attention_share = 0.0
picture_px = 256
"""
SAMPLE = "rehearsal"
_PAIRS_PER_CASE = 2
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What was on the server and on the shelf at the end."""

    tasks: int
    kills_of_push: int
    on_server: int
    doubles: int
    push_s: float
    annotated: int
    kills_of_pull: int
    on_shelf: int
    right: int
    pull_s: float
    new_again: int


def site(folder: Path, url: str, tasks: int) -> Path:
    """Make a warehouse of invented pairs with a sample of them; give the config."""
    folder.mkdir(parents=True, exist_ok=True)
    init_key(folder / "pseudonym.key")
    config = folder / "pipeline.toml"
    config.write_text(_CONFIG.format(url=url, n=tasks), encoding="utf-8")
    cases = -(-tasks // _PAIRS_PER_CASE)
    fill(Shelf(folder / "warehouse"), Plan(cases=cases, pairs_per_case=_PAIRS_PER_CASE, side_px=96))
    context = context_of(str(config))
    draw_sample(context, SAMPLE, context.config.review)
    return config


def rehearse(config: Path, token: str, environment: Mapping[str, str], *, kills: int, seed: int = 1) -> Rehearsed:
    """Push under kills, annotate every task, pull under kills, then pull once more."""
    rng, url = random.Random(seed), context_of(str(config)).config.review.url
    push = [sys.executable, "-m", "flows.cli", "review", "push", "--config", str(config)]
    pull = [*push[:4], "pull", *push[5:]]
    start_s = _finished([*push[:4], "status", "--offline", *push[5:]], environment)  # the imports of a process
    killed_push = sum(_killed(push, environment, start_s + rng.uniform(0.0, 8.0)) for _ in range(kills))
    push_s = _finished(push, environment)
    wanted = {row["task_id"] for row in _tasks(config)}
    with Studio(url, token) as studio:
        project = studio.find(TITLE.format(SAMPLE))
        listed = list(studio.tasks(project)) if project else []
        keys = Counter(task.key for task in listed)
        said = annotate(url, token, [(task.number, task.key) for task in listed], rng)
    killed_pull = sum(_killed(pull, environment, start_s * rng.uniform(0.7, 2.0)) for _ in range(kills))
    pull_s = _finished(pull, environment)
    shelf = context_of(str(config)).shelf
    before = shelf.read("reviews").num_rows
    _finished(pull, environment)
    reviews = shelf.read("reviews").to_pylist()
    right = sum(said.get(row["task_id"]) == (row["verdict"], tuple(row["errors"])) for row in reviews)
    return Rehearsed(
        len(wanted),
        killed_push,
        len(set(keys) & wanted),
        sum(count - 1 for count in keys.values()) + len(set(keys) - wanted),
        push_s,
        len(said),
        killed_pull,
        before,
        right,
        pull_s,
        len(reviews) - before,
    )


def annotate(url: str, token: str, tasks: Sequence[tuple[int, str]], rng: random.Random) -> dict[str, Any]:
    """Annotate tasks as a browser does; gives verdict and errors by task code."""
    said = {key: _said(rng) for _, key in tasks}
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Token {token}"}, timeout=120, trust_env=False
    ) as client:

        def send(task: tuple[int, str]) -> None:
            body = {"result": result_of(*said[task[1]]), "lead_time": 3.0}
            client.post(f"/api/tasks/{task[0]}/annotations/", json=body).raise_for_status()

        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(send, tasks))
    return said


def result_of(verdict: str, errors: Sequence[str], comment: str = "") -> list[dict[str, Any]]:
    """Write an annotation as the labelling interface does."""
    place = {"to_name": "answer"}
    parts = [{"from_name": "verdict", "type": "choices", "value": {"choices": [verdict]}, **place}]
    if errors:
        parts.append({"from_name": "errors", "type": "choices", "value": {"choices": list(errors)}, **place})
    if comment:
        parts.append({"from_name": "comment", "type": "textarea", "value": {"text": [comment]}, **place})
    return parts


def _said(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    verdict = rng.choice(list(ExpertVerdict))
    errors = () if verdict is ExpertVerdict.ACCEPT else (rng.choice(list(ExpertError)).value,)
    if answer_of(result_of(verdict.value, errors)) is None:
        raise ValueError("an invented annotation is half filled in")
    return verdict.value, errors


def _tasks(config: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tasks_of(context_of(str(config)).shelf, SAMPLE).to_pylist()
    return rows


def _killed(command: Sequence[str], environment: Mapping[str, str], after_s: float) -> bool:
    """Run a command and kill it (SIGKILL); False when it ended before."""
    process = subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    try:
        process.wait(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def _finished(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command to its end; gives its seconds.

    Raises: RuntimeError with what it wrote.
    """
    start = time.monotonic()
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return time.monotonic() - start
