"""Push, pull and status against a real Label Studio server. Run with `make test-labelstudio`."""

import os
import random
import shutil
import threading
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.review.pull import pull, status
from flows.review.push import TITLE, push
from flows.review.rehearsal import annotate, rehearse, result_of, site
from flows.review.server import label_studio
from flows.review.studio import KEY, Studio
from flows.server import free_port
from flows.stage import context_of
from schemas.errors import ConfigError

pytestmark = pytest.mark.labelstudio
TOKEN = "0123456789abcdef0123456789abcdef01234567"
ADMIN = {
    "LABEL_STUDIO_USERNAME": "admin@example.org",
    "LABEL_STUDIO_PASSWORD": "only for this test",
    "LABEL_STUDIO_USER_TOKEN": TOKEN,
}
run = CliRunner()


def program():
    return Path(os.environ["SONOCURATE_LABEL_STUDIO"])


class Server:
    """A server that may be killed and started again on the same data and port."""

    def __init__(self, data):
        self.data, self.port = data, free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        self._serving = label_studio(program(), self.data, self.port, {**os.environ, **ADMIN})
        self.process = self._serving.__enter__()

    def stop(self):
        self._serving.__exit__(None, None, None)


@pytest.fixture(scope="session")
def fresh():
    """A data folder whose database is made; that takes minutes, so it is kept beside the program."""
    kept = program().parents[1] / "fresh-data"
    if not kept.exists():
        aside = kept.with_name(f"fresh-data-{os.getpid()}")
        with label_studio(program(), aside, free_port(), {**os.environ, **ADMIN}):
            pass
        aside.rename(kept)
    return kept


@pytest.fixture(scope="session")
def server(fresh, tmp_path_factory):
    data = tmp_path_factory.mktemp("label-studio") / "data"
    shutil.copytree(fresh, data)
    running = Server(data)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def studio(server, sampled, monkeypatch):
    """A sampled hospital with the server's address and a project of its own."""
    monkeypatch.setenv("LABEL_STUDIO_USER_TOKEN", TOKEN)
    sampled.set("[review]\n", f'[review]\nurl = "{server.url}"\n')
    with Studio(server.url, TOKEN) as client:
        if (old := client.find(TITLE.format("first"))) is not None:
            client._call("DELETE", f"/api/projects/{old}")
        yield client


def test_a_push_is_there_once_and_shows_what_was_drawn(studio, sampled):
    first, again = push(sampled.context, None), push(sampled.context, None)
    assert (first.new, first.there, again.new, again.there, again.project) == (21, 0, 0, 21, first.project)
    listed = {task.key: task for task in studio.tasks(first.project)}
    assert listed.keys() == {row["task_id"] for row in sampled.tasks()}
    assert {key: task.readers for key, task in listed.items()} == {r["task_id"]: r["readers"] for r in sampled.tasks()}
    order = sorted(listed.values(), key=lambda task: task.number)
    assert [task.key for task in order] == [row["task_id"] for row in sampled.tasks()]
    data = studio._call("GET", f"/api/tasks/{order[0].number}")["data"]
    pairs = {row["instance_id"]: row for row in sampled.rows["instruction_pairs"]}
    assert data["question"] == pairs[sampled.tasks()[0]["instance_id"]]["question"]
    assert data["images"][0].startswith("data:image/jpeg;base64,")
    assert not {"attention", "kind_of_error", "model"} & set(data)


def test_what_reviewers_say_comes_in_once(studio, sampled):
    project = push(sampled.context, None).project
    tasks = [(task.number, task.key) for task in studio.tasks(project)]
    said = annotate(sampled.context.config.review.url, TOKEN, tasks[:12], random.Random(1))
    assert pull(sampled.context, None).new == 12
    again = pull(sampled.context, None)
    assert (again.new, again.changed, again.same) == (0, 0, 12)
    rows = {row["task_id"]: row for row in sampled.shelf.read("reviews").to_pylist()}
    assert {key: (row["verdict"], tuple(row["errors"])) for key, row in rows.items()} == said
    assert {row["source"] for row in rows.values()} == {"label_studio"}
    assert all(row["reviewer"].startswith("ls-") for row in rows.values())
    number = studio._call("GET", f"/api/tasks/{tasks[0][0]}")["annotations"][0]["id"]
    body = {"result": result_of("reject", ["organ"], "Seen by Dr. Miller, call 0171 5550199")}
    studio._call("PATCH", f"/api/annotations/{number}", json=body)
    assert pull(sampled.context, None).changed == 1
    rows = {row["task_id"]: row for row in sampled.shelf.read("reviews").to_pylist()}
    assert (len(rows), rows[tasks[0][1]]["errors"]) == (12, ["organ"])
    assert "5550199" not in rows[tasks[0][1]]["comment"]
    told = "\n".join(status(sampled.context, None).lines())
    assert "Label Studio: 21 tasks, 12 annotations" in told
    assert "12 of 23 reviews are on the shelf" in told


