"""`sonocurate review pull` and `status`: annotations of a Label Studio project become reviews.

Flows in: a project. Flows out: rows of `reviews`; nothing at all where an annotation is half filled in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flows.review.interface import answer_of
from flows.review.push import project_of, studio_of
from flows.review.record import Given, Recorded, record
from flows.review.sample import tasks_of
from flows.review.studio import Annotation
from flows.stage import Context
from schemas.errors import ConfigError
from schemas.expert import ReviewSource

#: Task numbers that a message names.
_NAMED = 10


def pull(context: Context, sample: str | None) -> Recorded:
    """Take the annotations of a sample's project; the same ones again change nothing.

    Raises: ConfigError, with nothing changed: no server, wrong token, edited interface, half-filled annotations.
    """
    name = tasks_of(context.shelf, sample)["sample"][0].as_py()
    with studio_of(context.config.review) as studio:
        found = list(studio.annotations(project_of(studio, name)))
    given, skipped = _read(found)
    recorded = record(context, given)
    if skipped:
        recorded.notes.append(f"{skipped} annotations are skipped tasks: they say nothing")
    return recorded


def _read(found: Iterable[Annotation]) -> tuple[list[Given], int]:
    given: list[Given] = []
    half: list[int] = []
    skipped = 0
    for one in found:
        answer = answer_of(one.result)
        if one.is_skipped:
            skipped += 1
        elif answer is None:
            half.append(one.number)
        else:
            key = one.key or f"label-studio-task-{one.number}"
            given.append(Given(key, one.reviewer, answer, one.changed_at, ReviewSource.LABEL_STUDIO))
    if half:
        named = ", ".join(map(str, sorted(set(half))[:_NAMED])) + (", …" if len(set(half)) > _NAMED else "")
        raise ConfigError(
            f"{len(half)} annotations are half filled in (Label Studio tasks {named}): each needs a verdict, and what "
            "is wrong unless it accepts. Complete or delete them, then pull again; nothing was taken"
        )
    return given, skipped


@dataclass(frozen=True, slots=True)
class Status:
    """How far the reviews of a sample are."""

    sample: str
    tasks: int
    wanted: int
    taken: int
    on_server: tuple[int, int] | None
    reviewers: dict[str, tuple[int, int, int]]

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"sample {self.sample}: {self.tasks} tasks, {self.taken} of {self.wanted} reviews are on the shelf"
        if self.on_server is not None:
            yield f"Label Studio: {self.on_server[0]} tasks, {self.on_server[1]} annotations"
        for reviewer, (reviews, checks, caught) in sorted(self.reviewers.items()):
            yield f"reviewer {reviewer}: {reviews} reviews, caught {caught} of {checks} planted errors"


def status(context: Context, sample: str | None, *, ask: bool = True) -> Status:
    """Say how far a sample is; ``ask`` also asks the server.

    Raises: ConfigError.
    """
    tasks = tasks_of(context.shelf, sample)
    name, ids = tasks["sample"][0].as_py(), set(tasks["task_id"].to_pylist())
    reviews = [row for row in context.shelf.read("reviews").to_pylist() if row["task_id"] in ids]
    wanted = sum(tasks["readers"].to_pylist())
    return Status(name, len(ids), wanted, len(reviews), _asked(context, name) if ask else None, _by_reviewer(reviews))


def _asked(context: Context, sample: str) -> tuple[int, int]:
    with studio_of(context.config.review) as studio:
        listed = list(studio.tasks(project_of(studio, sample)))
    return len(listed), sum(task.annotations for task in listed)


def _by_reviewer(reviews: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
    counts: dict[str, Counter[str]] = {}
    for row in reviews:
        own = counts.setdefault(row["reviewer"], Counter())
        own.update(["reviews"])
        own.update(["checks"] if row["attention"] else [])
        own.update(["caught"] if row["attention"] and row["verdict"] != "accept" else [])
    return {name: (own["reviews"], own["checks"], own["caught"]) for name, own in counts.items()}
