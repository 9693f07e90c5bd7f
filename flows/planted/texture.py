"""What the probe sees: ultrasound texture without text.

In: an anatomical system and a size. Out: uint8[N, h, w, 3] RGB and the id of its source.
Half of it is real (``flows.sample.canvas``), half is a speckle phantom that no other frame shares.
"""

from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.planted.frame import Pixels
from flows.sample import canvas

_SOURCES = {
    "abdomen": "liver",
    "kidney": "kidney",
    "thyroid": "thyroid",
    "vessel": "vessel",
    "heart": "heart",
    "breast": "breast",
    "gynaecology": "gynaecology",
    "obstetrics": "gynaecology",
    "msk": "breast",
}
_LINEAR = ("thyroid", "breast", "msk", "vessel")
#: A cine plays so many shots to and fro.
MOST_SHOTS = 24
Field = NDArray[np.float32]


def texture(system: str, size: tuple[int, int], rng: Random, frames: int = 1) -> tuple[Pixels, str]:
    """Give moving tissue of a size (w, h), black where the probe does not see."""
    width, height = size
    if rng.random() < 0.5:
        name = rng.choice(canvas.SUITABLE[_SOURCES[system]])
        shots = canvas.scan(name, rng, frames=min(frames, MOST_SHOTS))
        return np.stack([canvas.fit(shot, width, height) for shot in shots]), name
    number = rng.getrandbits(32)
    still = _phantom(system, np.random.default_rng(number), width, height)
    return _moving(still, min(frames, MOST_SHOTS)), f"phantom_{number:08x}"


def spectrum(size: tuple[int, int], rng: Random) -> tuple[Pixels, NDArray[np.int64], int]:
    """Draw a Doppler spectrum; give it with its envelope (row of each column) and the row of its baseline."""
    width, height = size
    noise = np.random.default_rng(rng.getrandbits(32))
    baseline = round(height * rng.uniform(0.62, 0.82))
    period = width / rng.uniform(3.2, 6.5)
    phase = (np.arange(width) % period) / period
    floor, decay = rng.uniform(0.12, 0.4), rng.uniform(4, 9)
    shape = floor + (1 - floor) * np.exp(-decay * phase) * np.clip(phase * 14, 0, 1) * 1.5
    top = np.clip(shape, 0.05, 1.0) * rng.uniform(0.55, 0.85) * baseline
    rows = np.arange(height)[:, None]
    depth = (baseline - rows) / np.maximum(top, 1)[None]
    power = np.where((depth > 0.02) & (depth < 1), 60 + 150 * depth, 0)
    grain = noise.gamma(2.2, 0.45, (height, width))
    grey = np.clip(power * grain + noise.gamma(0.5, 5, (height, width)), 0, 255)
    grey = cv2.GaussianBlur(grey.astype(np.float32), (3, 3), 0)
    grey[min(baseline, height - 1)] = 150
    return _rgb(grey), np.asarray(baseline - top, dtype=np.int64), baseline


