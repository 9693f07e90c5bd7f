"""DICOM: header first, then one frame at a time as RGB.

Flows in: a path. Flows out: header facts, and uint8[H, W, 3] frames. Sources: PS3.3 C.7.6.3 (image pixel and
palettes), C.11.2 (VOI LUT), PS3.5 A.4 (encapsulation); (0008,0060) Modality.
"""

import logging
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import apply_color_lut, apply_rescale, apply_voi_lut, get_decoder, pixel_array

from curation.image.errors import DecodeError
from schemas.reject import RejectReason

# pydicom's warnings and log lines print values: PHI. They are silenced for the whole process.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
for _name in ("pydicom", "libjpeg", "openjpeg", "rle", "pylibjpeg"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_ULTRASOUND = ("US", "IVUS")
#: Ends of encapsulated streams: sequence delimitation item (FFFE,E0DD) of length 0, little endian.
_DELIMITER = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
_MAX_HEADER_BYTES = 64 * 1024 * 1024
_MAX_INFLATED_BYTES = 512 * 1024 * 1024
_PIECE_BYTES = 1 << 20
#: Preamble, prefix, and the element of the group length itself (PS3.10 section 7.1).
_META_START = 128 + 4 + 12
#: Tag, VR and length before encapsulated pixels (PS3.5 section 7.1.2).
_PIXEL_HEADER_BYTES = 12
#: What codestreams begin with, and the markers that carry their size (T.81 table B.1, T.87, T.800 table A.2).
_JPEG_START, _JPEG2000_START = b"\xff\xd8", b"\xff\x4f\xff\x51"
_SIZE_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_SCAN_MARKER, _MOST_COMPONENTS, _MOST_BOXES_BYTES = 0xDA, 4, 4096


def read_header(path: Path) -> FileDataset:
    """Read everything before the pixels.

    Rejects: UNREADABLE_IMAGE, UNSUPPORTED_TRANSFER_SYNTAX, NOT_ULTRASOUND, DECOMPRESSION_BOMB.
    """
    _check_deflated(path)
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True, defer_size=_MAX_HEADER_BYTES)
        usable = int(header.get("Rows") or 0) > 0 and int(header.get("Columns") or 0) > 0
        modality = str(header.get("Modality") or "").strip().upper()
    except Exception:  # noqa: BLE001 - pydicom raises many kinds on broken files, with content in the messages
        raise DecodeError(RejectReason.UNREADABLE_IMAGE) from None
    if modality and modality not in _ULTRASOUND:
        raise DecodeError(RejectReason.NOT_ULTRASOUND)
    _check_syntax(header)
    if not usable:
        raise DecodeError(RejectReason.UNREADABLE_IMAGE)
    return header


def _check_deflated(path: Path) -> None:
    """Inflate a deflated data set piece by piece up to a limit, before pydicom does it whole.

    Rejects: DECOMPRESSION_BOMB, UNREADABLE_IMAGE.
    """
    try:
        meta = pydicom.filereader.read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") != pydicom.uid.DeflatedExplicitVRLittleEndian:
            return
        start = _META_START + int(meta.FileMetaInformationGroupLength)
        inflater, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(_PIECE_BYTES)
            while data and size <= _MAX_INFLATED_BYTES:
                size += len(inflater.decompress(data, _PIECE_BYTES))
                data = inflater.unconsumed_tail or file.read(_PIECE_BYTES)
    except (OSError, zlib.error):
        raise DecodeError(RejectReason.UNREADABLE_IMAGE) from None
    except Exception:  # noqa: BLE001 - no DICOM file meta: not deflated; the reader says what it is
        return
    if size > _MAX_INFLATED_BYTES:
        raise DecodeError(RejectReason.DECOMPRESSION_BOMB)


