"""STEP: mask PHI text in key frames; keep measurements and anatomical landmarks.

Flows in: image ids with the known PHI of their case. Flows out: masked frames as PNG, text regions (with text only
of measured values that stay) and rejects. An image whose reading fails in any way is a reject, never an unmasked frame.
Source: EchoVLM App. A, Fig. 4. Unknown text is masked: a lost word is cheaper than a leaked name.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import cv2
import numpy as np
import pyarrow as pa

from curation.image.cine import key_frames
from curation.image.decision import Decision
from curation.image.decode import DecodedImage
from curation.image.errors import DecodeError
from curation.image.modality import modality_of
from curation.image.ocr import OcrEngine, Pixels
from curation.image.overlay import MaskedFrame, Tools, masked_frames
from curation.image.rules import load_rules
from curation.image.screen import is_blank
from curation.step import StepResult, reject, rejects_of, table_of
from schemas.case import IMAGE, KNOWN_PHI_KINDS
from schemas.config import Desensitize
from schemas.region import TEXT_REGION, RegionKind
from schemas.reject import RejectReason, Unit

_STAGE = "desensitize"
_DETAIL = {
    RejectReason.OCR_FAILED: "text could not be read; the frame is not published",
    RejectReason.RESIDUAL_PHI: "identity was still visible after masking; look at the source image",
    RejectReason.BLANK_IMAGE: "no frame carries a picture",
    RejectReason.DOCUMENT_SCREEN: "a page of text, not an image of the body",
    RejectReason.MULTI_REGION: "two or more images side by side",
}


class PixelSource(Protocol):
    """Opens source images by id."""

    def open(self, image_id: str) -> DecodedImage:
        """Open an image.

        Raises: DecodeError.
        """
        ...


def desensitize(
    images: pa.Table, *, config: Desensitize, ocr: OcrEngine, pixels: PixelSource, second: OcrEngine | None = None
) -> StepResult:
    """Mask PHI text in key frames; keep measurements and anatomical landmarks. ``second`` looks again, else ``ocr``.

    Shapes: pixels uint8[H, W, 3] RGB; boxes xyxy px, half-open.
    Rejects: every reason of decoding, BLANK_IMAGE, DOCUMENT_SCREEN, MULTI_REGION, OCR_FAILED, RESIDUAL_PHI.
    """
    kept: list[dict[str, Any]] = []
    regions: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for row in images.to_pylist():
        try:
            image = pixels.open(row["image_id"])
            frames = _desensitize_image(row, image, Tools(ocr, config, second))
            new_rows = [_image_row(row, frame, image) for frame in frames]
            new_regions = [region for frame in frames for region in _region_rows(row, frame)]
        except DecodeError as error:
            rejected.append(_reject(row, error.reason))
        except Exception:  # noqa: BLE001 - whatever fails, the image is not published and nothing is printed
            rejected.append(_reject(row, RejectReason.OCR_FAILED))
        else:
            kept += new_rows
            regions += new_regions
    return StepResult(table_of(kept, IMAGE), rejects_of(rejected), {"text_regions": table_of(regions, TEXT_REGION)})


def _desensitize_image(row: Mapping[str, Any], image: DecodedImage, tools: Tools) -> list[MaskedFrame]:
    known = merge_known(row["known_phi"], image.known_phi)
    wanted = key_frames(image.n_frames, tools.config.frames_per_cine)
    frames = masked_frames(image, wanted, known, tools)
    return [frame for frame in frames if not is_blank(frame.pixels) or len(wanted) == 1]


def merge_known(*sources: Mapping[str, Sequence[str] | None] | None) -> dict[str, list[str]]:
    """Join lists of known PHI kind by kind."""
    return {kind: [t for source in sources if source for t in source.get(kind) or ()] for kind in KNOWN_PHI_KINDS}


def _frame_id(row: Mapping[str, Any], frame: MaskedFrame) -> str:
    return f"{row['image_id']}/f{frame.index:03d}"


def _image_row(row: Mapping[str, Any], frame: MaskedFrame, image: DecodedImage) -> dict[str, Any]:
    frame_id = _frame_id(row, frame)
    texts = [decision.region.text for decision in frame.decisions]
    modality, source = modality_of(image.regions, image.image_type, texts, frame.pixels)
    return {
        "frame_id": frame_id,
        "image_id": row["image_id"],
        "case_id": row["case_id"],
        "site": row["site"],
        "frame": frame.index,
        "width_px": frame.pixels.shape[1],
        "height_px": frame.pixels.shape[0],
        **picture_columns(frame_id, frame.pixels),
        "modality": modality.value,
        "modality_source": source,
    }


def picture_columns(frame_id: str, pixels: Pixels) -> dict[str, Any]:
    """Give the columns of `images` that depend on the pixels.

    Shapes: pixels uint8[H, W, 3] RGB.
    """
    data = encode_png(pixels)
    path = frame_id.replace("/", "-") + ".png"
    return {"sha256": hashlib.sha256(data).hexdigest(), "image": {"bytes": data, "path": path}}


def encode_png(pixels: Pixels) -> bytes:
    """Encode losslessly, rebuilt from pixels: no EXIF, no text chunks.

    Shapes: pixels uint8[H, W, 3] RGB.
    """
    done, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not done:
        raise ValueError("PNG encoding failed")
    return bytes(data.tobytes())


def _region_rows(row: Mapping[str, Any], frame: MaskedFrame) -> list[dict[str, Any]]:
    return [
        {
            "frame_id": _frame_id(row, frame),
            "case_id": row["case_id"],
            "site": row["site"],
            "box_px": list(decision.region.box_px),
            "kind": decision.kind.value,
            "action": decision.action.value,
            "rule": decision.rule,
            "value_text": value_text(decision),
        }
        for decision in frame.decisions
    ]


def value_text(decision: Decision) -> str | None:
    """Give the text of a kept measurement with its value; None for every other region, masked or kept.

    A rule proved all of the line that it is a part of, so it holds no name. Of a cine it is what the first look read.
    """
    if decision.kept and decision.kind is RegionKind.MEASUREMENT and decision.rule in _valued_rules():
        return decision.region.text.strip() or None
    return None


@lru_cache(maxsize=1)
def _valued_rules() -> frozenset[str]:
    return frozenset(rule.name for rule in load_rules() if rule.valued and rule.kind is RegionKind.MEASUREMENT)


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
