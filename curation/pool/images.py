"""Pictures as an endpoint takes them: within its budget, as data URLs.

In: an encoded image. Out: a data URL of a PNG whose sides are multiples of the endpoint's patch and whose area is at
most its budget; what is smaller than a patch becomes one patch. Only masked frames are ever handed in (``Picture``).
Source: Qwen-VL's patches of 28 px; EchoVLM's budget of 196 of them (its public repository).
"""

import base64
import io
import math
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image

from curation.generate.request import Picture
from schemas.endpoint import Endpoint

MAX_SIDE_PX = 32_768
MAX_PIXELS = 100_000_000


class UnreadableImageError(Exception):
    """The bytes are no image that can be decoded."""


def fitted(width_px: int, height_px: int, *, multiple: int, max_px: int) -> tuple[int, int]:
    """Give the size nearest to an image's own: sides multiples of ``multiple``, area at most ``max_px``, same shape."""
    most = max(1, max_px // (multiple * multiple))
    scale = min(1.0, math.sqrt(max_px / (width_px * height_px)))
    columns = max(1, round(width_px * scale / multiple))
    rows = max(1, round(height_px * scale / multiple))
    columns, rows = min(columns, most), min(rows, most)
    while columns * rows > most:
        columns, rows = (columns - 1, rows) if columns > rows else (columns, rows - 1)
    return columns * multiple, rows * multiple


def data_url(picture: Picture, endpoint: Endpoint) -> str:
    """Encode a picture for an endpoint.

    Raises: UnreadableImageError.
    """
    return _data_url(picture, endpoint.image_side_multiple, endpoint.image_max_px)


def check_picture(picture: Picture) -> None:
    """See that a picture can be decoded, without decoding its pixels.

    Raises: UnreadableImageError.
    """
    with _opened(picture) as image:
        width, height = image.size
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX and width * height <= MAX_PIXELS):
        raise UnreadableImageError


def _opened(picture: Picture) -> Image.Image:
    try:
        return Image.open(io.BytesIO(picture.encoded))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UnreadableImageError from None


@lru_cache(maxsize=64)
def _data_url(picture: Picture, multiple: int, max_px: int) -> str:
    check_picture(picture)
    try:
        with _opened(picture) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UnreadableImageError from None
    height, width = pixels.shape[:2]
    size = fitted(width, height, multiple=multiple, max_px=max_px)
    if size != (width, height):
        smaller = size[0] * size[1] < width * height
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")
