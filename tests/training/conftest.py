"""A small release made through the warehouse, a tiny base, and settings that fit both. Torch is imported by fixtures only."""

import json
import shutil

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.releases.against import HeldOut
from flows.releases.hashes import hash_frames
from flows.releases.invented import Plan, fill
from flows.releases.select import select_rows
from schemas.publishing import Release
from schemas.shelf import TABLES
from warehouse.published import write_checksums
from warehouse.release import content_of, write_release
from warehouse.snapshot import Snapshot
from warehouse.tables import Shelf


def make_release(root, plan):
    shelf, config = Shelf(root), Release(name="small")
    fill(shelf, plan)
    hash_frames(shelf)
    snapshot = Snapshot.take(shelf, TABLES)
    selection = select_rows(snapshot, config, HeldOut())
    return write_release(snapshot, config, selection.chosen, {"anonymity": {"k": config.k}}, lambda *_: None).folder


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    """Give the folder of a release: 60 patients, two frames each."""
    return make_release(tmp_path_factory.mktemp("training"), Plan(cases=60, frames_per_case=2, side_px=64))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory, release):
    """Give the folder of a tiny base whose tokenizer knows the release's words."""
    from training.tiny import write_tiny

    texts = pq.read_table(sorted((release / "stage1").glob("train-*"))[0])["answer"].to_pylist()
    return write_tiny(tmp_path_factory.mktemp("base"), texts)


def changed(base):
    """Give a base other weights under the same name."""
    from safetensors.torch import load_file, save_file

    path = base / "model.safetensors"
    weights = load_file(path)
    weights["lm_head.weight"] = weights["lm_head.weight"] * 1.01
    save_file(weights, path, {"format": "pt"})


def sealed(folder):
    """Give a changed copy of a release the hashes of what it holds now."""
    manifest = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    manifest["content_sha256"] = content_of(folder)
    (folder / "release.json").write_text(json.dumps(manifest), encoding="utf-8")
    write_checksums(folder)
    return folder


def drawn(number, side=112):
    """Draw a frame with one bright ellipse, and its mask. Shapes: uint8[side, side, 3], uint8[side, side]."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(20, 60, (side, side, 3), np.uint8)
    mask = np.zeros((side, side), np.uint8)
    centre, axes = rng.integers(35, side - 35, 2).tolist(), rng.integers(14, 30, 2).tolist()
    cv2.ellipse(mask, centre, axes, int(rng.integers(0, 180)), 0, 360, 1, -1)
    pixels[mask == 1] += 120
    return pixels, mask


def grounded_row(frame, mask):
    """Give a row of view `grounded`: the lesion's outline is asked for."""
    ys, xs = np.nonzero(mask)
    box = [float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1)]
    contour = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0].reshape(-1, 2) + 0.5
    one = {
        "label": "lesion",
        "bbox_xyxy_px": box,
        "polygon_px": [contour.ravel().tolist()],
        "rle": None,
        "keypoints": [],
    }
    return {
        **{name: frame[name] for name in ("case_id", "site", "width_px", "height_px")},
        "instance_id": f"{frame['frame_id']}/segmentation-00",
        "systems": ["thyroid"],
        "language": "en",
        "task": "segmentation",
        "frame_ids": [frame["frame_id"]],
        "question": "Outline the lesion.",
        "answer": "The lesion: [...]",
        "question_form": "Outline the lesion.",
        "answer_form": "The <ref-object> at <bbox>: <polygon>",
        "shown": [],
        "objects": [one],
    }


@pytest.fixture(scope="session")
def grounded_release(release, tmp_path_factory):
    """Give a release with 16 frames whose lesions are outlined, and their masks."""
    folder = tmp_path_factory.mktemp("grounded") / "small"
    shutil.copytree(release, folder)
    path = sorted((folder / "images").glob("train-*"))[0]
    table = pq.read_table(path)
    frames, masks = table.to_pylist(), []
    for number, frame in enumerate(frames[:16]):
        pixels, mask = drawn(number)
        frame["image"]["bytes"] = cv2.imencode(".png", pixels)[1].tobytes()
        frame |= {"width_px": 112, "height_px": 112}
        masks.append(mask)
    pq.write_table(pa.Table.from_pylist(frames, schema=table.schema), path)
    rows = [grounded_row(frame, mask) for frame, mask in zip(frames[:16], masks, strict=True)]
    (folder / "grounded").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), folder / "grounded" / "train-00000-of-00001.parquet")
    return sealed(folder), masks
