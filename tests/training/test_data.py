"""Batches: masked labels, many pictures, the pictures of transformers, exact resume, refusals."""

import shutil

import numpy as np
import pytest

pytest.importorskip("peft")

import torch
from transformers import Qwen2VLImageProcessor
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

from schemas.errors import ConfigError
from schemas.training import Stage, Training
from training.budget import fitted_one
from training.conversation import ALIGN, Conversation, read_tokenizer
from training.data import batches, open_release, samples_of
from training.model import IGNORED
from training.pictures import patches, resized, shown
from training.rows import Order

pytestmark = pytest.mark.train


def samples(release, tiny, stage="1", **settings):
    config = Training(model=tiny, release="small", out="run", **settings)
    return samples_of(open_release(release, allow_demo=True), config, Stage(stage))


def test_pictures_are_those_of_the_processor_of_transformers():
    rng = np.random.default_rng(0)
    processor = Qwen2VLImageProcessor(size={"shortest_edge": 3136, "longest_edge": 196 * 784})
    for width, height in ((56, 56), (392, 392), (280, 448)):
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        expected = processor(images=[pixels], return_tensors="np")
        found, grid = patches(pixels)
        assert [list(grid)] == expected["image_grid_thw"].tolist()
        np.testing.assert_allclose(shown(torch.from_numpy(found)), expected["pixel_values"], atol=1e-5)


def test_sizes_are_those_of_transformers():
    rng = np.random.default_rng(1)
    for width, height in rng.integers(20, 2000, (2000, 2)).tolist():
        if max(width, height) / min(width, height) <= 20:
            assert fitted_one(width, height, 196) == smart_resize(height, width, 28, 3136, 196 * 784)[::-1]


def test_scaling_keeps_the_picture():
    pixels = np.zeros((200, 100, 3), np.uint8)
    pixels[:100] = 255
    small = resized(pixels, (56, 112))
    assert small.shape == (112, 56, 3)
    assert small[:50].min() == 255
    assert small[-50:].max() == 0


def test_labels_are_the_answer_and_the_end_of_its_turn(release, tiny):
    found = samples(release, tiny, "2")
    batch = next(batches(found, Order(len(found), 4)))
    tokenizer = read_tokenizer(tiny)
    for row, number in enumerate(next(Order(len(found), 4).of_rank(0))):
        told = found.row(number)
        learned = batch["labels"][row][batch["labels"][row] != IGNORED]
        assert tokenizer.decode(learned) == told["answer"] + "<|im_end|>"
        ids = batch["input_ids"][row][batch["attention_mask"][row] == 1]
        text = tokenizer.decode(ids)
        assert text.count("<|image_pad|>") == len(told["frame_ids"]) * 4
        expected = tokenizer.apply_chat_template(
            [
                {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": told["question"]}]},
                {"role": "assistant", "content": told["answer"]},
            ],
            tokenize=False,
        )
        assert text.replace("<|image_pad|>" * 4, "<|image_pad|>") + "\n" == expected
        assert torch.equal(ids[-len(learned) :], learned)


def test_a_report_has_all_its_pictures(release, tiny):
    found = samples(release, tiny, "1")
    batch = next(batches(found, Order(len(found), 3)))
    assert batch["image_grid_thw"].tolist() == [[1, 4, 4]] * 6
    assert batch["pixel_values"].shape == (6 * 16, 3, 196)
    assert (batch["mm_token_type_ids"] == 1).sum() == 6 * 4
    text = read_tokenizer(tiny).decode(batch["input_ids"][0])
    assert ALIGN["en"] in text or ALIGN["zh"] in text


def test_each_row_has_its_own_pictures(release, tiny):
    """The patches of a row are those of the frames that the view names, in their order."""
    import pyarrow.parquet as pq

    from training.pictures import decoded

    png = {}
    for path in (release / "images").glob("train-*"):
        table = pq.read_table(path, columns=["frame_id", "image"])
        png |= dict(zip(table["frame_id"].to_pylist(), table["image"].to_pylist(), strict=True))
    found = samples(release, tiny, "1")
    for number in (0, 7, len(found) - 1):
        frames = found.row(number)["frame_ids"]
        expected = [patches(resized(decoded(png[frame]["bytes"], frame), (56, 56)))[0] for frame in frames]
        assert len(expected) == 2
        assert all(np.array_equal(a, b) for a, b in zip(found[number].patches, expected, strict=True))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream_goes_on_from_any_batch(release, tiny, workers):
    found = samples(release, tiny, "2")
    order = Order(len(found), 8, seed=5)
    stream = batches(found, order, workers=workers)
    whole = [next(stream) for _ in range(order.batches + 3)]
    rest = batches(found, order, start=order.batches - 1, workers=workers)
    for expected in whole[order.batches - 1 :]:
        batch = next(rest)
        assert batch.keys() == expected.keys()
        assert all(torch.equal(batch[name], expected[name]) for name in batch)


def test_a_release_of_tier_demo_needs_leave(release):
    with pytest.raises(ConfigError, match="of tier demo.*--allow-demo"):
        open_release(release, allow_demo=False)


@pytest.mark.parametrize("what", ["missing", "changed", "extra"])
def test_a_release_that_is_not_intact_is_refused(release, tmp_path, what):
    folder = tmp_path / "small"
    shutil.copytree(release, folder)
    path = sorted((folder / "images").glob("train-*"))[0]
    match what:
        case "missing":
            path.unlink()
        case "changed":
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        case "extra":
            (folder / "stage1" / "train-99999-of-99999.parquet").write_bytes(b"")
    with pytest.raises(ConfigError, match="is not intact"):
        open_release(folder, allow_demo=True)


def test_a_tokenizer_of_another_kind_is_refused(tiny, tmp_path):
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE())).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match=r"not that of a Qwen2-VL: it lacks <\|im_start\|>"):
        read_tokenizer(tmp_path)
    with pytest.raises(ConfigError, match="no readable tokenizer"):
        read_tokenizer(tmp_path / "none")
    with pytest.raises(ConfigError, match="do not fill a batch of 40"):
        batches(None, Order(39, 40))


def test_counting_tokens_equals_making_them(release, tiny):
    found = samples(release, tiny, "1")
    speech = Conversation(read_tokenizer(tiny))
    for number in range(3):
        assert speech.count(found.row(number), 8) == len(found[number].ids)
