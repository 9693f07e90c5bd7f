"""The grounded stage: rows in Qwen2-VL's marks, masks where they belong, a loss that is dice + cross-entropy."""

import numpy as np
import pytest

pytest.importorskip("peft")

import torch

from schemas.errors import ConfigError
from schemas.rings import mask_of_rings
from schemas.training import Experts, MaskDecoder, Stage, Training
from training.conversation import read_tokenizer
from training.data import batches, moved, open_release, samples_of
from training.grounded import MaskDecoder as Decoder
from training.grounded import mask_loss
from training.loop import objective_of
from training.rows import Order
from training.spoken import drawn, filled
from warehouse.export.grounded import qwen_row
from warehouse.export.layout import Example

pytestmark = pytest.mark.train
TOKEN = "<|quad_start|>"


def thing(**more):
    return {"label": "cyst", "bbox_xyxy_px": None, "polygon_px": None, "rle": None, "keypoints": []} | more


def test_forms_are_filled_in_the_marks_of_qwen():
    box = thing(bbox_xyxy_px=[10.0, 20.0, 50.0, 100.0])
    outline = thing(label="囊肿", polygon_px=[[0.0, 0.0, 4.0, 0.0, 4.0, 4.0]])
    point = {"name": "a", "x_px": 199.9, "y_px": 0.2, "visible": True}
    keys = thing(keypoints=[{**point, "visible": False}, point])
    form = "<ref-object> <bbox>; <ref-object> <polygon>; <point>"
    expected = (
        "<|object_ref_start|>cyst<|object_ref_end|> <|box_start|>(50,200),(250,1000)<|box_end|>; "
        f"<|object_ref_start|>囊肿<|object_ref_end|> {TOKEN}; (1000,2)"
    )
    assert filled(form, [box, outline, keys], (200, 100), TOKEN) == expected
    assert filled("<bbox> <bbox>", [box], (200, 100), TOKEN) is None
    assert filled("<polygon>", [outline, outline], (200, 100), TOKEN) is None
    assert filled("Nothing there.", [outline], (200, 100), TOKEN) == "Nothing there."


@pytest.mark.parametrize("size", [(1000, 2000), (500, 333), (800, 600)])
def test_coordinates_are_those_of_the_export(size):
    """Halves of a thousandth are where two ways of rounding part; what lies beyond the rim is brought back to it."""
    halves = [side * number / 2000 for side in size for number in range(-3, 2004)]
    frame = {"instance_id": "a", "width_px": size[0], "height_px": size[1], "question_form": "Where?", "shown": []}
    for start in range(0, len(halves) - 4, 4):
        box = thing(bbox_xyxy_px=halves[start : start + 4])
        row = frame | {"answer_form": "<ref-object> <bbox>", "objects": [box]}
        exported = qwen_row(Example("train", 0, row, (), ""))["messages"][1]["content"]
        assert filled(row["answer_form"], [box], size, TOKEN) == exported


def test_outlines_are_drawn_as_they_were():
    square = drawn(thing(polygon_px=[[2.0, 1.0, 6.0, 1.0, 6.0, 4.0, 2.0, 4.0]]), 8, 6)
    expected = np.zeros((6, 8), np.uint8)
    expected[1:4, 2:6] = 1
    assert square.sum() == 12
    assert np.array_equal(square, expected)
    rings = [[0.0, 0.0, 20.0, 0.0, 20.0, 20.0, 0.0, 20.0], [6.0, 6.0, 14.0, 6.0, 14.0, 14.0, 6.0, 14.0]]
    hole = drawn(thing(polygon_px=rings), 20, 20)
    assert hole.sum() == 20 * 20 - 8 * 8
    assert hole[6:14, 6:14].sum() == 0
    slanted = [[1.5, 2.25, 17.0, 4.5, 9.75, 18.0]]
    assert np.array_equal(drawn(thing(polygon_px=slanted), 20, 20), mask_of_rings(slanted, 20, 20))
    from pycocotools import mask as coco

    exact = np.random.default_rng(0).integers(0, 2, (7, 9)).astype(np.uint8)
    coded = coco.encode(np.asfortranarray(exact))
    rle = {"size": list(coded["size"]), "counts": coded["counts"].decode()}
    assert np.array_equal(drawn(thing(rle=rle), 9, 7), exact)


