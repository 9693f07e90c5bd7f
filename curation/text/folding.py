"""Fold a text to plain forms without moving any code point.

In: any text. Out: a text of the same length, so that spans found in it hold in the original.
Source: Unicode blocks Halfwidth and Fullwidth Forms (FF01-FF5E), category Nd, General Punctuation; traditional
characters by wordfreq's table (after OpenCC's), so that one vocabulary serves both scripts.
"""

import gzip
import re
import unicodedata
from functools import cache
from importlib.resources import files

import msgpack  # type: ignore[import-untyped,unused-ignore]

_PLAIN = {
    "\u3000": " ",
    "\u00a0": " ",
    "\u2002": " ",
    "\u2003": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2015": "-",
    "\u2212": "-",
    "\u2018": "'",
    "\u2019": "'",
    "\u02bc": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2236": ":",
    "\u02d0": ":",
    "\u2044": "/",
    "\u2215": "/",
    "\u00d7": "x",
    "\u2715": "x",
    "\u2a2f": "x",
    "\u33a1": "\u33a1",
}


@cache
def _simplified() -> dict[int, str]:
    """Read the table of traditional characters once per process; only what is one character in both scripts."""
    packed = files("wordfreq").joinpath("data/_chinese_mapping.msgpack.gz").read_bytes()
    table: dict[int, str] = msgpack.loads(gzip.decompress(packed), raw=False, strict_map_key=False)
    return {code: plain for code, plain in table.items() if isinstance(plain, str) and len(plain) == 1}


def _fold_char(char: str) -> str:
    if char in _PLAIN:
        return _PLAIN[char]
    if is_han(char):
        return _simplified().get(ord(char), char)
    code = ord(char)
    if 0xFF01 <= code <= 0xFF5E:
        return chr(code - 0xFEE0)
    digit = unicodedata.digit(char, None) if unicodedata.category(char) == "Nd" else None
    return char if digit is None else str(digit)


class _Table(dict[int, str]):
    """A translate table that fills itself."""

    def __missing__(self, code: int) -> str:
        folded = _fold_char(chr(code))
        self[code] = folded
        return folded


_TABLE = _Table()


def fold(text: str) -> str:
    """Map full-width forms, digits of every script, dashes, quotes and spaces to ASCII, one code point to one.

    Tags and entities of HTML become blanks, those that end a line a line end; so do formatting words of an RTF text.
    """
    plain = text if text.isascii() else text.translate(_TABLE)
    if plain.startswith("{\\rtf"):
        plain = _RTF.sub(lambda found: _blank(found, "\\par"), plain)
    return _HTML.sub(lambda found: _blank(found, "<br", "</p", "</tr", "</li", "</div", "<hr"), plain)


HTML_TAGS = (
    "br|p|b|i|u|td|tr|th|table|tbody|thead|div|span|hr|li|ul|ol|h[1-6]|html|body|head|font|strong|em|a|pre|title|small|"
    "sup|sub|center"
)
#: Only tags that HTML has: "<John>" stays to be read. Entities that may stand for letters of a name stay visible too.
_HTML = re.compile(
    rf"</?(?:{HTML_TAGS})\s?/?>|&(?:nbsp|lt|gt|amp|quot|apos|#(?:9|10|13|32|160|8211|8212));", re.IGNORECASE
)
#: Only control words that format; "\u24352" and "\'d5" are letters.
RTF_WORDS = (
    r"\\(?:rtf|ansi|ansicpg|deff|deflang|fonttbl|fnil|fcharset|f|fs|b|i|ul|ulnone|par|pard|plain|line|tab|cell|row|"
    r"q[lrcj]|li|ri|fi|sb|sa|cf|viewkind|uc)-?\d{0,5}(?![A-Za-z0-9])"
)
_RTF = re.compile(rf"{RTF_WORDS} ?")


def _blank(found: re.Match[str], *ends: str) -> str:
    """Write as many blanks, with a line end first where the mark ends a line."""
    size = len(found.group())
    return "\n" + " " * (size - 1) if found.group().lower().startswith(ends) else " " * size


def is_han(char: str) -> bool:
    """Tell whether a character is a CJK ideograph."""
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf" or "\U00020000" <= char <= "\U0003134f"
