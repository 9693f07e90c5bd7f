"""Grounded rows as the model speaks them: Qwen2-VL's own marks for objects and boxes, one mask token per outline.

In: a row of view `grounded` (docs/grounded.md: texts with placeholders, objects in px). Out: question, answer, and the
masks that the mask tokens stand for, in order.
Source: Qwen2-VL (``<|object_ref_start|>x<|object_ref_end|>``, ``<|box_start|>(x1,y1),(x2,y2)<|box_end|>``, 0-1000).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco
from transformers import PreTrainedTokenizerBase

from schemas.errors import ConfigError
from schemas.grounded_form import BBOX, PLACES, POLYGON, REF, fill
from training.conversation import Conversation

#: Qwen2-VL's coordinates run from 0 to this, whatever the size of the picture.
SCALE = 1000
#: Bits of a fraction of a pixel that OpenCV's fill understands.
FRACTION = 4

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
    said = Counter(place[0] for place in PLACES.finditer(form))
    if said[POLYGON] not in {0, sum(map(outlined, objects))}:
        return None  # a mask token for some of the outlines would not say which

    def write(kind: str, value: Any) -> str:  # noqa: ANN401 - a value of any kind
        if kind == REF:
            return f"<|object_ref_start|>{value}<|object_ref_end|>"
        if kind == BBOX:
            return _box(value, size)
        return mask_token if kind == POLYGON else _point(value["x_px"], value["y_px"], size)

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
    """Draw one object: exactly from RLE, else its rings by the even-odd rule.

    (0, 0) of a ring is the corner of the first pixel; OpenCV counts from pixel centres.
    """
    if one["rle"]:
        return np.asarray(coco.decode({"size": one["rle"]["size"], "counts": one["rle"]["counts"].encode()}), np.uint8)
    rings = [np.asarray(ring, np.float64).reshape(-1, 2) - 0.5 for ring in one["polygon_px"]]
    fixed = [np.rint(ring * 2**FRACTION).astype(np.int32) for ring in rings]
    canvas = np.zeros((height_px, width_px), np.uint8)
    cv2.fillPoly(canvas, fixed, 1, shift=FRACTION)
    return canvas


def _box(box: Sequence[float], size: tuple[int, int]) -> str:
    first, second = (_point(box[at], box[at + 1], size) for at in (0, 2))
    return f"<|box_start|>{first},{second}<|box_end|>"


def _point(x_px: float, y_px: float, size: tuple[int, int]) -> str:
    x, y = (min(SCALE, max(0, round(value / side * SCALE))) for value, side in zip((x_px, y_px), size, strict=True))
    return f"({x},{y})"
