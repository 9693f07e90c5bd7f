import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from curation.dedup.picture import picture_hashes
from flows.dedup.frames import near_frames
from flows.dedup.show import overlap, show_duplicate
from schemas.case import IMAGE
from schemas.errors import ConfigError
from schemas.instruction import DUPLICATE, INSTRUCTION_PAIR
from warehouse.catalog import query, rebuild
from warehouse.tables import Commit, Shelf

PAIR = {
    "case_id": "c", "site": "s", "systems": ["liver"], "language": "en", "task": "vqa", "form": "open", "frame_ids": ["f"],
    "tier": "demo", "answer_visible_in_image": False,
}  # fmt: skip
COMMIT = Commit("test", 0, "f", "k")


def test_show_says_both_ids_and_what_the_texts_share(tmp_path):
    shelf = Shelf(tmp_path)
    pairs = [
        {**PAIR, "instance_id": "c/1", "question": "What is seen?", "answer": "A cyst of 12 mm in the left kidney."},
        {
            **PAIR,
            "instance_id": "c/2",
            "question": "What is seen?",
            "answer": "A cyst of 13 mm in the left kidney now.",
        },
    ]
    shelf.append("instruction_pairs", pa.Table.from_pylist(pairs, schema=INSTRUCTION_PAIR), COMMIT)
    row = {"instance_id": "c/2", "duplicate_of": "c/1", "site": "s", "reason": "rouge_l", "score": 0.88}
    shelf.append("duplicates", pa.Table.from_pylist([row], schema=DUPLICATE), COMMIT)
    lines = list(show_duplicate(tmp_path, "c/2"))
    assert lines[:3] == ["dropped  c/2", "like     c/1", "reason   rouge_l, score 0.88"]
    assert "tokens   13 and 12, 11 in common, in order" in lines
    assert "overlap  what is seen a cyst of … mm in the left kidney" in lines
    assert "dropped has alone  13 … now" in lines
    assert "kept has alone     12" in lines
    with pytest.raises(ConfigError, match="no duplicate of this id"):
        list(show_duplicate(tmp_path, "c/1"))
    with pytest.raises(ConfigError, match="no duplicate of this id"):
        list(show_duplicate(tmp_path / "none", "c/1"))


def test_texts_that_share_nothing():
    assert "overlap  nothing" in list(overlap("肝", "肾"))


def picture(seed, *, shift=0, noise=0):
    """A smooth random picture, brighter by ``shift``, with some noise."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(20, 200, (9, 9), np.uint8))
    pixels = np.asarray(small.resize((200, 160), Image.Resampling.BICUBIC)).astype(int) + shift
    pixels += np.random.default_rng(99).integers(-noise, noise + 1, pixels.shape)
    sink = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(sink, "PNG")
    return sink.getvalue()


def test_frames_that_look_alike_are_reported_with_their_distances(tmp_path):
    pngs = [picture(1), picture(2), picture(1, shift=15, noise=3), picture(3), picture(2)]
    rows = [
        {
            "frame_id": f"c{n}/i/f", "image_id": f"c{n}/i", "case_id": f"c{n // 2}", "site": "s", "frame": 0, "width_px": 200,
            "height_px": 160, "sha256": f"sha{n % 4 if n < 4 else 1}", "image": {"bytes": png, "path": "x"},
        }
        for n, png in enumerate(pngs)
    ]  # fmt: skip
    shelf = Shelf(tmp_path)
    shelf.append("images", pa.Table.from_pylist(rows, schema=IMAGE), COMMIT)
    found = near_frames(tmp_path, distance=3).to_pylist()
    assert [(row["frame_id"], row["like"], row["same_case"]) for row in found] == [
        ("c2/i/f", "c0/i/f", False),
        ("c4/i/f", "c1/i/f", False),
    ]
    hashes = [picture_hashes(png) for png in pngs]
    for row, (mine, other) in zip(found, [(2, 0), (4, 1)], strict=True):
        bits = [(a ^ b).bit_count() for a, b in zip(hashes[mine], hashes[other], strict=True)]
        assert [row["dhash_bits"], row["phash_bits"]] == bits
    assert near_frames(tmp_path, distance=3).to_pylist() == found  # hashes come from the table now
    rebuild(shelf)
    assert query(tmp_path, "SELECT count(*) AS n FROM frame_hashes").to_pylist() == [{"n": 4}]


def test_a_warehouse_without_frames_or_no_warehouse(tmp_path):
    assert near_frames(tmp_path, distance=3).num_rows == 0
    with pytest.raises(ConfigError, match="no warehouse"):
        near_frames(tmp_path / "none", distance=3)
