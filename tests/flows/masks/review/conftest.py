"""One small hospital with known boxes, its copy per test, and its exported queue."""

import shutil

import pytest

from flows.masks.review.review import export_queue
from flows.stage import forget_contexts
from tests.flows.masks.review.queue_site import KEY, build_site


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONOCURATE_KEY", KEY)
        return build_site(tmp_path_factory.mktemp("hospital") / "site")


@pytest.fixture
def site(built, tmp_path, monkeypatch):
    """A copy of the hospital for this test."""
    monkeypatch.setenv("SONOCURATE_KEY", KEY)
    forget_contexts()
    shutil.copytree(built.folder, tmp_path / "site")
    return type(built)(tmp_path / "site", tmp_path / "site" / "pipeline.toml", built.sources)


@pytest.fixture
def out(site, tmp_path):
    export_queue(site.config, tmp_path / "queue")
    return tmp_path / "queue"
