"""`sonocurate review push` and `status`: the tasks of a sample on a Label Studio server, each exactly once.

Flows in: a sample and a server. Flows out: a project with one task per task of the sample.
A request that was sent by a run that was killed may still be at work on the server. So what is about to be sent is
written down first (``PENDING``), the next run waits for it, and every run ends by looking for doubles.
"""

import base64
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.pool.terms import is_loopback
from flows.alone import alone
from flows.key import load_key
from flows.progress import Track
from flows.review.interface import interface, is_same
from flows.review.sample import plant_in, tasks_of
from flows.review.sealing import unseal
from flows.review.shown import Desk, Shown
from flows.review.studio import Listed, Studio
from flows.stage import Context
from schemas.config import Review
from schemas.endpoint import Endpoint
from schemas.errors import ConfigError

PENDING = ".review-push"
#: How long a request of a killed run may take to show its tasks (a batch of 25 takes a second or two).
SETTLE_S = 12.0
BATCH = 25
TITLE = "sonocurate {}"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of the tasks of a sample."""

    project: int
    new: int
    there: int
    doubles: int
    left: int

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"project {self.project}: {self.new} tasks are new, {self.there} were there"
        if self.doubles:
            yield f"{self.doubles} tasks stood there twice and were removed"
        if self.left:
            yield f"{self.left} tasks are not shown: their pairs have left or changed since the sample was drawn"


def studio_of(config: Review) -> Studio:
    """Open the configured server.

    Raises: ConfigError when it lies off this machine and is not allowed, or there is no token.
    """
    place = Endpoint(name="label-studio", base_url=config.url, model="-")
    agreements = {entry.host.lower().rstrip(".") for entry in config.allowed}
    if not is_loopback(place) and place.host not in agreements:
        raise ConfigError(
            f"review.url: {place.host} is off this machine and not allowed: list it in [[review.allowed]] with host "
            "and agreement (the reference of the data-processing agreement)"
        )
    token = os.environ.get(config.token_env, "").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise ConfigError(f"review.token_env: {config.token_env} is not set: it must hold a Label Studio access token")
    return Studio(config.url, token)


def project_of(studio: Studio, sample: str) -> int:
    """Find the project of a sample, with its interface as we made it.

    Raises: ConfigError when there is none or its interface was edited.
    """
    project = studio.find(TITLE.format(sample))
    if project is None:
        raise ConfigError(f"Label Studio has no project {TITLE.format(sample)!r}: `sonocurate review push` makes it")
    check_interface(studio, project)
    return project


def check_interface(studio: Studio, project: int) -> None:
    """See that the labelling interface is ours.

    Raises: ConfigError.
    """
    if not is_same(studio.interface(project)):
        raise ConfigError(
            f"the labelling interface of project {project} was edited, so its answers cannot be read: "
            "`sonocurate review push --restore-interface` sets it back"
        )


def push(context: Context, sample: str | None, *, restore: bool = False) -> Pushed:
    """Put every task of a sample into its project; what is there is left alone.

    Raises: ConfigError; nothing is changed then that the same command does not take up again.
    """
    config, root = context.config.review, context.shelf.root
    rows = tasks_of(context.shelf, sample).to_pylist()
    with alone(root), studio_of(config) as studio:
        title = TITLE.format(rows[0]["sample"])
        project = studio.find(title) or studio.create(title, interface())
        if restore:
            studio.set_interface(project, interface())
        check_interface(studio, project)
        _settle(root, studio, project)
        doubles = remove_doubles(studio, project)
        there = {task.key for task in studio.tasks(project)}
        missing = [row for row in rows if row["task_id"] not in there]
        new = _send(context, studio, project, missing)
        doubles += remove_doubles(studio, project)
        _set_readers(studio, project, rows)
    return Pushed(project, new, len(rows) - len(missing), doubles, len(missing) - new)


def remove_doubles(studio: Studio, project: int) -> int:
    """Delete tasks that stand there twice; never one that was annotated."""
    found: dict[str, list[Listed]] = defaultdict(list)
    for task in studio.tasks(project):
        if task.key:
            found[task.key].append(task)
    extra = []
    for tasks in found.values():
        _, *others = sorted(tasks, key=lambda task: (-task.annotations, task.number))
        extra += [task.number for task in others if task.annotations == 0]
    for number in extra:
        studio.remove(number)
    return len(extra)


def task_data(pair: Shown, answer: str, frames: Mapping[str, bytes]) -> dict[str, Any]:
    """Write what the interface shows of a task."""
    return {
        "system": pair.system,
        "kind": pair.task,
        "report": pair.report,
        "question": pair.question,
        "answer": answer,
        "images": [_data_url(frames[name]) for name in pair.frame_ids if name in frames],
    }


def answers_of(context: Context, rows: Sequence[Mapping[str, Any]], desk: Desk) -> Iterator[tuple[str, Shown, str]]:
    """Give tasks as they are shown: task id, pair, and its answer or the one with the planted error."""
    key = load_key(context.config)
    pairs = {pair.instance_id: pair for pair in desk.pairs(sorted({row["instance_id"] for row in rows}))}
    for row in rows:
        pair, planted = pairs.get(row["instance_id"]), unseal(key, row["sealed"])
        if pair is None or row["text_sha256"] not in (None, pair.text_sha256):
            continue  # what would be said of this text is not what the task asks
        answer = plant_in(pair, planted) if planted else pair.answer
        if answer is not None:
            yield row["task_id"], pair, answer


def _send(context: Context, studio: Studio, project: int, rows: Sequence[Mapping[str, Any]]) -> int:
    if not rows:
        return 0
    desk, sent = Desk(context.shelf), 0
    with Track("review push", len(rows), unit="tasks") as track:
        for start in range(0, len(rows), BATCH):
            shown = list(answers_of(context, rows[start : start + BATCH], desk))
            frames = desk.frames([pair for _, pair, _ in shown], context.config.review.picture_px)
            tasks = [(task_id, task_data(pair, answer, frames)) for task_id, pair, answer in shown]
            if tasks:
                _note(context.shelf.root, project, [task_id for task_id, _ in tasks])
                studio.add(project, tasks)
                (context.shelf.root / PENDING).unlink()
            sent += len(tasks)
            track.advance(len(rows[start : start + BATCH]))
    return sent


def _note(root: Path, project: int, keys: Sequence[str]) -> None:
    aside = root / f"{PENDING}.new"
    with aside.open("w", encoding="utf-8") as file:
        json.dump({"project": project, "tasks": list(keys)}, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(root / PENDING)


def _settle(root: Path, studio: Studio, project: int) -> None:
    """Wait for a request of a run that was killed: until its tasks are there, or it can no longer be at work."""
    place = root / PENDING
    with suppress(OSError, ValueError, KeyError, TypeError):
        noted = json.loads(place.read_text(encoding="utf-8"))
        wanted, deadline = set(noted["tasks"]), time.monotonic() + SETTLE_S
        while noted["project"] == project and time.monotonic() < deadline:
            if wanted <= {task.key for task in studio.tasks(project)}:
                break
            time.sleep(0.5)
    place.unlink(missing_ok=True)


def _set_readers(studio: Studio, project: int, rows: Sequence[Mapping[str, Any]]) -> None:
    wanted = {row["task_id"]: row["readers"] for row in rows}
    wrong = [task for task in studio.tasks(project) if wanted.get(task.key, task.readers) != task.readers]
    for task in wrong:
        studio.set_readers(task.number, wanted[task.key])


def _data_url(picture: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
