"""Near-duplicates among the pairs of one case are seen as they are created, and another sample is asked for.

In: the attempts of a case, in order. Out: those that nearly repeat an earlier one. Bounded: what still repeats after
the last sample stays, and the global pass decides.
Source: EchoVLM section 3.1 (duplicates are discarded during creation: ROUGE-L F1 > 0.7, Simhash distance <= 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz.distance import LCSseq

from curation.dedup.rouge import f1
from curation.dedup.simhash import distance, simhash64
from curation.dedup.tokens import tokenize
from curation.generate.attempt import Attempt
from curation.generate.request import Request
from schemas.config import Generate

ROUGE = 0.7
SIMHASH = 3
#: A model asked again at temperature 0 would say the same.
WARM = 0.7


@dataclass(frozen=True, slots=True)
class _Text:
    """What is compared of a pair."""

    text: str = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    simhash: int

    def repeats(self, other: "_Text") -> bool:
        """Tell whether two texts are near-duplicates."""
        if self.text == other.text:
            return True
        if not self.tokens or not other.tokens:
            return False
        common = LCSseq.similarity(self.tokens, other.tokens)
        alike = f1(common, len(other.tokens), len(self.tokens)) > ROUGE
        return alike or distance(self.simhash, other.simhash) <= SIMHASH


def repeated(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Find the attempts that passed and nearly repeat an earlier one of their case."""
    earlier: list[_Text] = []
    out: list[Attempt] = []
    for attempt in attempts:
        if attempt.failure is not None:
            continue
        text = f"{attempt.question}\n{attempt.answer}"
        this = _Text(text, tuple(tokenize(text)), simhash64(text))
        if any(this.repeats(one) for one in earlier):
            out.append(attempt)
        else:
            earlier.append(this)
    return out


def resampled(request: Request, sample: int, config: Generate) -> Request:
    """Ask for another sample; the first one is the request itself."""
    if not sample:
        return request
    warm = max(config.temperature, WARM)
    return replace(request, sample=sample, seed=config.seed + sample, temperature=warm)
