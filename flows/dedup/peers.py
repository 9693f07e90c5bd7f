"""The approximate peers of the bench: MinHash and Simhash as others use them. Each imports only what it needs.

Every peer takes texts in order and gives the index of the earlier kept text that each is a duplicate of, or None.
`python -m flows.dedup.peers minhash|simhash IN.jsonl OUT.jsonl` does what `sonocurate dedup` does, in their manner.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import numpy as np

from curation.dedup.tokens import tokenize

THRESHOLD, DISTANCE = 0.7, 3
_PERMUTATIONS = 128
_BANDS, _BAND_BITS = 4, 16

Matches = list[int | None]


def minhash(texts: Sequence[str]) -> Matches:
    """Drop what MinHashLSH calls similar: 128 permutations over token sets, Jaccard 0.7 / 1.3 (Dice 0.7)."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - the other peer does not pay for it

    index = MinHashLSH(threshold=THRESHOLD / (2 - THRESHOLD), num_perm=_PERMUTATIONS)
    matches: Matches = []
    for n, text in enumerate(texts):
        sketch = MinHash(num_perm=_PERMUTATIONS)
        sketch.update_batch([token.encode() for token in set(tokenize(text))])
        found = index.query(sketch)
        matches.append(min(found) if found else None)
        if not found:
            index.insert(n, sketch)
    return matches


def simhash_of_words(texts: Sequence[str]) -> Matches:
    """Drop by Simhash of 3-grams of tokens alone, 64 bits, distance 3, four bands: the manner of text-dedup."""
    buckets: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    matches: Matches = []
    for n, text in enumerate(texts):
        value = _word_simhash(tokenize(text))
        keys = [(band, value >> band * _BAND_BITS & (1 << _BAND_BITS) - 1) for band in range(_BANDS)]
        near = (other for key in keys for other, theirs in buckets[key] if (value ^ theirs).bit_count() <= DISTANCE)
        matches.append(min(near, default=None))
        if matches[n] is None:
            for key in keys:
                buckets[key].append((n, value))
    return matches


def _word_simhash(tokens: Sequence[str]) -> int:
    grams = [" ".join(gram) for gram in _grams(tokens)] or [" ".join(tokens)]
    raw = b"".join(blake2b(gram.encode(), digest_size=8).digest() for gram in grams)
    bits = np.unpackbits(np.frombuffer(raw, np.uint8).reshape(len(grams), 8), axis=1)
    return int.from_bytes(np.packbits(2 * bits.sum(0, dtype=np.int64) > len(grams)).tobytes(), "big")


def _grams(tokens: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return ((first, second, third) for (first, second), (_, third) in pairwise(pairwise(tokens)))


PEERS: dict[str, Callable[[Sequence[str]], Matches]] = {"minhash": minhash, "simhash": simhash_of_words}


def main(peer: str, source: str, target: str) -> None:
    """Read rows {"id", "text"}, whose ids are their places, and write decisions."""
    with Path(source).open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    with Path(target).open("w", encoding="utf-8") as out:
        for at, match in enumerate(PEERS[peer](texts)):
            row = {"id": str(at), "keep": match is None, "duplicate_of": None if match is None else str(match)}
            out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
