"""Label Studio over its HTTP API: projects, tasks, annotations. Only what reviews need.

Flows in: an address and a token. Flows out: plain values. Errors never quote a request or an answer of the server.
Source: Label Studio 1.23 API (Community edition: imports are synchronous).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from schemas.errors import ConfigError

TIMEOUT_S = 120.0
PAGE = 500
#: In the ``meta`` of a task: our own code of it.
KEY = "sonocurate_task"


@dataclass(frozen=True, slots=True)
class Listed:
    """A task on the server: its number there, our code (empty for a task of somebody else), what was done with it."""

    number: int
    key: str
    readers: int
    annotations: int


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation of a task."""

    number: int
    key: str
    reviewer: str
    changed_at: datetime
    is_skipped: bool
    result: Sequence[Mapping[str, Any]] = field(repr=False)


class Studio:
    """A Label Studio server. Use it as a context manager.

    Raises (every method): ConfigError when it cannot be reached, refuses the token, or refuses the request.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        headers = {"Authorization": f"Token {token}"}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def find(self, title: str) -> int | None:
        """Find a project by its title.

        Raises: ConfigError when there are several.
        """
        projects = self._pages("/api/projects", {}, "results", "count")
        found = [int(one["id"]) for one in projects if one["title"] == title]
        if len(found) > 1:
            raise ConfigError(f"Label Studio has {len(found)} projects called {title!r}: rename all but one")
        return found[0] if found else None

    def create(self, title: str, interface: str) -> int:
        """Create a project; tasks come in the order of their numbers, and empty annotations are refused."""
        body = {"title": title, "label_config": interface, "enable_empty_annotation": False}
        return int(self._call("POST", "/api/projects", json=body)["id"])

    def interface(self, project: int) -> str:
        """Give the labelling configuration of a project."""
        return str(self._call("GET", f"/api/projects/{project}")["label_config"])

    def set_interface(self, project: int, interface: str) -> None:
        """Set the labelling configuration of a project."""
        self._call("PATCH", f"/api/projects/{project}", json={"label_config": interface})

    def tasks(self, project: int) -> Iterator[Listed]:
        """List the tasks of a project, without their data."""
        for row in self._tasks(project, "id,meta,overlap,total_annotations"):
            yield Listed(row["id"], _key(row), int(row.get("overlap") or 1), int(row.get("total_annotations") or 0))

    def annotations(self, project: int) -> Iterator[Annotation]:
        """List all annotations of a project, with those that were skipped."""
        wanted = "id,meta,annotations,completed_by,updated_at,was_cancelled,result"  # also of what is inside
        for row in self._tasks(project, wanted):
            for one in row.get("annotations") or []:
                who = one.get("completed_by")
                reviewer = who.get("id") if isinstance(who, dict) else who
                changed = datetime.fromisoformat(one["updated_at"]).astimezone(UTC)
                skipped = bool(one.get("was_cancelled"))
                yield Annotation(row["id"], _key(row), f"ls-{reviewer}", changed, skipped, one.get("result") or [])

    def add(self, project: int, tasks: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Add tasks, each our code and its data, in one request."""
        body = [{"data": dict(data), "meta": {KEY: key}} for key, data in tasks]
        done = self._call("POST", f"/api/projects/{project}/import", json=body)
        if done.get("task_count") != len(tasks):
            raise ConfigError("Label Studio did not take all tasks: run the same command again")

    def set_readers(self, number: int, readers: int) -> None:
        """Say how many people a task is shown to."""
        self._call("PATCH", f"/api/tasks/{number}", json={"overlap": readers})

    def remove(self, number: int) -> None:
        """Delete a task."""
        self._call("DELETE", f"/api/tasks/{number}")

    def _tasks(self, project: int, include: str) -> Iterator[dict[str, Any]]:
        asked = {"project": project, "fields": "all", "include": include}
        yield from self._pages("/api/tasks", asked, "tasks", "total")

    def _pages(self, path: str, asked: Mapping[str, Any], rows: str, total: str) -> Iterator[dict[str, Any]]:
        seen, page = 0, 1
        while True:
            found = self._call("GET", path, params={**asked, "page": page, "page_size": PAGE})
            yield from found[rows]
            seen, page = seen + len(found[rows]), page + 1
            if seen >= found[total] or not found[rows]:
                return

    def _call(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 - JSON
        try:
            answer = self._client.request(method, path, **more)
        except httpx.HTTPError:
            raise ConfigError(
                f"Label Studio at {self._url} cannot be reached: start it (`make review-server`) or set review.url"
            ) from None
        if answer.status_code in (401, 403):
            raise ConfigError(
                "Label Studio refuses the token: set the variable of review.token_env to a legacy access token of a "
                "user of the project (Account & Settings)"
            )
        if not answer.is_success:
            raise ConfigError(f"Label Studio answered {answer.status_code} to {method} {path.rstrip('/0123456789')}")
        try:
            return answer.json() if answer.content else {}
        except ValueError:
            raise ConfigError(f"{self._url} is no Label Studio: set review.url") from None


def _key(row: Mapping[str, Any]) -> str:
    meta = row.get("meta")
    return str(meta.get(KEY, "")) if isinstance(meta, dict) else ""