def _check_syntax(header: FileDataset) -> None:
    syntax = _syntax_of(header)
    try:
        available = syntax is not None and get_decoder(syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        raise DecodeError(RejectReason.UNSUPPORTED_TRANSFER_SYNTAX)


def _syntax_of(header: FileDataset) -> pydicom.uid.UID | None:
    """Name the transfer syntax; a bare data set without file meta is implicit or explicit by how it was read."""
    syntax = getattr(header, "file_meta", Dataset()).get("TransferSyntaxUID")
    if syntax:
        return pydicom.uid.UID(str(syntax))
    implicit, little = header.original_encoding
    if not little:
        return pydicom.uid.ExplicitVRBigEndian
    return pydicom.uid.ImplicitVRLittleEndian if implicit else pydicom.uid.ExplicitVRLittleEndian


def frame_count(header: Dataset) -> int:
    """Read NumberOfFrames; absent means 1."""
    try:
        return max(1, int(header.get("NumberOfFrames") or 1))
    except (TypeError, ValueError):
        raise DecodeError(RejectReason.UNREADABLE_IMAGE) from None


def check_complete(path: Path, header: FileDataset) -> None:
    """Find files that end in the middle of their pixels: decoders may paint the rest grey.

    Rejects: UNREADABLE_IMAGE.
    """
    syntax = _syntax_of(header)
    if syntax is None or not syntax.is_compressed or syntax.is_deflated:
        return  # uncompressed: pydicom compares lengths itself
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(-min(file.tell(), 1 << 20), 2)
        tail = file.read()
    if _DELIMITER not in tail:
        raise DecodeError(RejectReason.UNREADABLE_IMAGE)


def read_frame(path: Path, header: FileDataset, index: int) -> npt.NDArray[np.uint8]:
    """Decode one frame to RGB.

    Shapes: uint8[H, W, 3].
    """
    syntax = getattr(header, "file_meta", Dataset()).get("TransferSyntaxUID")
    if syntax == pydicom.uid.DeflatedExplicitVRLittleEndian:  # frames cannot be found in a deflated file
        array = pixel_array(pydicom.dcmread(path), index=index)
    elif syntax and syntax.is_compressed:
        array = pixel_array(_encoded_frame(path, header, index), index=0)
    elif syntax:
        array = pixel_array(path, index=index)
    else:
        dataset = pydicom.dcmread(path, force=True)
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = _syntax_of(header)
        array = pixel_array(dataset, index=index)
    return _to_rgb(array, header)


def _encoded_frame(path: Path, header: FileDataset, index: int) -> Dataset:
    """Take one frame out of an encapsulated file: a decoder makes room for what a codestream says, not the header.

    Rejects: UNREADABLE_IMAGE when the two differ.
    """
    offsets = header.get("ExtendedOffsetTable"), header.get("ExtendedOffsetTableLengths")
    with path.open("rb") as file:
        pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=[])
        file.seek(_PIXEL_HEADER_BYTES, 1)
        data = get_frame(
            file, index, number_of_frames=frame_count(header), extended_offsets=offsets if all(offsets) else None
        )
    sizes = () if header.file_meta.TransferSyntaxUID == pydicom.uid.RLELossless else _sizes_of(data)
    if any(size != (header.Rows, header.Columns) for size in sizes):
        raise DecodeError(RejectReason.UNREADABLE_IMAGE)
    frame = header.group_dataset(0x0028)
    frame.pop("NumberOfFrames", None)  # elements are shared with the header: never changed
    frame.file_meta = header.file_meta
    frame.PixelData = encapsulate([data], has_bot=False)
    frame["PixelData"].VR, frame["PixelData"].is_undefined_length = "OB", True
    return frame


def _sizes_of(data: bytes) -> list[tuple[int, int]]:
    """Read rows and columns that a JPEG, JPEG-LS or JPEG 2000 codestream states; (0, 0) where it cannot be an image.

    Raises: IndexError or struct.error for a codestream that ends too soon.
    """
    if not data.startswith(_JPEG_START):
        at = data[:_MOST_BOXES_BYTES].find(_JPEG2000_START)  # some vendors wrap it as a JP2 file
        width, height, left, top = struct.unpack_from(">4I", data, at + 8)
        (components,) = struct.unpack_from(">H", data, at + 40)
        return [(height - top, width - left) if at >= 0 and components <= _MOST_COMPONENTS else (0, 0)]
    sizes, at = [], len(_JPEG_START)
    while data[at] == 0xFF and data[at + 1] != _SCAN_MARKER:
        if data[at + 1] == 0xFF:  # fill byte
            at += 1
            continue
        length, _, height, width, components = struct.unpack_from(">HBHHB", data, at + 2)
        if data[at + 1] in _SIZE_MARKERS:
            sizes.append((height, width) if components <= _MOST_COMPONENTS else (0, 0))
        at += 2 + length
    return sizes if sizes and data[at] == 0xFF else [(0, 0)]


def _to_rgb(array: npt.NDArray[Any], header: Dataset) -> npt.NDArray[np.uint8]:
    kind = str(header.get("PhotometricInterpretation", "")).strip().upper()
    if kind == "PALETTE COLOR":
        return _eight_bit(apply_color_lut(array, header), 16 if _lut_bits(header) > 8 else 8)[..., :3]
    if array.ndim == 3:
        return _eight_bit(array, int(header.get("BitsStored") or 8))[..., :3]
    grey = _grey(array, header)
    if kind == "MONOCHROME1":
        grey = np.uint8(255) - grey
    return np.repeat(grey[..., None], 3, axis=2)


def _lut_bits(header: Dataset) -> int:
    """Read the bits of a palette entry; pydicom scales 8-bit entries itself."""
    return int(header.RedPaletteColorLookupTableDescriptor[2])


def _eight_bit(array: npt.NDArray[Any], bits: int) -> npt.NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    return (array >> max(0, bits - 8)).clip(0, 255).astype(np.uint8)


def _grey(array: npt.NDArray[Any], header: Dataset) -> npt.NDArray[np.uint8]:
    """Apply rescale and window; without a window 8-bit values stay as they are and deeper ones are stretched."""
    windowed = "WindowWidth" in header or "VOILUTSequence" in header
    if array.dtype == np.uint8 and not windowed and "RescaleSlope" not in header:
        return array
    with np.errstate(all="ignore"):
        values = np.asarray(apply_rescale(array, header), dtype=np.float64)
        if windowed:
            values = np.asarray(apply_voi_lut(apply_rescale(array, header), header), dtype=np.float64)
    if not np.isfinite(values).all():  # a slope or window that is no number
        raise DecodeError(RejectReason.UNREADABLE_IMAGE)
    low, high = float(values.min()), float(values.max())
    if array.dtype == np.uint8 and not windowed:
        low, high = 0.0, 255.0
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.asarray(((values - low) * scale).round().clip(0, 255), dtype=np.uint8)
