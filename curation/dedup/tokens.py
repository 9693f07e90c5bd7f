"""Tokens of the rule: lower-case runs of [a-z0-9]; every Han character is a token of its own.

Equal to rouge-score's default tokenizer (no stemmer) on ASCII text; rouge-score gives no token for Chinese at all.
A token has a key of 64 bits that is the same on every machine: up to 12 letters and digits are packed without loss, as
is a Han character; what is longer is hashed to 62 bits.
"""

import re
import sys

import numpy as np
from numpy.typing import NDArray

#: Changes whenever the same text would get other tokens or keys; kept pools record it.
TOKENIZER_VERSION = 2
HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
_TOKEN = re.compile("[a-z0-9]+|[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in HAN) + "]")
#: Longest token that is packed, and the digits of a packed one (0 stands for none).
PACKED, BASE = 12, 37
HAN_KEY, LONG_KEY = 1 << 63, 3 << 62
#: The two bits above this one tell Han keys from all others.
HAN_SHIFT = 62
_LONG_MASK = (1 << 62) - 1
#: Source: Steele, Lea and Flood 2014, SplitMix64 (constants of the mixing function).
MIX = 0xBF58476D1CE4E5B9
_WORD = (1 << 64) - 1
#: What a code point is: nothing, part of a token (1 + its digit), a Han character.
HAN_CLASS = 64


def tokenize(text: str) -> list[str]:
    """Split a text into tokens."""
    return _TOKEN.findall(text.lower())


def token_key(token: str) -> int:
    """Give the key of a token."""
    if ord(token[0]) >= HAN[0][0]:
        return HAN_KEY | ord(token)
    key = 0
    if len(token) <= PACKED:
        for char in token:
            key = key * BASE + digit_of(ord(char))
        return key
    for char in token:
        key = ((key ^ ord(char)) * MIX) & _WORD
        key ^= key >> 29
    return LONG_KEY | (key & _LONG_MASK)


def digit_of(code: int) -> int:
    """Give the digit of a letter or digit: 1 to 10, 11 to 36."""
    return code - 47 if code < 58 else code - 86


def classes() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Tell every code point's part in a token, and whether Simhash reads it (a word character).

    Shapes: uint8[0x110000] 0, 1 to 36 or ``HAN_CLASS``; bool[0x110000].
    """
    codes = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    kinds = np.zeros(len(codes), np.uint8)
    for char in "0123456789abcdefghijklmnopqrstuvwxyz":
        kinds[ord(char)] = digit_of(ord(char))
    for first, last in HAN:
        kinds[first : last + 1] = HAN_CLASS
    words = np.strings.isalnum(codes.view("<U1"))
    words[ord("_")] = True
    words[0x4E00:0x9FCD] = True
    return kinds, words
