"""Grounded rows as the model speaks them: Qwen2-VL's own marks for objects and boxes, one mask token per outline.

In: a row of view `grounded` (docs/grounded.md: texts with placeholders, objects in px). Out: question, answer, and the
masks that the mask tokens stand for, in order.
Source: Qwen2-VL (``<|object_ref_start|>x<|object_ref_end|>``, ``<|box_start|>(x1,y1),(x2,y2)<|box_end|>``, 0-1000).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco
from transformers import PreTrainedTokenizerBase

from schemas.errors import ConfigError
from training.conversation import Conversation

PLACE = re.compile(r"<(ref-object|bbox|polygon|point)>")
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
    values: dict[str, Iterator[str]] = {
        "ref-object": (f"<|object_ref_start|>{one['label']}<|object_ref_end|>" for one in objects),
        "bbox": (_box(one["bbox_xyxy_px"], size) for one in objects if one["bbox_xyxy_px"] is not None),
        "polygon": (mask_token for one in objects if outlined(one)),
        "point": (
            _point(point["x_px"], point["y_px"], size)
            for one in objects
            for point in one["keypoints"] or ()
            if point["visible"]
        ),
    }
    try:
        text = PLACE.sub(lambda place: next(values[place.group(1)]), form)
    except StopIteration:
        return None
    masks_left = next(values["polygon"], None) if "<polygon>" in form else None
    return None if masks_left else text


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
