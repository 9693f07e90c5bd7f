"""What a line may say although it was read otherwise: words glued or torn apart, letters for digits.

Flows in: one line as it was read. Flows out: readings of it, folded, the plain one first. A reading only helps to prove
what a line says: a name does not become clinical by it, because all of a reading must be vocabulary.
"""

import re
from collections.abc import Iterator

from curation.image.grammar import split_glued
from curation.image.lexicon import fold, load_lexicon

#: "II" of a type, as OCR reads it.
_ROMAN = re.compile(r"(?<![a-z\d])(?:ll|l1|1l|1i|il|li|i1)(?=[abcd]\s?型?$)")
#: A blank before a decimal point ("TIS0 .6"), and letters inside numbers with a unit ("7.lmm") or digits inside words.
_TORN_NUMBER = re.compile(r"(?<=\d)\s(?=\.\d)")
_LETTER_IN_NUMBER = re.compile(r"(?<=\d\.)[li|](?=\d?\s?[cm]m)")
_DIGIT_IN_WORD = re.compile(r"(?<=[a-z]{2})1(?=[a-z:\s])|(?<=[a-z]{2}l)1|(?<=[a-z]{2})1(?=1[:\s])")
#: "TIS" with its first letter read as another.
_THERMAL = re.compile(r"(?<![a-z])[rf1](?=[il][sbc]\s?[<:]\s?\d\.\d)")
#: Letters that stand for others in short words of their own: "try" for "trv", "lvc" for "ivc", "It" for "lt".
_LOOK_ALIKE = {"try": "trv", "lvc": "ivc", "it": "lt", "ivot": "lvot", "iv": "lv", "lvs": "ivs"}
_WORD = re.compile(rf"(?<![a-z\d])(?:{'|'.join(_LOOK_ALIKE)})(?![a-z\d])")
#: Least length of a word that may be put together from pieces.
_LEAST_LETTERS = 6


def readings(line: str) -> Iterator[str]:
    """Give a line as it was read, then as it may have been meant."""
    plain = fold(line)
    mended = _TORN_NUMBER.sub("", _LETTER_IN_NUMBER.sub("1", _DIGIT_IN_WORD.sub("l", _THERMAL.sub("t", plain))))
    alike = _WORD.sub(lambda found: _LOOK_ALIKE[found.group()], mended)
    yield from dict.fromkeys((plain, fold(split_glued(line)), _ROMAN.sub("ii", plain), mended, alike, _joined(plain)))


def _joined(plain: str) -> str:
    """Put a word together that was read in pieces ("com par i son"), where it is one word of the vocabulary."""
    pieces = plain.split()
    whole = "".join(pieces)
    known = load_lexicon()
    if len(pieces) > 1 and len(whole) >= _LEAST_LETTERS and whole in known.landmarks - known.collisions:
        return whole
    return plain
