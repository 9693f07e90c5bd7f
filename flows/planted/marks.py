"""Pictograms: what a console draws that is not text.

In: a board and a place. Out: strokes on the board, each with its box in ``board.pictograms``.
A pictogram is drawn only where no text stands.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.planted.board import Board
from flows.planted.frame import Box, Colour, Pixels

_JET = ((0, 60, 255), (0, 200, 255), (0, 0, 0), (255, 40, 0), (255, 230, 60))


def grey_bar(board: Board, box: Box, tint: Colour = (255, 255, 255)) -> None:
    """Draw the grey map: bright above, dark below."""
    ramp = np.linspace(1, 0, box[3] - box[1])[:, None, None] * np.asarray(tint)[None, None]
    _image(board, np.broadcast_to(ramp, (box[3] - box[1], box[2] - box[0], 3)).astype(np.uint8), box)


def colour_bar(board: Board, box: Box) -> None:
    """Draw the velocity map: away below, towards above."""
    stops = np.linspace(0, 1, len(_JET))
    at = np.linspace(1, 0, box[3] - box[1])
    ramp = np.stack([np.interp(at, stops, [colour[n] for colour in _JET]) for n in range(3)], axis=1)
    _image(board, np.repeat(ramp[:, None], box[2] - box[0], axis=1).astype(np.uint8), box)


def depth_scale(board: Board, x: int, span: tuple[int, int], steps: int, colour: Colour) -> list[int]:
    """Draw the ticks of a depth scale; give the rows of the long ticks."""
    box = (x, span[0], x + 8, span[1] + 1)
    if not board.is_free(box, 0):
        return []
    sheet = np.zeros((box[3] - box[1], 8), np.uint8)
    rows = np.linspace(0, box[3] - box[1] - 1, steps + 1).astype(int)
    for number, row in enumerate(rows):
        sheet[row, 0 if number % 5 == 0 else 4 :] = 255
    _mask(board, sheet, box, colour)
    return [span[0] + int(row) for number, row in enumerate(rows) if number % 5 == 0]


def probe_mark(board: Board, corner: tuple[int, int], colour: Colour) -> None:
    """Draw the mark of the probe's first element."""
    shape = board.rng.choice(("disc", "triangle", "bars"))
    sheet = np.zeros((14, 14), np.uint8)
    if shape == "disc":
        cv2.circle(sheet, (7, 7), 5, 255, 2, cv2.LINE_AA)
    elif shape == "triangle":
        cv2.fillPoly(sheet, [np.array([[2, 2], [11, 2], [7, 12]])], 255)
    else:
        sheet[1:13, 2:5] = sheet[1:5, 5:12] = 255
    _mask(board, sheet, _box(corner, sheet), colour)


def body_mark(board: Board, corner: tuple[int, int], size_px: int, colour: Colour) -> None:
    """Draw a body outline with the probe on it."""
    sheet = np.zeros((size_px, size_px), np.uint8)
    middle, rng = size_px // 2, board.rng
    if rng.random() < 0.5:
        cv2.ellipse(sheet, (middle, size_px // 5), (size_px // 8, size_px // 7), 0, 0, 360, 255, 1, cv2.LINE_AA)
        cv2.ellipse(
            sheet, (middle, int(size_px * 0.66)), (size_px // 3, int(size_px * 0.3)), 0, 0, 360, 255, 1, cv2.LINE_AA
        )
    else:
        for x in (size_px // 4, size_px * 3 // 4):
            cv2.circle(sheet, (x, middle), size_px // 5, 255, 1, cv2.LINE_AA)
            cv2.circle(sheet, (x, middle), 2, 255, -1, cv2.LINE_AA)
    _mask(board, sheet, _box(corner, sheet), colour)
    probe = np.zeros_like(sheet)
    at = (rng.randrange(size_px // 4, size_px * 3 // 4), rng.randrange(size_px // 3, size_px * 3 // 4))
    cv2.line(probe, at, (at[0] + rng.choice((-8, 0, 8)), at[1] + 6), 255, 3, cv2.LINE_AA)
    if board.pictograms and board.pictograms[-1] == _box(corner, sheet):
        board.blend(_alpha(probe), corner, (255, 200, 40))


def caliper(board: Board, first: tuple[int, int], second: tuple[int, int], colour: Colour) -> bool:
    """Draw two crosses with a dotted line between them."""
    x0, y0 = min(first[0], second[0]) - 6, min(first[1], second[1]) - 6
    x1, y1 = max(first[0], second[0]) + 7, max(first[1], second[1]) + 7
    sheet = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cross = board.rng.choice((cv2.MARKER_CROSS, cv2.MARKER_CROSS, cv2.MARKER_TILTED_CROSS))
    for x, y in (first, second):
        cv2.drawMarker(sheet, (x - x0, y - y0), 255, cross, 11, 1)
    length = max(abs(second[0] - first[0]), abs(second[1] - first[1]), 1)
    for step in range(0, length, 5):
        x, y = (round(a + (b - a) * step / length) for a, b in zip(first, second, strict=True))
        sheet[y - y0, x - x0] = 255
    return _mask(board, sheet, (x0, y0, x1, y1), colour)


def curve(board: Board, corner: tuple[int, int], rows: NDArray[np.int64], height: int, colour: Colour) -> None:
    """Draw a trace: one row per column."""
    sheet = np.zeros((height, len(rows)), np.uint8)
    points = np.stack([np.arange(len(rows)), np.clip(rows, 0, height - 1)], axis=1).astype(np.int32)
    cv2.polylines(sheet, [points], False, 255, 1, cv2.LINE_AA)
    used = np.nonzero(sheet.max(axis=1))[0]
    sheet = sheet[used[0] : used[-1] + 1]
    _mask(board, sheet, _box((corner[0], corner[1] + int(used[0])), sheet), colour)


def heartbeat(board: Board, box: Box, colour: Colour) -> None:
    """Draw an ECG."""
    width, height = box[2] - box[0], box[3] - box[1]
    phase = (np.arange(width) % (width / board.rng.uniform(2.2, 4.8))) / (width / 3.5)
    wave = 0.15 * np.exp(-(((phase - 0.2) / 0.04) ** 2)) + np.exp(-(((phase - 0.34) / 0.012) ** 2))
    wave += 0.25 * np.exp(-(((phase - 0.62) / 0.06) ** 2)) - 0.2 * np.exp(-(((phase - 0.37) / 0.012) ** 2))
    curve(board, (box[0], box[1]), np.asarray(height * (0.8 - 0.7 * wave), dtype=np.int64), height, colour)


def _image(board: Board, image: Pixels, box: Box) -> None:
    if board.is_free(box, 0):
        board.pictograms.append(board.picture(image, (box[0], box[1])))


def _mask(board: Board, sheet: Pixels, box: Box, colour: Colour) -> bool:
    if not board.is_free(box, 0):
        return False
    board.blend(_alpha(sheet), (box[0], box[1]), colour)
    board.pictograms.append(box)
    return True


def _box(corner: tuple[int, int], sheet: Pixels) -> Box:
    return (corner[0], corner[1], corner[0] + sheet.shape[1], corner[1] + sheet.shape[0])


def _alpha(sheet: Pixels) -> NDArray[np.float32]:
    return np.asarray(sheet / 255, dtype=np.float32)