def test_features_lie_as_the_picture_does():
    """A patch's cells stand where the patch stands, in the order in which the vision encoder reads patches."""
    decoder = Decoder(8, 4, MaskDecoder(channels=1, upsample=1))
    decoder.norm = torch.nn.Identity()
    with torch.no_grad():
        decoder.lift.weight.copy_(torch.tensor([[1.0, 0, 0, 0]]))
        decoder.lift.bias.zero_()
    plain = torch.arange(24.0).view(4, 6)  # rows x columns of patches
    read = plain.view(2, 2, 3, 2).permute(0, 2, 1, 3).reshape(-1)  # by blocks of 2 x 2
    seen = torch.zeros(24, 4)
    seen[:, 0] = read
    laid = decoder.features(seen, (1, 4, 6))
    assert torch.equal(laid[0], plain)
    assert laid[1, 0, 0] == -1
    assert laid[2, 0, -1] == 1


def test_kernels_are_the_convolutions_by_hand():
    decoder = Decoder(8, 4, MaskDecoder(channels=2, layers=2, upsample=1))
    laid = torch.randn(4, 3, 5)
    state = torch.randn(1, 8)
    numbers = decoder.kernels(state)[0]
    first = torch.conv2d(laid[None], numbers[:8].view(2, 4, 1, 1) / 2, numbers[8:10])
    expected = torch.conv2d(first.relu(), numbers[10:12].view(1, 2, 1, 1) / 2**0.5, numbers[12:13])
    torch.testing.assert_close(decoder(state, [laid])[0], expected[0, 0])


def test_the_loss_of_masks_by_hand():
    target = torch.tensor([[1.0, 0.0]])
    right, wrong = (mask_loss([torch.tensor([[sign * 20.0, -sign * 20.0]])], [target]).item() for sign in (1, -1))
    assert right == pytest.approx(0, abs=1e-6)
    assert wrong == pytest.approx((1 - 1 / 3) + 20, rel=1e-4)


def test_masks_follow_their_tokens(grounded_release, tiny):
    folder, masks = grounded_release
    config = Training(model=tiny, release="small", out="run", experts=Experts(width=16, shared_width=16))
    samples = samples_of(open_release(folder, allow_demo=True), config, Stage.GROUNDED)
    assert len(samples) == 16
    batch = next(batches(samples, Order(16, 4)))
    rows = next(Order(16, 4).of_rank(0))
    cells = 8 * 4  # 112 px: 8 patches of 14 px, 4 cells each
    found = batch["masks"].view(4, cells, cells)
    for one, number in zip(found, rows, strict=True):
        assert one.mean().item() == pytest.approx(masks[number].mean(), rel=0.1)
    objective = objective_of(config, Stage.GROUNDED, lambda _line: None)
    losses = objective(moved(batch, "cpu"))
    losses["loss"].backward()
    assert losses["loss"].item() == pytest.approx(sum(losses[name].item() for name in ("text", "mask")), rel=1e-3)
    assert all(one.grad is not None for one in objective.decoder.parameters())
    text = read_tokenizer(tiny).decode(batch["input_ids"][0])
    assert text.count(TOKEN) == 1


def test_a_mask_token_that_is_no_token_is_refused(grounded_release, tiny):
    config = Training(model=tiny, release="small", out="run", mask=MaskDecoder(token="<mask>"))
    with pytest.raises(ConfigError, match="<mask> is not in the tokenizer"):
        samples_of(open_release(grounded_release[0], allow_demo=True), config, Stage.GROUNDED)
