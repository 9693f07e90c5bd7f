"""The pictures of a record: paths beside the file of records, or data URLs.

In: a record with ``image`` or ``images``. Out: encoded pictures; what cannot be read is counted.
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmark.read.faults import Fault, Faults

NAMES = ("images", "image", "image_path")


def pictures_of(row: Mapping[str, Any], folder: Path, item_id: str, faults: Faults) -> tuple[bytes, ...]:
    """Read the pictures of a record."""
    named: object = next((row[name] for name in NAMES if row.get(name)), [])
    found = []
    for one in named if isinstance(named, list) else [named]:
        try:
            found.append(_picture(str(one), folder))
        except (OSError, ValueError, binascii.Error):
            faults.note(Fault.UNREADABLE_IMAGE, item_id)
    return tuple(found)


def _picture(place: str, folder: Path) -> bytes:
    if place.startswith("data:image/"):
        return base64.b64decode(place.partition(",")[2], validate=True)
    return (folder / place).read_bytes()
