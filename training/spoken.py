"""Grounded rows as the model speaks them: Qwen2-VL's own marks for objects and boxes, one mask token per outline.

In: a row of view `grounded` (docs/grounded.md: texts with placeholders, objects in px). Out: question, answer, and the
masks that the mask tokens stand for, in order.
Source: Qwen2-VL (``<|object_ref_start|>x<|object_ref_end|>``, ``<|box_start|>(x1,y1),(x2,y2)<|box_end|>``, 0-1000).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco
from transformers import PreTrainedTokenizerBase

from schemas.errors import ConfigError
from schemas.grounded_form import BBOX, PLACES, POLYGON, REF, Scale, fill, in_thousandths
from schemas.rings import mask_of_rings
from training.conversation import Conversation

Mask = npt.NDArray[np.uint8]


class Grounded(Conversation):
    """Turns rows of view `grounded` into tokens."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, mask_token: str) -> None:
        """Check the mask token.

        Raises: ConfigError when it is not one token of the tokenizer.
        """
        super().__init__(tokenizer)
        if mask_token not in tokenizer.get_vocab():
            raise ConfigError(f"[mask] token {mask_token} is not in the tokenizer's vocabulary")
        self.mask_token = mask_token
        self.mask = int(tokenizer.convert_tokens_to_ids(mask_token))

    def texts(self, row: Mapping[str, Any]) -> tuple[str, str] | None:
        """Fill the forms of a row; None where its objects do not fit its placeholders."""
        size = (row["width_px"], row["height_px"])
        question = filled(row["question_form"], row["shown"], size, self.mask_token)
        answer = filled(row["answer_form"], row["objects"], size, self.mask_token)
        return None if question is None or answer is None else (question, answer)


def filled(form: str, objects: Sequence[Mapping[str, Any]], size: tuple[int, int], mask_token: str) -> str | None:
    """Put values in the places of a form, each kind in the order of the objects; None where the numbers differ."""
    said, scale = Counter(place[0] for place in PLACES.finditer(form)), in_thousandths(*size)
    if said[POLYGON] not in {0, sum(map(outlined, objects))}:
        return None  # a mask token for some of the outlines would not say which

    def write(kind: str, value: Any) -> str:  # noqa: ANN401 - a value of any kind
        if kind == REF:
            return f"<|object_ref_start|>{value}<|object_ref_end|>"
        if kind == BBOX:
            return _box(value, scale)
        return mask_token if kind == POLYGON else _point(scale((value["x_px"], value["y_px"])))

    try:
        return fill(form, objects, write)
    except ValueError:
        return None


def outlined(one: Mapping[str, Any]) -> bool:
    """Say whether an object has an outline."""
    return bool(one["polygon_px"])


def masks_of(row: Mapping[str, Any]) -> list[Mask]:
    """Draw the masks that the mask tokens of a row's question and answer stand for.

    Shapes: uint8[height, width], 0 or 1.
    """
    said = [("question_form", "shown"), ("answer_form", "objects")]
    chosen = [one for form, objects in said if "<polygon>" in row[form] for one in row[objects] if outlined(one)]
    return [drawn(one, row["width_px"], row["height_px"]) for one in chosen]


def drawn(one: Mapping[str, Any], width_px: int, height_px: int) -> Mask:
    """Draw one object: exactly from RLE, else its rings as the pipeline draws them."""
    if one["rle"]:
        return np.asarray(coco.decode({"size": one["rle"]["size"], "counts": one["rle"]["counts"].encode()}), np.uint8)
    return mask_of_rings(one["polygon_px"], width_px, height_px)


def _box(box: Sequence[float], scale: Scale) -> str:
    x0, y0, x1, y1 = scale(box)
    return f"<|box_start|>{_point((x0, y0))},{_point((x1, y1))}<|box_end|>"


def _point(point: Sequence[int]) -> str:
    return f"({point[0]},{point[1]})"
