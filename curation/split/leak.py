"""Rows whose text is too near a text that must stay unseen: held-out test text, or a benchmark that the user names.

In: texts and the texts that are held out. Out: which of them are near one. The rule is that of deduplication (ROUGE-L
F1 above a threshold, or Simhash within some bits); a stock question says nothing about a case, so of pairs that are
made from reports the answer alone is compared.
Source: EchoVLM section 3.1 (rule); Lee et al. 2022 (near-duplicates between train and test inflate scores).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from curation.dedup.deduplicate import Entry, first_match
from schemas.config import Deduplicate
from schemas.instruction import Task
from schemas.publishing import Release

#: Tasks whose question is one of a bank's: the answer is what they tell.
ANSWER_ONLY = frozenset({Task.REPORT.value, Task.DIAGNOSIS.value, Task.FINDING.value, Task.IMPRESSION.value})


def text_of(task: str, question: str, answer: str) -> str:
    """Give the text of a pair that is compared."""
    return answer if task in ANSWER_ONLY else f"{question}\n{answer}"


def near(texts: Sequence[str], held_out: Sequence[str], config: Release) -> npt.NDArray[np.bool_]:
    """Say of every text whether it is near one that is held out."""
    rule = Deduplicate(rouge_threshold=config.near_rouge, simhash_distance=max(config.near_simhash, 0))
    others = [Entry.of(str(at), text) for at, text in enumerate(sorted(set(held_out)))]
    found: dict[str, bool] = {}
    for text in texts:
        if text not in found:
            found[text] = first_match(Entry.of("", text), others, rule) is not None
    return np.array([found[text] for text in texts], np.bool_)
