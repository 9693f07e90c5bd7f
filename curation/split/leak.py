"""Rows whose text is too near a text that must stay unseen: held-out test text, or a benchmark that the user names.

In: texts and the texts that are held out. Out: which of them are near one. The rule is that of deduplication (ROUGE-L
F1 above a threshold, or Simhash within some bits); a stock question says nothing about a case, so of pairs that are
made from reports the answer alone is compared.
Source: EchoVLM section 3.1 (rule); Lee et al. 2022 (near-duplicates between train and test inflate scores).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from curation.dedup.decide import Text
from curation.dedup.memory import Memory
from curation.dedup.rows import NONE
from schemas.config import Deduplicate
from schemas.instruction import KEPT, Task
from schemas.publishing import Release

#: Tasks whose question is one of a bank's: the answer is what they tell.
ANSWER_ONLY = frozenset({Task.REPORT.value, Task.DIAGNOSIS.value, Task.FINDING.value, Task.IMPRESSION.value})

#: Texts that are prepared at a time: a million at once would take a gigabyte.
_BLOCK = 1 << 16


def text_of(task: str, question: str, answer: str) -> str:
    """Give the text of a pair that is compared."""
    return answer if task in ANSWER_ONLY else f"{question}\n{answer}"


def near(texts: Sequence[str], held_out: Sequence[str], config: Release) -> npt.NDArray[np.bool_]:
    """Say of every text whether it is near one that is held out.

    Shapes: result bool[n].
    """
    if not texts or not held_out:
        return np.zeros(len(texts), np.bool_)
    rule = Deduplicate(rouge_threshold=config.near_rouge, simhash_distance=config.near_simhash, against="all")
    others = sorted(set(held_out))
    memory = Memory.of(rule, KEPT.empty_table(), expected=len(others) + len(texts))
    places = range(len(others))
    memory.reread([Text(text) for text in others], [str(at) for at in places], places, places)
    found = np.zeros(len(texts), np.bool_)
    for start in range(0, len(texts), _BLOCK):
        some = [Text(text, joins=False) for text in texts[start : start + _BLOCK]]
        _, decided = memory.decide(some, [f"q{at}" for at in range(len(some))])
        found[start : start + len(some)] = decided.best != NONE
    return found
