"""A published release is immutable: after a review has unmasked boxes, the next run needs another name."""

import shutil

import pytest

from flows.masks.review.review import apply_decisions, export_queue
from flows.preflight import preflight
from flows.stage import forget_contexts
from schemas.errors import ConfigError
from schemas.review import ReviewOutcome
from tests.flows.masks.review.queue_site import queue_rows, write_rows


class SeesNothing:
    """Reads no text, so that nothing speaks against a decision to keep."""

    def read(self, pixels):
        return []


@pytest.fixture
def config(finished, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "site")
    forget_contexts()
    return tmp_path / "site" / "pipeline.toml"


def test_preflight_refuses_the_name_of_a_release_whose_masks_were_reviewed_since(config, tmp_path):
    preflight(config, embedded=False)
    queue = tmp_path / "queue"
    export_queue(config, queue, unproven=True)
    rows = queue_rows(queue)
    write_rows(queue, [{**row, "decision": "mask", "reviewer": "r1"} for row in rows[:1]])
    apply_decisions(config, queue, ocr=SeesNothing())
    preflight(config, embedded=False)  # a decision that leaves the mask changes no frame
    write_rows(queue, [{**row, "decision": "keep", "reviewer": "r1"} for row in rows[1:]])
    assert apply_decisions(config, queue, ocr=SeesNothing()).outcomes[ReviewOutcome.APPLIED] > 0
    with pytest.raises(
        ConfigError, match=r"release first .* the masks have changed since: set another \[release\] name"
    ):
        preflight(config, embedded=False)
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('name = "first"', 'name = "second"'), encoding="utf-8")
    preflight(config, embedded=False)
