"""Ask an exported model: pictures and a question in, text out, through ``generate()``.

In: PNG bytes. Out: answers, as the rows of a file that `sonocurate bench score` reads.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from schemas.endpoint import PATCH_PX
from schemas.errors import ChunkError, ConfigError
from schemas.training import Experts
from training.budget import fitted_one
from training.conversation import Conversation, read_tokenizer
from training.model import EchoVLM, read_config, read_model
from training.pictures import MERGE, decoded, patches, resized, shown

#: What an export says about pictures, in the words of transformers.
PROCESSOR = "preprocessor_config.json"


@dataclass(frozen=True)
class Asked:
    """One question about pictures (PNG)."""

    item_id: str
    question: str
    images: Sequence[bytes]


class Answerer:
    """A model that answers, greedily."""

    def __init__(self, folder: Path) -> None:
        """Read an export; its pictures are read at the sizes that it was trained with.

        Raises: ConfigError.
        """
        experts = getattr(read_config(folder), "experts", None)
        if experts is None:
            raise ConfigError(f"{folder} is a base without experts: `sonocurate train export` makes a model of a run")
        self.model: EchoVLM = read_model(folder, Experts.model_validate(experts))[0].eval()
        self.model.to("cuda" if torch.cuda.is_available() else "cpu")
        self.conversation = Conversation(read_tokenizer(folder))
        self.max_patches = _budget(folder)

    def inputs(self, asked: Asked) -> dict[str, torch.Tensor]:
        """Make what ``generate`` takes.

        Raises: ChunkError when a picture cannot be decoded.
        """
        cut = []
        for png in asked.images:
            pixels = decoded(png, asked.item_id)
            cut.append(patches(resized(pixels, fitted_one(pixels.shape[1], pixels.shape[0], self.max_patches))))
        visual = [rows * columns // MERGE**2 for _, (_, rows, columns) in cut]
        ids = torch.tensor([self.conversation.prompt(asked.question, visual)])
        found = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        if cut:
            found["mm_token_type_ids"] = (ids == self.conversation.image).int()
            found["pixel_values"] = shown(torch.from_numpy(np.concatenate([some for some, _ in cut])))
            found["image_grid_thw"] = torch.tensor([grid for _, grid in cut])
        return {name: value.to(self.model.device) for name, value in found.items()}

    def made(self, inputs: dict[str, torch.Tensor], max_tokens: int) -> torch.Tensor:
        """Give the ids of an answer. Shapes: int[tokens]."""
        with torch.inference_mode():
            made = self.model.generate(**inputs, max_new_tokens=max_tokens, do_sample=False)
        return made[0, inputs["input_ids"].shape[1] :]

    def answer(self, asked: Asked, max_tokens: int) -> str:
        """Answer one question.

        Raises: ChunkError when a picture cannot be decoded.
        """
        made = self.made(self.inputs(asked), max_tokens)
        return str(self.conversation.tokenizer.decode(made, skip_special_tokens=True)).strip()


def answers(answerer: Answerer, asked: Iterable[Asked], model: str, max_tokens: int) -> Iterator[dict[str, Any]]:
    """Answer every question; a picture that cannot be decoded gives a row without an answer, and why."""
    for one in asked:
        row = {"id": one.item_id, "model": model, "temperature": 0.0, "max_tokens": max_tokens}
        try:
            yield row | {"answer": answerer.answer(one, max_tokens), "reason": None}
        except ChunkError:
            yield row | {"answer": None, "reason": "unreadable_image"}


def _budget(folder: Path) -> int:
    """Read how many patches of 28 x 28 px a picture has at most.

    Raises: ConfigError.
    """
    try:
        size = json.loads((folder / PROCESSOR).read_text(encoding="utf-8"))["size"]
        return max(1, int(size["longest_edge"]) // PATCH_PX**2)
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"{folder}: {PROCESSOR} does not say how large pictures are read") from None
