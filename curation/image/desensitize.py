"""STEP: mask PHI text in key frames; keep measurements and anatomical landmarks.

Flows in: image ids with the known PHI of their case. Flows out: masked frames as PNG, text regions without text, and
rejects. An image whose reading fails in any way is a reject, never an unmasked frame.
Source: EchoVLM App. A, Fig. 4. Unknown text is masked: a lost word is cheaper than a leaked name.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import cv2
import numpy as np
import pyarrow as pa

from curation.image.audit import audit
from curation.image.cine import key_frames, text_changed
from curation.image.classify import Decision, Scene, classify
from curation.image.codes import find_codes
from curation.image.decode import DecodedImage
from curation.image.errors import DecodeError
from curation.image.known import KnownPhi
from curation.image.layout import is_picture
from curation.image.mask import Box, core, mask_lines, overlap
from curation.image.ocr import OcrEngine, Pixels, read_frame
from curation.image.screen import is_blank
from curation.image.split import split_lines
from curation.step import StepResult, reject, rejects_of, table_of
from schemas.case import IMAGE, KNOWN_PHI_KINDS
from schemas.config import Desensitize
from schemas.region import TEXT_REGION, RegionAction, RegionKind, TextRegion
from schemas.reject import RejectReason, Unit

_STAGE = "desensitize"
_DETAIL = {
    RejectReason.OCR_FAILED: "text could not be read; the frame is not published",
    RejectReason.RESIDUAL_PHI: "identity was still visible after masking; look at the source image",
    RejectReason.BLANK_IMAGE: "no frame carries a picture",
}


class PixelSource(Protocol):
    """Opens source images by id."""

    def open(self, image_id: str) -> DecodedImage:
        """Open an image.

        Raises: DecodeError.
        """
        ...


@dataclass
class _Frame:
    """One published frame on its way."""

    index: int
    pixels: Pixels
    decisions: list[Decision] = field(default_factory=list)


def desensitize(images: pa.Table, *, config: Desensitize, ocr: OcrEngine, pixels: PixelSource) -> StepResult:
    """Mask PHI text in key frames; keep measurements and anatomical landmarks.

    Shapes: pixels uint8[H, W, 3] RGB; boxes xyxy px, half-open.
    Rejects: every reason of decoding, BLANK_IMAGE, OCR_FAILED, RESIDUAL_PHI.
    """
    kept: list[dict[str, Any]] = []
    regions: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for row in images.to_pylist():
        try:
            frames = _desensitize_image(row, config=config, ocr=ocr, pixels=pixels)
            new_rows = [_image_row(row, frame) for frame in frames]
            new_regions = [region for frame in frames for region in _region_rows(row, frame)]
        except DecodeError as error:
            rejected.append(_reject(row, error.reason))
        except Exception:  # noqa: BLE001 - whatever fails, the image is not published and nothing is printed
            rejected.append(_reject(row, RejectReason.OCR_FAILED))
        else:
            kept += new_rows
            regions += new_regions
    return StepResult(table_of(kept, IMAGE), rejects_of(rejected), {"text_regions": table_of(regions, TEXT_REGION)})


def _desensitize_image(
    row: Mapping[str, Any], *, config: Desensitize, ocr: OcrEngine, pixels: PixelSource
) -> list[_Frame]:
    image = pixels.open(row["image_id"])
    known = KnownPhi(_merge(row["known_phi"], image.known_phi))
    scene = Scene((image.probe.rows, image.probe.cols), image.regions, known, config.keep_min_score)
    frames = [_Frame(i, image.frame(i)) for i in key_frames(image.n_frames, config.frames_per_cine)]
    frames = [frame for frame in frames if not is_blank(frame.pixels)]
    if not frames:
        raise DecodeError(RejectReason.BLANK_IMAGE)
    boxes: list[Box] = []
    for frame in frames:
        frame.decisions, found = _look(frame.pixels, scene, config, ocr)
        boxes += found
    for other in _changed_frames(image, frames, config):
        boxes += _look(other, scene, config, ocr)[1]
    for frame in frames:
        _mask_frame(frame, boxes, scene, config, ocr)
    return frames


def _look(pixels: Pixels, scene: Scene, config: Desensitize, ocr: OcrEngine) -> tuple[list[Decision], list[Box]]:
    """Read and decide one frame; decisions and the boxes to mask."""
    read = read_frame(ocr, pixels, upscale_below_px=config.upscale_below_px)
    lines = split_lines(pixels, [region for region in read if not is_picture(region, scene.shape)], ocr)
    decisions = classify(lines, scene)
    decisions += [
        Decision(TextRegion(box, "", 1.0), RegionKind.PHI, RegionAction.MASK, "code") for box in find_codes(pixels)
    ]
    return decisions, _mask_boxes(decisions)


def _mask_boxes(decisions: Sequence[Decision]) -> list[Box]:
    return [d.region.box_px for d in decisions if not d.kept]


def _changed_frames(image: DecodedImage, frames: Sequence[_Frame], config: Desensitize) -> Iterator[Pixels]:
    """Give frames whose text seems to differ from every frame read so far, at most as many as are published."""
    if image.n_frames == 1:
        return
    read: list[Pixels] = [frame.pixels for frame in frames]
    boxes = [d.region.box_px for frame in frames for d in frame.decisions]
    published = {frame.index for frame in frames}
    for index in range(image.n_frames):
        if len(read) >= 2 * len(frames) + config.frames_per_cine:
            return
        if index in published:
            continue
        pixels = image.frame(index)
        if all(text_changed(pixels, other, boxes) for other in read):
            read.append(pixels)
            yield pixels


def _mask_frame(frame: _Frame, boxes: Sequence[Box], scene: Scene, config: Desensitize, ocr: OcrEngine) -> None:
    """Mask a frame by all boxes, look again, mask what was missed.

    Rejects: RESIDUAL_PHI.
    """
    visible = [d for d in frame.decisions if d.kept and not any(overlap(core(d.region.box_px), core(b)) for b in boxes)]
    spare = [d.region.box_px for d in visible]
    masked = mask_lines(frame.pixels, boxes, margin_px=config.margin_px, spare=spare)
    if config.residual_audit:
        residue = audit(masked, visible, scene, ocr)
        if residue.identified:
            raise DecodeError(RejectReason.RESIDUAL_PHI)
        frame.decisions += residue.missed
        masked = mask_lines(masked, _mask_boxes(residue.missed), margin_px=config.margin_px, spare=spare)
    frame.pixels = masked


def _merge(*sources: Mapping[str, Sequence[str] | None] | None) -> dict[str, list[str]]:
    return {kind: [t for source in sources if source for t in source.get(kind) or ()] for kind in KNOWN_PHI_KINDS}


def _frame_id(row: Mapping[str, Any], frame: _Frame) -> str:
    return f"{row['image_id']}/f{frame.index:03d}"


def _image_row(row: Mapping[str, Any], frame: _Frame) -> dict[str, Any]:
    data = encode_png(frame.pixels)
    frame_id = _frame_id(row, frame)
    return {
        "frame_id": frame_id,
        "image_id": row["image_id"],
        "case_id": row["case_id"],
        "site": row["site"],
        "frame": frame.index,
        "width_px": frame.pixels.shape[1],
        "height_px": frame.pixels.shape[0],
        "sha256": hashlib.sha256(data).hexdigest(),
        "image": {"bytes": data, "path": frame_id.replace("/", "-") + ".png"},
    }


def encode_png(pixels: Pixels) -> bytes:
    """Encode losslessly, rebuilt from pixels: no EXIF, no text chunks.

    Shapes: pixels uint8[H, W, 3] RGB.
    """
    done, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not done:
        raise ValueError("PNG encoding failed")
    return bytes(data.tobytes())


def _region_rows(row: Mapping[str, Any], frame: _Frame) -> list[dict[str, Any]]:
    return [
        {
            "frame_id": _frame_id(row, frame),
            "case_id": row["case_id"],
            "site": row["site"],
            "box_px": list(decision.region.box_px),
            "kind": decision.kind.value,
            "action": decision.action.value,
            "rule": decision.rule,
        }
        for decision in frame.decisions
    ]


def _reject(row: Mapping[str, Any], reason: RejectReason) -> dict[str, Any]:
    return reject(
        _STAGE,
        Unit.IMAGE,
        row["image_id"],
        row["site"],
        reason,
        parent_id=row["case_id"],
        detail=_DETAIL.get(reason, "the file could not be decoded"),
    )
