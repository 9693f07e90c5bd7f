"""The hospital of the release tests, with pairs that a model wrote and a sample of them."""

import pytest

from flows.review.sample import draw_sample, tasks_of
from tests.flows.releases.conftest import hospital  # noqa: F401 - a fixture

MODELS = ("model-a", "model-b")


@pytest.fixture
def sampled(hospital):  # noqa: F811
    for at, row in enumerate(hospital.rows["instruction_pairs"]):
        row |= {"model": MODELS[at % 2], "template_id": "liver-01"}
    hospital.set('[release]\nname = "first"', '[review]\nn = 20\n[release]\nname = "first"')
    hospital.shelve()
    draw_sample(hospital.context, "first", hospital.context.config.review)
    hospital.tasks = lambda: tasks_of(hospital.shelf, "first").to_pylist()
    return hospital
