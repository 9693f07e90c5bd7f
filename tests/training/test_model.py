"""The dual-path model: sizes as published, equal to the base at alpha = 1, gradients where the stage allows."""

import copy

import pytest

pytest.importorskip("peft")

import torch
from torch.nn import functional
from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

from schemas.errors import ConfigError
from schemas.training import Experts, Lora, Stage, Training
from training.data import batches, moved, open_release, samples_of
from training.model import ADDED, EchoVLM, base_of, prepare, read_model, sizes, trained
from training.rows import Order

pytestmark = pytest.mark.train

#: The public configurations (config.json of Qwen2-VL-7B-Instruct and -2B-Instruct).
SEVEN = {"hidden_size": 3584, "intermediate_size": 18944, "num_attention_heads": 28, "num_key_value_heads": 4}
SEVEN |= {"num_hidden_layers": 28, "vocab_size": 152064}
TWO = {"hidden_size": 1536, "intermediate_size": 8960, "num_attention_heads": 12, "num_key_value_heads": 2}
TWO |= {"num_hidden_layers": 28, "vocab_size": 151936, "tie_word_embeddings": True}
ROPE = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]}


def on_meta(text, experts):
    vision = {"depth": 32, "embed_dim": 1280, "num_heads": 16, "mlp_ratio": 4, "hidden_size": text["hidden_size"]}
    config = Qwen2VLConfig(text_config=text | {"rope_parameters": ROPE}, vision_config=vision)
    config.experts = experts.model_dump(mode="json", by_alias=True)
    with torch.device("meta"):
        return EchoVLM(config)


def small(tiny, **settings):
    return read_model(tiny, Experts(width=32, shared_width=64, **settings))[0]


def batch(model, rows=2, tokens=12):
    torch.manual_seed(1)
    ids = torch.randint(20, 200, (rows, tokens))
    mask = torch.ones_like(ids)
    mask[0, -4:] = 0
    labels = ids.masked_fill(mask == 0, -100)
    return {"input_ids": ids, "attention_mask": mask}, labels


def test_stage_one_adds_what_the_paper_says():
    model = prepare(on_meta(SEVEN, Experts()), Stage.ONE, Lora())
    total, trainable = sizes(model)
    assert trainable == 3_391_496_248
    assert abs(trainable / 3.39e9 - 1) < 0.005
    assert total - trainable == 8_291_375_616
    assert 11e9 < total < 12e9


def test_the_small_base_adds_what_the_formula_gives():
    model = prepare(on_meta(TWO, Experts(width=768, shared_width=1536)), Stage.ONE, Lora())
    assert sizes(model)[1] == 28 * (3 * 1536 * (4 * 768 + 1536) + 4 * 1536 + 2) == 594_714_680


@pytest.mark.parametrize(
    ("settings", "per_layer"),
    [
        ({"count": 0, "top_k": 1}, 3 * 64 * 64 + 2),
        ({"count": 2, "top_k": 2}, 2 * 3 * 64 * 32 + 3 * 64 * 64 + 2 * 64 + 2),
        ({"count": 4, "top_k": 1}, 4 * 3 * 64 * 32 + 3 * 64 * 64 + 4 * 64 + 2),
        ({"count": 6, "top_k": 2, "shared": False}, 6 * 3 * 64 * 32 + 6 * 64 + 1),
    ],
)
def test_ablations_are_settings(tiny, settings, per_layer):
    model = small(tiny, **settings)
    prepare(model, Stage.ONE, Lora())
    assert sizes(model)[1] == 2 * per_layer
    inputs, labels = batch(model)
    losses, _ = model.losses(labels, inputs)
    losses["loss"].backward()
    assert all(one.grad is not None for _, one in trained(model))
    assert len(model.load) == (2 if settings["count"] else 0)


@pytest.mark.parametrize("settings", [{"count": 0, "shared": False}, {"count": 1, "top_k": 2}, {"lambda": 1.0}])
def test_settings_that_mean_nothing_are_refused(settings):
    with pytest.raises(ValueError, match="Experts"):
        Experts(**settings)


def test_alpha_of_one_is_the_base_to_the_last_bit(tiny):
    base = Qwen2VLForConditionalGeneration.from_pretrained(tiny).eval()
    model = small(tiny, alpha=1.0).eval()
    inputs, _ = batch(model)
    with torch.no_grad():
        expected, found = base(**inputs).logits, model(**inputs).logits
        assert torch.equal(expected, found)
        for block in model.blocks():
            block.alpha.fill_(0.9)
        assert not torch.equal(expected, model(**inputs).logits)


def test_the_block_is_the_formula(tiny):
    block = small(tiny, alpha=0.3, **{"lambda": 0.6}).blocks()[0]
    x = torch.randn(1, 5, 64)

    def gated(one, x):
        return one.down_proj(functional.silu(one.gate_proj(x)) * one.up_proj(x))

    with torch.no_grad():
        for token in range(5):
            at = x[0, token]
            logits = block.router.weight @ at
            first, second = logits.argsort(descending=True)[:2].tolist()
            weight = torch.exp(logits[first]) / (torch.exp(logits[first]) + torch.exp(logits[second]))
            routed = weight * gated(block.experts[first], at) + (1 - weight) * gated(block.experts[second], at)
            expected = 0.3 * gated(block, at) + 0.7 * (0.6 * gated(block.shared, at) + routed)
            torch.testing.assert_close(block(x)[0, token], expected, atol=1e-6, rtol=1e-5)


def test_stage_one_trains_experts_alone(tiny):
    model = prepare(small(tiny), Stage.ONE, Lora())
    inputs, labels = batch(model)
    model.losses(labels, inputs)[0]["loss"].backward()
    for name, one in model.named_parameters():
        assert (one.grad is not None) == bool(ADDED.search(name)), name


