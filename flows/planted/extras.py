"""What a sonographer or a clerk adds by hand: a name on the scan, a code sticker, text along the edge.

In: a finished scene. Out: rare PHI at unusual places, and landmarks.
"""

import cv2
import numpy as np
import zxingcpp

from flows.planted.blocks import annotate, spot
from flows.planted.board import Job, Stamp, Tag, in_a_row
from flows.planted.frame import Box, Pixels, Planted
from flows.planted.header import upright
from flows.planted.identity import parts_of
from flows.planted.phrase import landmark
from flows.planted.scene import Scene
from schemas.region import RegionKind


def add_extras(scene: Scene, *, landmarks: int | None = None) -> None:
    """Add landmarks, and each kind of unusual identity now and then."""
    if scene.chance(0.14):
        name_beside_landmark(scene)
    if scene.chance(0.14):
        typed_over_scan(scene)
    annotate(scene, scene.rng.choice((0, 1, 2, 2, 3, 3, 4, 5, 6)) if landmarks is None else landmarks)
    if scene.chance(0.06):
        upright(scene, ("name", "id")[: scene.rng.randint(1, 2)], (6, scene.board.height // 3), 90)
    if scene.chance(0.09):
        code_sticker(scene)


def name_beside_landmark(scene: Scene) -> None:
    """Type the patient's name and a landmark side by side."""
    name = parts_of("name", scene.identity, scene.rng, labelled=False)[-1]
    text = landmark(scene.system, "zh" if scene.language == "zh" else "en", scene.rng)
    mark = (text, scene.tag(RegionKind.LANDMARK, "landmark", text))
    parts = [name, mark] if scene.chance(0.6) else [mark, name]
    _somewhere(scene, parts)


def typed_over_scan(scene: Scene) -> list[Stamp]:
    """Type one or two fields of identity over the scan."""
    roles = scene.rng.choice(
        (("name",), ("name",), ("id",), ("date",), ("staff",), ("name", "id"), ("hospital",), ("ward",))
    )
    return _somewhere(scene, [parts_of(role, scene.identity, scene.rng, labelled=False)[-1] for role in roles])


def _somewhere(scene: Scene, parts: list[tuple[str, Tag]]) -> list[Stamp]:
    for _ in range(12):
        jobs, _ = in_a_row(parts, spot(scene, scene.rng.choice(scene.board.scan_boxes)), scene.style("note"), 8)
        placed = scene.board.put(*jobs)
        if placed:
            return placed
    return []


def code_sticker(scene: Scene) -> None:
    """Put a QR code or barcode of the patient's ID on free dark ground."""
    board, rng = scene.board, scene.rng
    kind = rng.choice((zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128))
    content = rng.choice((scene.identity.patient_id, scene.identity.accession))
    bitmap = np.array(
        zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(content, kind), scale=rng.choice((1, 2, 2)))
    )
    if bitmap.ndim == 3:
        bitmap = bitmap[..., 0]
    if kind == zxingcpp.BarcodeFormat.Code128:
        bitmap = cv2.resize(bitmap, (bitmap.shape[1], rng.randint(24, 44)), interpolation=cv2.INTER_NEAREST)
    height, width = bitmap.shape
    for _ in range(40):
        x, y = rng.randrange(4, board.width - width - 4), rng.randrange(board.height // 8, board.height - height - 4)
        box = (x, y, x + width, y + height)
        if board.is_free(box, 3) and int(board.under(box).max()) < 60:
            _stick(scene, np.ascontiguousarray(bitmap), box, content)
            return


def _stick(scene: Scene, bitmap: Pixels, box: Box, content: str) -> None:
    """Paint the sticker and keep its dark modules as ink."""
    board = scene.board
    pale = 235 if board.faint is None else 90
    sheet = np.where(bitmap[..., None] < 128, 20, pale).astype(np.uint8).repeat(3, axis=2)
    board.picture(sheet, (box[0], box[1]))
    ink = bitmap < 128
    rows, columns = np.nonzero(ink.any(axis=1))[0], np.nonzero(ink.any(axis=0))[0]
    top, left, bottom, right = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
    item = Planted(
        text=content,
        kind=RegionKind.PHI,
        box=(box[0] + left, box[1] + top, box[0] + right, box[1] + bottom),
        ink=ink[top:bottom, left:right],
        language="en",
        size_px=bottom - top,
        contrast=20 - pale,
        role="code",
    )
    job = Job(content, (box[0], box[1]), scene.style("note"), scene.tag(RegionKind.PHI, "code", content))
    board.stamps.append(Stamp(item, np.zeros((0, 0), np.uint8), (box[0], box[1]), (0, 0, 0), job))
    board.reserved.append(box)
