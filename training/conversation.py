"""A row as the model reads it: the chat template's tokens, visual tokens in their places, labels on the answer alone.

In: question, answer, and how many visual tokens each picture has. Out: ids and labels.
The question is rendered by the tokenizer's own chat template; the answer and the end of its turn are what is learned.
Source: Qwen2-VL (``<|vision_start|><|image_pad|>…<|vision_end|>`` per picture).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from schemas.errors import ConfigError

IMAGE, END = "<|image_pad|>", "<|im_end|>"
SPECIAL = ("<|im_start|>", END, "<|vision_start|>", "<|vision_end|>", IMAGE)
#: What a report is asked for with in stage I, where a row has no question.
ALIGN = {"zh": "请根据超声图像写出检查报告。", "en": "Write the report of this ultrasound examination."}


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Read the tokenizer of a model.

    Raises: ConfigError when there is none, or it lacks the chat template or a token of Qwen2-VL.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"{folder}: no readable tokenizer") from None
    missing = [token for token in SPECIAL if token not in tokenizer.get_vocab()]
    if missing or not tokenizer.chat_template:
        lacking = ", ".join(missing) or "a chat template"
        raise ConfigError(f"{folder}: the tokenizer is not that of a Qwen2-VL: it lacks {lacking}")
    return tokenizer


class Conversation:
    """Turns rows into tokens."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self.image = tokenizer.convert_tokens_to_ids(IMAGE)
        self.pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id

    def prompt(self, question: str, visual: Sequence[int]) -> list[int]:
        """Give the ids up to where the answer begins; ``visual`` is the number of tokens of each picture."""
        content: list[dict[str, str]] = [{"type": "image"} for _ in visual] + [{"type": "text", "text": question}]
        text = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
        )
        ids, counts = [], iter(visual)
        for token in self.tokenizer(text, add_special_tokens=False)["input_ids"]:
            ids += [token] * (next(counts, 1) if token == self.image else 1)
        return ids

    def answer(self, text: str) -> list[int]:
        """Give the ids of an answer with the end of its turn."""
        return list(self.tokenizer(text + END, add_special_tokens=False)["input_ids"])

    def texts(self, row: Mapping[str, Any]) -> tuple[str, str] | None:
        """Give question and answer of a row; None where there is no way to tell it."""
        return row["question"] or ALIGN.get(row["language"], ALIGN["en"]), row["answer"]

    def of(self, row: Mapping[str, Any], visual: Sequence[int]) -> tuple[list[int], int]:
        """Give the ids of a row of a view, and where its answer begins."""
        question, answer = self.texts(row) or ("", "")
        prompt = self.prompt(question, visual)
        return prompt + self.answer(answer), len(prompt)

    def count(self, row: Mapping[str, Any], visual: int) -> int:
        """Count the tokens of a row whose pictures have ``visual`` tokens together."""
        pictures = len(row["frame_ids"])
        return len(self.of(row, [1] * pictures)[0]) - pictures + visual
