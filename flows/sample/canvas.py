"""Real ultrasound pixels, cut from the example files that ship with pydicom.

In: nothing but the installed package. Out: scan areas without burned-in text, as uint8[N, H, W, 3] RGB.
Source of the crop boxes: looked at on the decoded frames (pydicom ``data/test_files``).
"""

from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.pixels import apply_color_lut

Pixels = NDArray[np.uint8]

#: Scan areas that suit an anatomical system.
SUITABLE: dict[str, tuple[str, ...]] = {
    "liver": ("curved_left", "curved_right"),
    "kidney": ("curved_right", "curved_left"),
    "thyroid": ("linear_right", "linear_left"),
    "vessel": ("colour_left", "colour_right"),
    "gynaecology": ("curved_left", "depth", "curved_right"),
    "heart": ("sector",),
    "breast": ("linear_left", "linear_right", "colour_right"),
}


def scan(name: str, rng: Random, *, frames: int = 1) -> Pixels:
    """Give a scan area, flipped and brightened at random; ``frames`` > 1 gives a short cine.

    Shapes: uint8[N, H, W, 3] RGB.
    """
    source = _sources()[name]
    if frames > 1 and len(source) == 1:
        source = _breathing(source[0], frames)
    start = rng.randrange(max(1, len(source) - frames + 1))
    chosen = source[start : start + frames]
    if rng.random() < 0.5:
        chosen = chosen[:, :, ::-1]
    table = np.clip(np.arange(256) * (85 + rng.randrange(45)) // 100 + rng.randrange(6), 0, 255).astype(np.uint8)
    table[0] = 0  # what the probe does not see stays black
    return table[chosen]


def fit(frame: Pixels, width_px: int, height_px: int) -> Pixels:
    """Scale a frame into a box, keeping its proportions; the rest of the box is black."""
    scale = min(width_px / frame.shape[1], height_px / frame.shape[0])
    size = (max(1, int(frame.shape[1] * scale)), max(1, int(frame.shape[0] * scale)))
    scaled = Image.fromarray(np.ascontiguousarray(frame)).resize(size, Image.Resampling.BILINEAR)
    box = Image.new("RGB", (width_px, height_px))
    box.paste(scaled, ((width_px - size[0]) // 2, (height_px - size[1]) // 2))
    return np.asarray(box)


@lru_cache(maxsize=1)
def _sources() -> dict[str, Pixels]:
    node = _read("examples_jpeg2k.dcm")[0]
    left, right = node[109:335, 44:316], node[109:335, 318:595]
    return {
        "colour_left": left[None],
        "colour_right": right[None],
        "linear_left": _b_mode(left)[None],
        "linear_right": _b_mode(right)[None],
        "curved_left": _curved(_b_mode(left))[None],
        "curved_right": _curved(_b_mode(right))[None],
        "depth": _depth()[None],
        "sector": _sector(),
    }


def _read(name: str) -> Pixels:
    """Decode one of pydicom's example files to uint8[N, H, W, 3] RGB."""
    file: Any = pydicom.dcmread(Path(pydicom.__path__[0]) / "data" / "test_files" / name)
    array = file.pixel_array
    if file.PhotometricInterpretation == "PALETTE COLOR":
        array = apply_color_lut(array, file)
        array = (array >> 8 if array.dtype == np.uint16 else array).astype(np.uint8)
    pixels: Pixels = array if array.ndim == 4 else array[None]
    return pixels


def _sector() -> Pixels:
    """Cut the apical heart cine; brighten it, because the original is dim."""
    frames = _read("examples_ybr_color.dcm")[:, 25:206, 56:276].copy()
    frames[frames.max(axis=3) < 6] = 0
    table = np.clip(255 * (np.arange(256) / 255) ** 0.7, 0, 255).astype(np.uint8)
    return table[_grey(frames)]


def _depth() -> Pixels:
    """Cut the bright near field of the obstetric fan."""
    fan = _read("examples_palette.dcm")[0][66:200, 334:592].copy()
    table = np.clip(255 * (np.arange(256) / 255) ** 0.8, 0, 255).astype(np.uint8)
    return table[_grey(fan)]


def _grey(pixels: Pixels) -> Pixels:
    """Take the colour out: the B-mode image below a Doppler map."""
    luma = (pixels @ np.array([77, 150, 29])) >> 8
    coloured = (pixels.max(axis=-1).astype(int) - pixels.min(axis=-1)) > 40
    luma = np.where(coloured, luma // 3, luma).astype(np.uint8)
    return np.repeat(luma[..., None], 3, axis=-1)


def _b_mode(linear: Pixels) -> Pixels:
    """Take colour and the white outline of the colour box out; the outline is filled from 4 pixels further in."""
    grey = _grey(linear)
    filled = np.roll(grey, (4, 4), axis=(0, 1))
    return np.where(grey > 225, filled, grey).astype(np.uint8)


def _curved(linear: Pixels) -> Pixels:
    """Bend a linear scan into the fan of a curved array, by nearest neighbour."""
    height, width = linear.shape[:2]
    near, far, half_angle = 90.0, 90.0 + height * 1.35, 0.62
    rows, columns = int(far - near * np.cos(half_angle)) + 1, int(2 * far * np.sin(half_angle)) + 1
    y, x = np.mgrid[0:rows, 0:columns]
    y, x = y + near * np.cos(half_angle), x - columns / 2
    radius, angle = np.hypot(x, y), np.arctan2(x, y)
    row = ((radius - near) / (far - near) * height).astype(int)
    column = ((angle / half_angle + 1) / 2 * width).astype(int)
    seen = (radius >= near) & (radius < far) & (np.abs(angle) < half_angle)
    bent = linear[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)].copy()
    bent[~seen] = 0
    return np.asarray(bent, dtype=np.uint8)


def _breathing(frame: Pixels, frames: int) -> Pixels:
    """Make a cine of a still: the tissue sinks by one row per frame under the same outline."""
    outline = frame.max(axis=2) > 0
    moved = [np.where(outline[..., None], np.roll(frame, n, axis=0), 0).astype(np.uint8) for n in range(frames)]
    return np.stack(moved)
