"""QR and bar codes: found and masked, whatever they say.

Source: spec: both leaks of 60 blind consoles were QR codes.
"""

import numpy as np
import numpy.typing as npt

from curation.image.mask import Box


def find_codes(pixels: npt.NDArray[np.uint8]) -> list[Box]:
    """Find codes, also damaged ones; boxes xyxy with a rim of an eighth of the short side.

    Shapes: pixels uint8[H, W, 3] RGB.
    """
    import zxingcpp  # noqa: PLC0415 - native module, loaded where it is needed

    found = zxingcpp.read_barcodes(pixels, return_errors=True)
    # many things on a screen look like a damaged code of another kind (12 of 200 frames); finder patterns do not
    boxes = [(code, _outer_box(code.position)) for code in found]
    return [box for code, box in boxes if code.valid or (_is_qr(code) and _is_square(box))]


def _is_qr(code: object) -> bool:
    import zxingcpp  # noqa: PLC0415 - as above

    return bool(getattr(code, "format", None) == zxingcpp.BarcodeFormat.QRCode)


def _is_square(box: Box) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return 4 * min(width, height) >= 3 * max(width, height)


def _outer_box(position: object) -> Box:
    corners = [getattr(position, name) for name in ("top_left", "top_right", "bottom_right", "bottom_left")]
    xs, ys = [int(c.x) for c in corners], [int(c.y) for c in corners]
    pad = max(4, min(max(xs) - min(xs), max(ys) - min(ys)) // 8)
    return min(xs) - pad, min(ys) - pad, max(xs) + pad + 1, max(ys) + pad + 1
