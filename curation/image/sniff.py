"""What a file is, by its first bytes, and whether its name agrees.

Flows in: a path. Flows out: the format name. Sources: DICOM PS3.10 section 7.1 (preamble and prefix), PNG 1.2 section
12.11, JPEG T.81 Annex B, TIFF 6.0 section 2, BMP file header.
"""

import stat
from pathlib import Path

from curation.image.errors import DecodeError
from schemas.reject import RejectReason

#: First bytes -> format.
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"BM", "bmp"),
)
#: Extensions that promise a format. Anything else may be DICOM.
EXTENSIONS = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".bmp": "bmp",
    ".tif": "tiff",
    ".tiff": "tiff",
}
#: First bytes of a data set without preamble: group 0002 or 0008, little or big endian (ACR-NEMA and old exports).
_BARE_DICOM = (b"\x02\x00\x00\x00", b"\x08\x00", b"\x00\x08\x00")
_HEAD_BYTES = 132


def sniff(path: Path) -> str:
    """Name the format of a file: dicom, png, jpeg, bmp or tiff.

    Rejects: IMAGE_NOT_FOUND, EMPTY_FILE, UNREADABLE_IMAGE (unknown content), WRONG_EXTENSION (content and name differ).
    """
    found = _format_of(_head_of(path))
    promised = EXTENSIONS.get(path.suffix.lower())
    if found is None:
        raise DecodeError(RejectReason.UNREADABLE_IMAGE)
    if promised not in (None, found) or (promised is None and found != "dicom" and path.suffix):
        raise DecodeError(RejectReason.WRONG_EXTENSION)
    return found


def _head_of(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for ever
            raise DecodeError(RejectReason.UNREADABLE_IMAGE)
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise DecodeError(RejectReason.IMAGE_NOT_FOUND) from None
    except (OSError, ValueError):
        raise DecodeError(RejectReason.UNREADABLE_IMAGE) from None
    if not head:
        raise DecodeError(RejectReason.EMPTY_FILE)
    return head


def _format_of(head: bytes) -> str | None:
    if head[128:132] == b"DICM":
        return "dicom"
    for magic, name in MAGIC:
        if head.startswith(magic):
            return name
    return "dicom" if head.startswith(_BARE_DICOM) else None