def test_stage_two_trains_experts_and_adapters_on_three_places(tiny):
    model = prepare(small(tiny), Stage.TWO, Lora())
    adapted = {
        name.split(".lora_")[0].removeprefix("base_model.model.model.") for name, _ in trained(model) if "lora_" in name
    }
    assert {name.partition(".")[0] for name in adapted} == {"visual", "language_model"}
    of_text = {name.rpartition(".")[2] for name in adapted if name.startswith("language_model")}
    of_vision = {name.partition(".")[2].split(".")[0] for name in adapted if name.startswith("visual")}
    assert of_text == {"q_proj", "k_proj", "v_proj", "o_proj"}
    assert of_vision == {"blocks", "merger"}
    assert all("lora_" in name or ADDED.search(name) for name, _ in trained(model))
    inputs, labels = batch(model)
    base_of(model).losses(labels, inputs)[0]["loss"].backward()
    assert all(one.grad is None for _, one in model.named_parameters() if not one.requires_grad)


def test_a_picture_trains_every_adapter(release, tiny):
    """An adapter begins as nothing (B = 0), which has no gradient for A: B is drawn here."""
    config = Training(model=tiny, release="small", out="run")
    samples = samples_of(open_release(release, allow_demo=True), config, Stage.TWO)
    shown = moved(next(batches(samples, Order(len(samples), 2))), "cpu")
    labels, _ = shown.pop("labels"), shown.pop("masks")
    model = prepare(small(tiny), Stage.TWO, Lora())
    for name, one in trained(model):
        if "lora_B" in name:
            torch.nn.init.normal_(one, std=0.1)
    base_of(model).losses(labels, shown)[0]["loss"].backward()
    silent = [name for name, one in trained(model) if "lora_" in name and not one.grad.abs().sum() > 0]
    assert not silent
    assert sum("visual.blocks" in name for name, _ in trained(model)) == 2 * 2 * 4  # blocks, A and B, layers
    assert sum("visual.merger" in name for name, _ in trained(model)) == 2 * 2


def test_what_is_added_stays_whole_beside_a_base_in_half_precision(tiny, tmp_path):
    whole = small(tiny)
    with torch.no_grad():
        for block in whole.blocks():
            block.alpha.fill_(0.1234567)
            block.lambda_logit.fill_(-0.7654321)
    whole.save_pretrained(tmp_path)
    half = read_model(tmp_path, whole.experts, dtype=torch.bfloat16)[0]
    for name, one in half.named_parameters():
        expected = whole.get_parameter(name)
        if ADDED.search(name):
            assert one.dtype == torch.float32, name
            assert torch.equal(one, expected), name
        else:
            assert torch.equal(one, expected.bfloat16()), name
    drawn = read_model(tiny, whole.experts, dtype=torch.bfloat16)[0]
    added = [one for name, one in drawn.named_parameters() if ADDED.search(name) and one.dim()]
    assert all(one.dtype == torch.float32 and not torch.equal(one, one.bfloat16().float()) for one in added)
    inputs, _ = batch(half)
    made = half.generate(**{name: one[1:] for name, one in inputs.items()}, max_new_tokens=2, min_new_tokens=2)
    assert made.shape == (1, 14)


def test_a_step_of_training_leaves_nothing_in_the_model(tiny):
    model = small(tiny).train()
    model.activation_checkpointing_enable({"use_reentrant": False})
    untouched = copy.deepcopy(model)
    inputs, labels = batch(model)
    model.losses(labels, inputs)[0]["loss"].backward()
    assert not [name for block in model.blocks() for name, one in vars(block).items() if isinstance(one, torch.Tensor)]
    other = {"input_ids": inputs["input_ids"][:1, :5], "attention_mask": torch.ones(1, 5, dtype=torch.long)}
    with torch.no_grad():
        assert torch.equal(model(**other).logits, untouched(**other).logits)
    assert model.generate(**other, max_new_tokens=3, min_new_tokens=3, do_sample=False).shape == (1, 8)


def test_checkpointing_changes_memory_not_gradients(tiny):
    found = []
    for checkpointing in (False, True):
        model = prepare(small(tiny), Stage.ONE, Lora()).train()
        torch.manual_seed(7)
        for block in model.blocks():
            block.reset()
        if checkpointing:
            model.activation_checkpointing_enable({"use_reentrant": False})
        inputs, labels = batch(model)
        losses, _ = model.losses(labels, inputs)
        load = [counts.tolist() for counts in model.load]
        (losses["text"] + 10 * losses["balance"]).backward()
        found.append(({name: one.grad for name, one in trained(model)}, load))
    assert found[0][1] == found[1][1]
    for name, grad in found[0][0].items():
        torch.testing.assert_close(grad, found[1][0][name])


def test_padding_does_not_count_in_the_load(tiny):
    model = small(tiny)
    inputs, labels = batch(model)
    model.losses(labels, inputs)
    assert [int(counts.sum()) for counts in model.load] == [2 * int(inputs["attention_mask"].sum())] * 2


def test_a_base_of_another_kind_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(ConfigError, match="must be a Qwen2-VL"):
        read_model(tmp_path, Experts())
    with pytest.raises(ConfigError, match="no readable config"):
        read_model(tmp_path / "none", Experts())


def test_weights_that_are_not_there_are_refused(tiny, tmp_path):
    from safetensors.torch import load_file, save_file

    for path in tiny.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = load_file(tiny / "model.safetensors")
    weights.pop("lm_head.weight")
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigError, match=r"1 weights of the model are not there, lm_head\.weight"):
        read_model(tmp_path, Experts())
    (tmp_path / "model.safetensors").write_bytes(b"cut off")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_model(tmp_path, Experts())
