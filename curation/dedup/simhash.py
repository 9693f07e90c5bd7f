"""64-bit Simhash values, bit-identical to the package ``simhash`` 2.1.2 with its default settings.

Source: Charikar 2002; the package hashes the 4-grams of the lower-cased word characters with md5.
"""

import re
from collections import Counter
from hashlib import md5

from simhash import Simhash

_WORDS = re.compile(r"[\w\u4e00-\u9fcc]+")
_WIDTH = 4
_BITS = 64


def simhash64(text: str) -> int:
    """Compute the value; where the package overflows (one 4-gram more than 255 times) give the mathematical value."""
    try:
        return int(Simhash(text).value)
    except OverflowError:
        return _by_definition(text)


def distance(left: int, right: int) -> int:
    """Count the bits in which two values differ."""
    return (left ^ right).bit_count()


def _by_definition(text: str) -> int:
    content = "".join(_WORDS.findall(text.lower()))
    grams = Counter(content[i : i + _WIDTH] for i in range(max(len(content) - _WIDTH + 1, 1)))
    weights = [0] * _BITS
    for gram, count in grams.items():
        value = int.from_bytes(md5(gram.encode(), usedforsecurity=False).digest()[-8:], "big")
        for bit in range(_BITS):
            weights[bit] += count if value >> bit & 1 else -count
    return sum(1 << bit for bit, weight in enumerate(weights) if weight > 0)
