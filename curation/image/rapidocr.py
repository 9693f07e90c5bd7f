"""RapidOCR (PP-OCRv6 small, English and Chinese, weights in the wheel) behind the ``OcrEngine`` port.

Flows in: RGB pixels. Flows out: text regions. Settings as measured in the spec: with the default score filter
low-confidence boxes would be dropped and stay unmasked. The 180-degree line classifier is left out: upside-down text
reads as nonsense and is masked anyway.
"""

import copy
import logging
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from curation.image.ocr import LEAST_SIDE_PX, Box, Pixels
from schemas.region import TextRegion

_SETTINGS: dict[str, Any] = {
    "Global.text_score": 0.0,
    "Det.box_thresh": 0.3,
    "Det.thresh": 0.2,
    "Global.log_level": "critical",
}


class RapidOcr:
    """RapidOCR's detector and recognizer, called one after the other.

    Threads: the sessions are shared (onnxruntime allows it) and no call changes the engine.
    """

    def __init__(self, threads: int = 1) -> None:
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL + 1)
        from rapidocr import RapidOCR  # noqa: PLC0415 - 1 s of imports that only this engine needs

        params = {**_SETTINGS, "EngineConfig.onnxruntime.intra_op_num_threads": threads}
        self._engine = RapidOCR(params=params)
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL + 1)

    def read(self, pixels: Pixels) -> list[TextRegion]:
        """Detect and read all lines; lines without readable characters have empty text and score 0.

        Shapes: pixels uint8[H, W, 3] RGB.
        """
        crops, quads = self._detect(pixels)
        if not crops:
            return []
        result = self._engine.recognize_txt(crops)
        return [
            TextRegion(_outer_box(quad, pixels), str(text), float(score))
            for quad, text, score in zip(quads, result.txts, result.scores, strict=True)
        ]

    def detect(self, pixels: Pixels, *, least_side_px: int = LEAST_SIDE_PX) -> list[Box]:
        """Detect lines without reading them.

        Shapes: pixels uint8[H, W, 3] RGB.
        """
        if least_side_px >= LEAST_SIDE_PX:
            return [_outer_box(quad, pixels) for quad in self._detect(pixels)[1]]
        detector = copy.copy(self._engine._load_det_model())  # shares the session; the engine itself stays as it is
        detector.limit_side_len = least_side_px
        boxes = detector(np.ascontiguousarray(pixels[..., ::-1])).boxes
        return [] if boxes is None else [_outer_box(np.asarray(quad, np.float32), pixels) for quad in boxes]

    def read_boxes(self, pixels: Pixels, boxes: list[Box]) -> list[TextRegion]:
        """Read given lines; a box without area has empty text.

        Shapes: pixels uint8[H, W, 3] RGB; boxes xyxy px, half-open.
        """
        usable = [box for box in boxes if box[2] - box[0] >= 3 and box[3] - box[1] >= 3]
        if not usable:
            return [TextRegion(box, "", 0.0) for box in boxes]
        crops = [np.ascontiguousarray(pixels[y0:y1, x0:x1, ::-1]) for x0, y0, x1, y1 in usable]
        result = self._engine.recognize_txt(crops)
        read = dict(zip(usable, zip(result.txts, result.scores, strict=True), strict=True))
        return [TextRegion(box, str(read.get(box, ("", 0.0))[0]), float(read.get(box, ("", 0.0))[1])) for box in boxes]

    def _detect(self, pixels: Pixels) -> tuple[list[Any], npt.NDArray[np.float32]]:
        from rapidocr.main import RapidOCRError  # noqa: PLC0415
        from rapidocr.utils.process_img import map_boxes_to_original  # noqa: PLC0415

        image, record = self._engine.preprocess_img(np.ascontiguousarray(pixels[..., ::-1]))
        try:
            crops, found = self._engine.detect_and_crop(image, record)
        except RapidOCRError:  # its word for "no text"
            return [], np.zeros((0, 4, 2), dtype=np.float32)
        quads = map_boxes_to_original(np.array(found.boxes), record, *pixels.shape[:2])
        return crops, np.asarray(quads, dtype=np.float32)


def _outer_box(quad: npt.NDArray[np.float32], pixels: Pixels) -> Box:
    """Surround a (possibly slanted) quadrilateral by an upright box."""
    rows, cols = pixels.shape[:2]
    low, high = np.floor(quad.min(axis=0)), np.ceil(quad.max(axis=0))
    return max(0, int(low[0])), max(0, int(low[1])), min(cols, int(high[0])), min(rows, int(high[1]))


@lru_cache(maxsize=4)
def load_engine(threads: int = 1) -> RapidOcr:
    """Load the engine once per process (about 0.4 GB)."""
    return RapidOcr(threads)
