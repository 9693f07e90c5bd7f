"""Image files to RGB frames: header checks before any pixel is decoded.

Flows in: a path and limits. Flows out: ``Probe`` (header facts, for intake) or ``DecodedImage`` (frames on demand, for
desensitize). Any failure is a ``DecodeError`` with a reject reason, and carries no content.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom.dataset import FileDataset

from curation.image import dicom, raster
from curation.image.errors import DecodeError
from curation.image.header import collect_known_phi
from curation.image.regions import ScanRegion, read_regions
from curation.image.sniff import sniff
from schemas.case import KNOWN_PHI_KINDS
from schemas.reject import RejectReason

__all__ = ["DecodeError", "DecodedImage", "Probe", "decode", "probe"]


#: No screen is so many times as wide as high; detectors enlarge by the short side, so that long strips cost gigabytes.
_MOST_RATIO = 8


@dataclass(frozen=True, slots=True)
class Probe:
    """What the header says about a file; no pixel was decoded."""

    format: str
    rows: int
    cols: int
    n_frames: int
    regions: tuple[ScanRegion, ...] = ()
    modality: str | None = None
    image_type: tuple[str, ...] = ()
    header: FileDataset | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class DecodedImage:
    """Frames of one file, decoded when asked for, and the PHI its header knows."""

    path: Path = field(repr=False)
    probe: Probe
    known_phi: dict[str, list[str]] = field(repr=False)

    @property
    def n_frames(self) -> int:
        """Number of frames; 1 for stills."""
        return self.probe.n_frames

    @property
    def regions(self) -> tuple[ScanRegion, ...]:
        """Validated scan regions; empty where the file has none or stale ones."""
        return self.probe.regions

    @property
    def modality(self) -> str | None:
        """Modality of the header, None where it has none."""
        return self.probe.modality

    @property
    def image_type(self) -> tuple[str, ...]:
        """Image Type of the header; empty where it has none."""
        return self.probe.image_type

    def frame(self, index: int) -> npt.NDArray[np.uint8]:
        """Decode one frame.

        Shapes: uint8[H, W, 3] RGB.
        Rejects: UNREADABLE_IMAGE.
        """
        try:
            pixels = self._read(index)
        except Exception:  # noqa: BLE001 - decoders raise many kinds, with content in the messages
            raise DecodeError(RejectReason.UNREADABLE_IMAGE) from None
        if pixels.shape != (self.probe.rows, self.probe.cols, 3):
            raise DecodeError(RejectReason.UNREADABLE_IMAGE)
        return np.ascontiguousarray(pixels)

    def _read(self, index: int) -> npt.NDArray[np.uint8]:
        if self.probe.header is not None:
            return dicom.read_frame(self.path, self.probe.header, index)
        return raster.read_frame(self.path, self.probe.format, index)


def probe(path: Path, *, max_pixels: int, max_frames: int, max_side_px: int, min_side_px: int) -> Probe:
    """Read a file's header and check its size.

    Rejects: EMPTY_FILE, IMAGE_NOT_FOUND, UNREADABLE_IMAGE, WRONG_EXTENSION, UNSUPPORTED_TRANSFER_SYNTAX,
        NOT_ULTRASOUND, ABSURD_DIMENSIONS (a side or their ratio), DECOMPRESSION_BOMB (too many pixels or frames).
    """
    try:
        found = _probe(path)
    except DecodeError:
        raise
    except Exception:  # noqa: BLE001 - never another exception, never content
        raise DecodeError(RejectReason.UNREADABLE_IMAGE) from None
    if min(found.rows, found.cols) < min_side_px or max(found.rows, found.cols) > max_side_px:
        raise DecodeError(RejectReason.ABSURD_DIMENSIONS)
    if max(found.rows, found.cols) > _MOST_RATIO * min(found.rows, found.cols):
        raise DecodeError(RejectReason.ABSURD_DIMENSIONS)
    if found.rows * found.cols > max_pixels or found.n_frames > max_frames:
        raise DecodeError(RejectReason.DECOMPRESSION_BOMB)
    return found


def decode(path: Path, *, max_pixels: int, max_frames: int, max_side_px: int, min_side_px: int) -> DecodedImage:
    """Open a file for decoding: all checks of ``probe``, and the file must be whole.

    Rejects: as ``probe``.
    """
    found = probe(path, max_pixels=max_pixels, max_frames=max_frames, max_side_px=max_side_px, min_side_px=min_side_px)
    try:
        if found.header is not None:
            dicom.check_complete(path, found.header)
            return DecodedImage(path, found, collect_known_phi(found.header))
        raster.check_complete(path, found.format)
    except DecodeError:
        raise
    except Exception:  # noqa: BLE001 - never another exception, never content
        raise DecodeError(RejectReason.UNREADABLE_IMAGE) from None
    return DecodedImage(path, found, {kind: [] for kind in KNOWN_PHI_KINDS})


def _probe(path: Path) -> Probe:
    kind = sniff(path)
    if kind != "dicom":
        rows, cols, n_frames = raster.measure(path, kind)
        return Probe(kind, rows, cols, n_frames)
    header = dicom.read_header(path)
    rows, cols = int(header.Rows), int(header.Columns)
    values = header.get("ImageType") or ()
    return Probe(
        "dicom",
        rows,
        cols,
        dicom.frame_count(header),
        read_regions(header, rows, cols),
        str(header.get("Modality") or "").strip().upper() or None,
        (values,) if isinstance(values, str) else tuple(str(value) for value in values),
        header,
    )
