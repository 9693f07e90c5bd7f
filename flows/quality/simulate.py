"""The retrospect on simulated reviews whose truth is known: one bad model among good ones.

Flows in: seeds. Flows out: how often the bad model, and how often a good strategy, is suspended.
"""

import random
from dataclasses import dataclass

from curation.quality.retrospect import LEVELS, Reviewed, retrospect, suspended

_VALUES = {
    "template": [f"template-{number:02d}" for number in range(21)],
    "prompt_version": ["1", "2"],
    "task": ["vqa", "caption", "single_choice"],
    "system": ["liver", "kidney", "thyroid", "vessel", "gynaecology", "heart", "breast"],
}
BAD, GOOD = "model-a", ("model-b", "model-c")
_GUILTY = ("model", (BAD,))


@dataclass(frozen=True, slots=True)
class Simulated:
    """In how many runs the bad model was suspended, and in how many a good model or any other strategy was."""

    runs: int
    bad_suspended: int
    others_suspended: int


def reviews(seed: int, *, n: int = 2000, bad: float = 0.15, good: float = 0.02) -> list[Reviewed]:
    """Draw the reviews of one sample."""
    rng = random.Random(seed)
    out = []
    for _ in range(n):
        model = rng.choice((BAD, *GOOD))
        strategy = {"model": model} | {level: rng.choice(values) for level, values in _VALUES.items()}
        out.append(
            Reviewed({level: strategy[level] for level in LEVELS}, rng.random() < (bad if model == BAD else good))
        )
    return out


def simulate(runs: int, *, first_seed: int = 0, n: int = 2000) -> Simulated:
    """Run the retrospect on as many samples as asked for."""
    bad = good = 0
    for seed in range(first_seed, first_seed + runs):
        found = {(rate.level, rate.strategy) for rate in suspended(retrospect(reviews(seed, n=n)))}
        bad += _GUILTY in found
        good += bool(found - {_GUILTY})
    return Simulated(runs, bad, good)
