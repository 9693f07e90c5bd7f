"""64-bit Simhash values, bit-identical to the package ``simhash`` 2.1.2 with its default settings.

Where the package overflows (one 4-gram more than 255 times) the value is the one of the definition. Hashes of grams are
remembered, because texts of one field share most of theirs.
Source: Charikar 2002; the package hashes the 4-grams of the lower-cased word characters with md5.
"""

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import md5

import numpy as np
from numpy.typing import NDArray

#: Changes whenever the same text would get another value; kept pools record it.
SIMHASH_VERSION = 1
WIDTH = 4
BITS = 64
#: Grams that are remembered; then all are forgotten.
REMEMBERED = 1 << 21
_NO_WORD = re.compile(r"[^\w\u4e00-\u9fcc]+")
_known: dict[str, int] = {}


def simhash64(text: str) -> int:
    """Compute the value of a text."""
    content = _NO_WORD.sub("", text.lower())
    grams = Counter(content[at : at + WIDTH] for at in range(max(len(content) - WIDTH + 1, 1)))
    if len(_known) > REMEMBERED:
        _known.clear()
    weights = [0] * BITS
    for gram, count in grams.items():
        value = _known.get(gram)
        if value is None:
            value = _known[gram] = gram_hash(gram)
        for bit in range(BITS):
            weights[bit] += count if value >> bit & 1 else -count
    return sum(1 << bit for bit, weight in enumerate(weights) if weight > 0)


def gram_hash(gram: str) -> int:
    """Hash a gram: the last 8 bytes of its md5."""
    return int.from_bytes(md5(gram.encode(), usedforsecurity=False).digest()[-8:], "big")


def gram_hashes(grams: Sequence[str]) -> NDArray[np.uint64]:
    """Hash many grams."""
    digests = b"".join([md5(gram.encode(), usedforsecurity=False).digest() for gram in grams])
    return np.frombuffer(digests, ">u8")[1::2].astype(np.uint64)


def distance(left: int, right: int) -> int:
    """Count the bits in which two values differ."""
    return (left ^ right).bit_count()
