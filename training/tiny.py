"""A tiny random Qwen2-VL with a tokenizer of its own, to try every command without a large model.

In: texts for the tokenizer. Out: a folder as a base of any size has it. It knows nothing and learns little: it is there
to be overfitted in tests and to show that data flows.
"""

import random
from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2VLConfig, Qwen2VLForConditionalGeneration
from transformers import logging as transformers_logging

from schemas.errors import ConfigError
from training.conversation import END, IMAGE, SPECIAL

PAD = "<|endoftext|>"
#: The other tokens that Qwen2-VL sets apart (its tokenizer_config.json).
MARKS = ("<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>")
#: Spread of the random weights. With the usual 0.02 a small frozen output layer cannot say anything with confidence, so
#: that stage I had nothing to learn.
SPREAD = 0.1
#: Turns as Qwen2-VL's own template writes them: a system turn first, pictures as vision marks.
TEMPLATE = (
    "{% for turn in messages %}"
    "{% if loop.first and turn['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ turn['role'] }}\n"
    "{% if turn['content'] is string %}{{ turn['content'] }}{% else %}{% for part in turn['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_tiny(folder: Path, texts: Iterable[str], *, hidden: int = 64, layers: int = 2, words: int = 1024) -> Path:
    """Write a tiny base: config, random weights (seeded), tokenizer.

    Raises: ConfigError when the folder holds anything.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} holds files already: choose a new folder")
    tokenizer = _tokenizer(texts, words)
    tokenizer.save_pretrained(folder)
    config = _config(tokenizer, hidden, layers)
    transformers_logging.disable_progress_bar()
    state = random.getstate()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        Qwen2VLForConditionalGeneration(config).save_pretrained(folder)
    random.setstate(state)
    return folder


def _tokenizer(texts: Iterable[str], words: int) -> PreTrainedTokenizerFast:
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = [PAD, *SPECIAL, *MARKS]
    trainer = trainers.BpeTrainer(
        vocab_size=words, initial_alphabet=alphabet, special_tokens=special, show_progress=False
    )
    raw.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token=PAD, eos_token=END)
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _config(tokenizer: PreTrainedTokenizerFast, hidden: int, layers: int) -> Qwen2VLConfig:
    of = tokenizer.convert_tokens_to_ids
    heads = 4
    half = hidden // heads // 2
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": 2,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 1e6,
            "mrope_section": [half - 2 * (half // 3), half // 3, half // 3],
        },
        "bos_token_id": of(PAD),
        "eos_token_id": of(END),
        "pad_token_id": of(PAD),
        "initializer_range": SPREAD,
    }
    vision = {
        "depth": 2,
        "embed_dim": hidden,
        "hidden_size": hidden,
        "num_heads": 4,
        "mlp_ratio": 2,
        "initializer_range": SPREAD,
    }
    return Qwen2VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=of(IMAGE),
        vision_start_token_id=of("<|vision_start|>"),
        vision_end_token_id=of("<|vision_end|>"),
        video_token_id=of("<|box_end|>"),
    )
