"""A small hospital with annotations, its shelf filled by the real steps."""

import json

import pytest
from typer.testing import CliRunner

from curation.ground.ground import ground
from curation.ground.masks import rle_of
from flows.annotate import _work as annotate_work
from flows.cli import app
from flows.ground import inputs_of
from schemas.config import Pipeline
from tests.curation.ground.test_geometry import ellipse_mask
from tests.flows.releases.conftest import Hospital, hospital  # noqa: F401, RUF100 - a fixture
from tests.flows.releases.test_release import create
from warehouse.catalog import rebuild
from warehouse.tables import Commit

EXTRA = """
[[annotations]]
layout = "coco"
path = "coco.json"
"""
OUTLINE = [10, 10, 40, 12, 44, 30, 12, 34]


def coco(site: Hospital) -> dict:
    """Annotate every picture: polygons and masks in turn, keypoints, a diagnosis; one picture is unknown."""
    names = sorted(path.name for path in (site.folder / "images").iterdir())
    images = [{"id": n, "file_name": name, "width": 64, "height": 64, "px_mm": 0.2} for n, name in enumerate(names)]
    mask = ellipse_mask(48, 30, 0.4, (0.2, 0.1))
    padded = [[0] * 64 for _ in range(64)]
    for y, row in enumerate(mask):
        padded[y][: len(row)] = row.tolist()
    shapes = [
        {"segmentation": [OUTLINE], "keypoints": [12, 13, 2, 40, 30, 1]},
        {"segmentation": rle_of(_array(padded))},
    ]
    annotations = [{"id": n, "image_id": n, "category_id": 1, **shapes[n % 2]} for n in range(len(images))]
    gone = {"id": "gone", "image_id": 999, "category_id": 1, "bbox": [1, 1, 5, 5]}
    return {
        "images": images,
        "annotations": [*annotations, gone],
        "categories": [{"id": 1, "name": "breast mass", "keypoints": ["long_a", "long_b"]}],
        "image_labels": [{"image_id": n, "label": ("benign", "malignant")[n % 2]} for n in range(len(images))],
    }


def _array(rows):
    import numpy as np

    return np.array(rows, np.uint8)


@pytest.fixture
def annotated(hospital):  # noqa: F811 - the fixture
    """Give the hospital with its annotations and grounded pairs on the shelf."""
    (hospital.folder / "coco.json").write_text(json.dumps(coco(hospital)), encoding="utf-8")
    hospital.set("[release]", EXTRA + "[release]")
    hospital.shelve()
    context = hospital.context
    result = annotate_work(context, context.annotated.ids())
    commit = Commit("annotate", 0, "f", "k")
    hospital.shelf.append("annotations", result.kept, commit)
    hospital.shelf.append("rejects", result.rejected, commit)
    config: Pipeline = context.config
    frames = sorted(set(result.kept["frame_id"].to_pylist()))
    pairs = ground(inputs_of(context, frames), config=config.ground, names=config.annotate)
    hospital.shelf.append("grounded_pairs", pairs.kept, Commit("ground", 0, "f", "k"))
    rebuild(hospital.shelf)
    return hospital


@pytest.fixture
def exported(annotated):
    """Give a release, and what exports it."""
    folder = create(annotated, name="g").folder

    def export(name):
        out = annotated.folder / name
        done = CliRunner().invoke(app, ["export", "g", str(out), "--format", name, "--root", str(annotated.shelf.root)])
        assert done.exit_code == 0, done.output
        return out

    return folder, export