def motion_mode(still: Pixels, size: tuple[int, int], rng: Random) -> Pixels:
    """Stretch the middle beam of a scan over time, with a heartbeat."""
    width, height = size
    beam = cv2.resize(still[:, still.shape[1] // 2 - 2 : still.shape[1] // 2 + 2], (1, height))
    beam = beam.reshape(height, 3)
    beats = rng.uniform(3, 6)
    shift = np.sin(np.arange(width) / width * beats * 2 * np.pi) ** 3 * height * 0.03
    rows = np.clip(np.arange(height)[:, None] + shift[None], 0, height - 1).astype(int)
    return np.asarray(beam[rows], dtype=np.uint8)


def _phantom(system: str, noise: np.random.Generator, width: int, height: int) -> Pixels:
    rows, columns = 320, 360
    echo = _tissue(noise, rows, columns)
    speckle = _speckle(noise, rows, columns)
    grey = np.clip(noise.uniform(52, 88) * np.log10(1 + echo * speckle * 60) - 10, 0, 240).astype(np.float32)
    if system in _LINEAR:
        scaled = cv2.resize(grey, (min(width, round(height * 1.35)), height), interpolation=cv2.INTER_CUBIC)
        box = np.zeros((height, width), np.float32)
        left = (width - scaled.shape[1]) // 2
        box[:, left : left + scaled.shape[1]] = scaled
        return _flow(_rgb(box), noise) if system == "vessel" else _rgb(box)
    return _rgb(_bend(grey, width, height, 0.04 if system == "heart" else 0.32))


def _flow(still: Pixels, noise: np.random.Generator) -> Pixels:
    """Fill a vessel with colour flow, now and then."""
    if noise.random() < 0.4:
        return still
    height, width = still.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    middle = height * noise.uniform(0.35, 0.65) + (x - width / 2) * noise.uniform(-0.15, 0.15)
    radius = height * noise.uniform(0.04, 0.09)
    depth = 1 - np.abs(y - middle) / radius
    inside = (depth > 0) & (np.abs(x - width * noise.uniform(0.45, 0.55)) < width * 0.22) & (still.max(axis=2) > 0)
    speed = np.clip(depth, 0, 1)[..., None] * noise.uniform(0.75, 1.0, (height, width, 1))
    low, high = ((120, 0, 0), (255, 190, 60)) if noise.random() < 0.6 else ((0, 20, 130), (90, 220, 255))
    colour = np.asarray(low) + (np.asarray(high) - np.asarray(low)) * speed
    wall = np.clip(1 - np.abs(depth) * 6, 0, 1)[..., None] * 120
    vessel = np.maximum(np.where(depth[..., None] > 0, still * 0.2, still), wall * (still > 0))
    return np.asarray(np.where(inside[..., None], colour, vessel), dtype=np.uint8)


def _tissue(noise: np.random.Generator, rows: int, columns: int) -> Field:
    """Give the echo strength of layers, vessels, cysts and a bright capsule."""
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    echo = np.full((rows, columns), noise.uniform(0.12, 0.3), np.float32)
    for _ in range(int(noise.integers(2, 6))):
        level = noise.uniform(0, rows) + noise.uniform(2, 14) * np.sin(x / noise.uniform(25, 90) + noise.uniform(0, 6))
        echo += noise.uniform(0.3, 1.6) * np.exp(-(((y - level) / noise.uniform(1.5, 7)) ** 2)).astype(np.float32)
    for _ in range(int(noise.integers(2, 7))):
        cx, cy = noise.uniform(0.1, 0.9) * columns, noise.uniform(0.1, 0.9) * rows
        rx, ry = noise.uniform(8, 70), noise.uniform(6, 45)
        distance = np.hypot((x - cx) / rx, (y - cy) / ry)
        echo *= np.where(distance < 1, noise.choice([0.03, 0.08, 0.5, 1.9]), 1).astype(np.float32)
        echo += 0.7 * np.exp(-(((distance - 1) * min(rx, ry) / 2.5) ** 2)).astype(np.float32)
    fade = np.exp(-(y / rows) * noise.uniform(0.6, 1.8)).astype(np.float32)
    return np.asarray(echo * fade, dtype=np.float32)


def _speckle(noise: np.random.Generator, rows: int, columns: int) -> Field:
    waves = noise.normal(size=(2, rows, columns)).astype(np.float32)
    smooth = [cv2.GaussianBlur(wave, (0, 0), sigmaX=1.7, sigmaY=0.9) for wave in waves]
    return np.asarray(np.hypot(*smooth) * 3, dtype=np.float32)


def _bend(grey: Field, width: int, height: int, near_part: float) -> Field:
    """Bend a rectangle of beams into a fan that fills the box."""
    half_angle = 0.72 if near_part < 0.1 else 0.6
    far = height / (1 - near_part * np.cos(half_angle))
    far = min(far, width / (2 * np.sin(half_angle)))
    near = far * near_part
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y + near * np.cos(half_angle), x - width / 2
    radius, angle = np.hypot(x, y), np.arctan2(x, y)
    row = ((radius - near) / (far - near) * grey.shape[0]).astype(np.float32)
    column = ((angle / half_angle + 1) / 2 * grey.shape[1]).astype(np.float32)
    return np.asarray(cv2.remap(grey, column, row, cv2.INTER_LINEAR, borderValue=0), dtype=np.float32)


def _moving(still: Pixels, frames: int) -> Pixels:
    """Let the tissue breathe below a fixed outline."""
    seen = cv2.morphologyEx((still.max(axis=2) > 0).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    shots = []
    for number in range(frames):
        shift = round(6 * np.sin(number / 5))
        shots.append(np.where(seen[..., None] > 0, np.roll(still, shift, axis=0), 0).astype(np.uint8))
    return np.stack(shots)


def _rgb(grey: Field) -> Pixels:
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