def test_a_half_filled_annotation_is_named_and_nothing_is_taken(studio, sampled):
    project = push(sampled.context, None).project
    tasks = [(task.number, task.key) for task in studio.tasks(project)]
    annotate(sampled.context.config.review.url, TOKEN, tasks[:3], random.Random(1))
    studio._call("POST", f"/api/tasks/{tasks[5][0]}/annotations/", json={"result": result_of("reject", [])})
    with pytest.raises(ConfigError, match=f"half filled in \\(Label Studio tasks {tasks[5][0]}\\)"):
        pull(sampled.context, None)
    assert sampled.shelf.read("reviews").num_rows == 0
    studio._call("POST", f"/api/tasks/{tasks[6][0]}/annotations/", json={"result": [], "was_cancelled": True})
    number = studio._call("GET", f"/api/tasks/{tasks[5][0]}")["annotations"][0]["id"]
    studio._call("DELETE", f"/api/annotations/{number}")
    done = pull(sampled.context, None)
    assert (done.new, done.notes) == (3, ["1 annotations are skipped tasks: they say nothing"])


def test_tasks_of_somebody_else_are_kept_aside(studio, sampled):
    project = push(sampled.context, None).project
    body = [{"data": {"report": "r", "question": "q", "answer": "a", "system": "s", "kind": "k", "images": []}}]
    studio._call("POST", f"/api/projects/{project}/import", json=body)
    [foreign] = [task.number for task in studio.tasks(project) if not task.key]
    studio._call("POST", f"/api/tasks/{foreign}/annotations/", json={"result": result_of("accept", [])})
    done = pull(sampled.context, None)
    assert (done.new, done.unknown) == (0, 1)
    assert sampled.shelf.read("unknown_reviews")["why"].to_pylist() == ["unknown_task"]
    assert push(sampled.context, None).doubles == 0


def test_doubles_are_removed_and_annotated_tasks_never(studio, sampled):
    project = push(sampled.context, None).project
    first, second = list(studio.tasks(project))[:2]
    data = studio._call("GET", f"/api/tasks/{first.number}")["data"]
    for task in (first, first, second):
        studio._call("POST", f"/api/projects/{project}/import", json=[{"data": data, "meta": {KEY: task.key}}])
    late = max(task.number for task in studio.tasks(project) if task.key == first.key)
    annotate(sampled.context.config.review.url, TOKEN, [(late, first.key)], random.Random(1))
    assert push(sampled.context, None).doubles == 3
    left = {task.key: task.number for task in studio.tasks(project)}
    assert len(left) == 21
    assert (left[first.key], left[second.key]) == (late, second.number)


def test_an_edited_interface_stops_push_and_pull_until_it_is_set_back(studio, sampled):
    project = push(sampled.context, None).project
    edited = '<View><Text name="answer" value="$answer"/><Choices name="verdict" toName="answer"><Choice value="x"/></Choices></View>'
    studio.set_interface(project, edited)
    for command in ("push", "pull", "status"):
        done = run.invoke(app, ["review", command, "--config", str(sampled.config)])
        assert isinstance(done.exception, ConfigError)
        assert "--restore-interface" in str(done.exception)
    assert run.invoke(app, ["review", "push", "--restore-interface", "--config", str(sampled.config)]).exit_code == 0
    assert pull(sampled.context, None).new == 0


def test_a_wrong_token_changes_nothing(studio, sampled, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_USER_TOKEN", "f" * 40)
    for command in ("push", "pull", "status"):
        done = run.invoke(app, ["review", command, "--config", str(sampled.config)])
        assert isinstance(done.exception, ConfigError)
        assert "refuses the token" in str(done.exception)
        assert "f" * 40 not in str(done.exception)
    assert studio.find(TITLE.format("first")) is None


def test_nothing_is_lost_or_doubled_when_runs_are_killed(server, tmp_path):
    config = site(tmp_path / "site", server.url, 250)
    environment = {**os.environ, **ADMIN, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = rehearse(config, TOKEN, environment, kills=4)
    assert done.kills_of_push > 0
    assert (done.tasks, done.on_server, done.doubles) == (250, 250, 0)
    assert (done.annotated, done.on_shelf, done.right, done.new_again) == (250, 250, 250, 0)


def test_a_push_goes_on_when_the_server_was_killed(server, tmp_path, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_USER_TOKEN", TOKEN)
    context = context_of(str(site(tmp_path / "site", server.url, 150)))
    with Studio(server.url, TOKEN) as client:
        if (old := client.find(TITLE.format("rehearsal"))) is not None:
            client._call("DELETE", f"/api/projects/{old}")

    def end():
        with Studio(server.url, TOKEN) as client:
            while (project := client.find(TITLE.format("rehearsal"))) is None:
                pass
            while len(list(client.tasks(project))) < 50:
                pass
            server.process.kill()

    killer = threading.Thread(target=end, daemon=True)
    killer.start()
    with pytest.raises(ConfigError, match="cannot be reached"):
        push(context, None)
    killer.join()
    server.stop()
    server.start()
    push(context, None)
    with Studio(server.url, TOKEN) as client:
        listed = list(client.tasks(client.find(TITLE.format("rehearsal"))))
    assert len(listed) == len({task.key for task in listed}) == 150


def test_the_page_of_a_project_is_served(studio, sampled):
    project = push(sampled.context, None).project
    page = httpx.get(
        f"{sampled.context.config.review.url}/projects/{project}/data",
        headers={"Authorization": f"Token {TOKEN}"},
        trust_env=False,
        follow_redirects=True,
    )
    assert page.status_code == 200
