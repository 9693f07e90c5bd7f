"""Find out how a text file is encoded and decode it; bytes that do not fit become lone surrogates.

In: bytes. Out: text without a byte order mark. A misfit costs the row that holds it, never the file.
Source: Unicode 16, chapter 23.8 (byte order mark); GB 18030-2022; RFC 3629 (UTF-8).
"""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD_BYTES = 1 << 16
_FEWEST_DELIMITERS = 3  # the four required columns
_MISFIT = re.compile("[\udc80-\udcff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def decode_bytes(data: bytes, encoding: str) -> str:
    """Decode a text file.

    ``auto`` tries a byte order mark, UTF-16 without one, UTF-8, then GB18030.
    """
    if encoding != "auto":
        return _decode(data, encoding)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _decode(data, name)
    if (guess := _utf16_without_mark(data)) is not None:
        return _decode(data, guess)
    text = _decode(data, "utf-8")
    return _decode(data, "gb18030") if _looks_gb18030(data, text) else text


def decode_cell(data: bytes) -> str:
    """Decode one binary cell: UTF-8, else GB18030, else UTF-8 with misfits."""
    for name in ("utf-8", "gb18030"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    return _decode(data, "utf-8")


def _decode(data: bytes, name: str) -> str:
    if name.startswith("utf-16"):  # surrogateescape cannot carry odd bytes of UTF-16
        text = data.decode(name, errors="replace").replace("\ufffd", "\udcff")
    else:
        text = data.decode(name, errors="surrogateescape")
    return text.removeprefix("\ufeff")


def _looks_gb18030(data: bytes, as_utf8: str) -> bool:
    """Say whether misfits of UTF-8 are GB18030: more of them than sound characters, and bytes in pairs.

    A few misfits in a UTF-8 file are broken rows; high bytes that stand alone are Latin-1, which nobody can tell apart.
    """
    misfits = len(_MISFIT.findall(as_utf8))
    if not misfits:
        return False
    sound = sum(1 for char in as_utf8 if char > "\x7f") - misfits
    runs = _HIGH_RUN.findall(data)
    alone = sum(1 for run in runs if len(run) == 1)
    return misfits > sound and alone * 2 < len(runs)


def _utf16_without_mark(data: bytes) -> str | None:
    """Try both byte orders: the right one shows line ends and delimiters (or JSON) and no zero characters."""
    if b"\x00" not in data[:_HEAD_BYTES]:
        return None
    for name in ("utf-16-le", "utf-16-be"):
        head = data[:_HEAD_BYTES].decode(name, errors="replace")
        first = head.partition("\n")[0]
        delimiters = max(first.count(mark) for mark in ",\t;|")
        if "\n" in head and "\x00" not in head and (delimiters >= _FEWEST_DELIMITERS or first.startswith("{")):
            return name
    return None
