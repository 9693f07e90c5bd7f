"""Words that announce identity, and words that may be part of it.

Flows in: text of a region. Flows out: yes or no. Source: phi_cues.csv; collisions.csv.
"""

import re
from functools import lru_cache

from curation.image.lexicon import fold, has_hanzi, load_lexicon


def may_be_name(text: str, side: str) -> bool:
    """Say whether the word at one side of a phrase ("start" or "end") could belong to a name beside it.

    Words that only fill a phrase, words that are also names, and whatever ends in a comma could.
    """
    words = fold(text).split()
    if not words or has_hanzi(text):
        return False
    word = words[0 if side == "start" else -1]
    lexicon = load_lexicon()
    plain = word.strip(" ,.;:/-")
    return word.endswith(",") or len(plain) <= 1 or plain in lexicon.collisions or plain in lexicon.fillers


@lru_cache(maxsize=1)
def _cue_pattern() -> re.Pattern[str]:
    cues = sorted(load_lexicon().cues, key=len, reverse=True)
    latin = "|".join(re.escape(c) for c in cues if not has_hanzi(c))
    hanzi = "|".join(re.escape(c) for c in cues if has_hanzi(c))
    return re.compile(rf"(?<![a-z])(?:{latin})(?![a-z])|(?:{hanzi})")


def holds_cue(text: str) -> bool:
    """Say whether a text holds a PHI cue such as "Name", "ID" or a hospital word."""
    return bool(_cue_pattern().search(fold(text)))
