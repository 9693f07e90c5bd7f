"""Annotations that change or vanish while a run works: nothing is cleared, and what is gone has a reason."""

import numpy as np
import pytest
from PIL import Image

from flows import stage
from flows.annotate import STAGE, _work
from flows.stage import commit_chunk, forget_contexts
from schemas.errors import ChunkError

EXTRA = """
[[annotations]]
layout = "masks"
path = "masks"
label = "lesion"
"""


def draw(folder, at, rows):
    mask = np.zeros((64, 64), np.uint8)
    mask[10 : 10 + rows, 10:40] = 255
    Image.fromarray(mask).save(folder / f"{at}.png")


@pytest.fixture
def masked(hospital):
    (hospital.folder / "masks").mkdir()
    for at in range(24):
        draw(hospital.folder / "masks", at, 20)
    hospital.set("[release]", EXTRA + "[release]")
    return hospital.shelve()


def commit(hospital, chunk):
    return commit_chunk(str(hospital.config), STAGE, chunk.commit.chunk_id, _work)


def planned(hospital, ids=()):
    context = hospital.context
    return context.journal(STAGE).plan([*context.annotated.ids(), *ids], 12)


def test_a_mask_that_changes_while_a_run_works_fails_its_chunk_alone(masked):
    first, second = planned(masked)
    assert commit(masked, first).kept == 12
    for at in range(24):
        draw(masked.folder / "masks", at, 30)
    for _ in ("the process of the run", "another worker"):
        with pytest.raises(ChunkError, match="changed since the run began"):
            commit(masked, second)
        assert masked.shelf.read("annotations").num_rows == 12
        forget_contexts()
    chunks = planned(masked)  # the next run: all anew
    assert [commit(masked, chunk).kept for chunk in chunks] == [12, 12]
    rows = masked.shelf.read("annotations").to_pylist()
    assert {row["bbox_xyxy_px"][3] for row in rows} == {40}


def test_a_worker_of_an_earlier_run_looks_at_the_annotations_anew(masked, monkeypatch):
    for chunk in planned(masked):
        commit(masked, chunk)
    old = masked.context
    draw(masked.folder / "masks", 0, 30)
    forget_contexts()
    chunk, _ = planned(masked)
    answers = [old, masked.context]
    monkeypatch.setattr(stage, "context_of", lambda _path: answers.pop(0))
    assert commit(masked, chunk).kept == 12 and answers == []


def test_what_left_the_export_after_the_plan_has_a_reason(masked):
    case = masked.context.annotated.ids()[0].partition("/")[0]
    gone = [f"{case}/i009", "c0123456789abcdef/i000", "a0123456789abcdef"]
    receipts = [commit(masked, chunk) for chunk in planned(masked, gone)]
    assert sum(one.kept for one in receipts) == 24
    rows = {row["id"]: row for row in masked.shelf.read("rejects").to_pylist()}
    assert {row["reason"] for row in rows.values()} == {"ANNOTATION_GONE"}
    assert {name: row["parent_id"] for name, row in rows.items()} == {
        f"{gone[0]}/gone": case,
        f"{gone[1]}/gone": "c0123456789abcdef",
        f"{gone[2]}/gone": None,
    }
