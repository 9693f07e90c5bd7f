"""The expert sample: which pairs experts look at, each stratum in proportion, the same for the same seed.

In: pairs with their strata. Out: ``Drawn`` pairs: whom two experts look at, and in which an error is to be planted.
Strata are system, task, model and template. A stratum is never left out while there is room for all of them.
Source: Webster, 1832, as Sainte-Lague 1910 (proportional seats by highest quotients); EchoVLM section 3.1 (40,000
random samples to experts).
"""

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that may be drawn."""

    instance_id: str
    stratum: Stratum


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to draw. Shares are of the pairs that are drawn."""

    n: int
    seed: int
    double_share: float
    attention_share: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A pair that was drawn, and how many experts look at it."""

    instance_id: str
    stratum: Stratum
    readers: int


def drawn_number(*of: object) -> int:
    """Draw a number from a hash: it depends on the words alone, never on the order of rows."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, of)).encode()).digest()[:8])


def allocate(sizes: Mapping[Stratum, int], n: int) -> dict[Stratum, int]:
    """Share ``n`` places among strata in proportion to their sizes; each gets one first, the largest first."""
    given = dict.fromkeys(sizes, 0)
    for stratum in sorted(sizes, key=lambda one: (-sizes[one], one))[:n]:
        given[stratum] = min(1, sizes[stratum])
    heap = [(-sizes[one] / (2 * given[one] + 1), one) for one in sizes if given[one] < sizes[one]]
    heapq.heapify(heap)
    for _ in range(min(n, sum(sizes.values())) - sum(given.values())):
        _, stratum = heapq.heappop(heap)
        given[stratum] += 1
        if given[stratum] < sizes[stratum]:
            heapq.heappush(heap, (-sizes[stratum] / (2 * given[stratum] + 1), stratum))
    return given


def draw(candidates: Sequence[Candidate], plan: Plan) -> list[Drawn]:
    """Draw pairs, each stratum in proportion, in an order that mixes the strata; all of them where they are few."""
    strata: dict[Stratum, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        strata[candidate.stratum].append(candidate)
    places = allocate({stratum: len(found) for stratum, found in strata.items()}, plan.n)
    chosen = [one for stratum, found in strata.items() for one in _shuffled(found, plan.seed)[: places[stratum]]]
    twice = round(plan.double_share * len(chosen))
    order = sorted(chosen, key=lambda one: drawn_number("double", plan.seed, one.instance_id))
    doubled = {one.instance_id for one in order[:twice]}
    ordered = sorted(chosen, key=lambda one: drawn_number("order", plan.seed, one.instance_id))
    return [Drawn(one.instance_id, one.stratum, 1 + (one.instance_id in doubled)) for one in ordered]


def checks_of(candidates: Sequence[Candidate], drawn: Sequence[Drawn], plan: Plan) -> list[Candidate]:
    """List pairs for attention checks in the order to try them: those that were not drawn first."""
    taken = {one.instance_id for one in drawn}
    others = [one for one in candidates if one.instance_id not in taken]
    return [
        *_shuffled(others, f"{plan.seed} attention"),
        *_shuffled([one for one in candidates if one.instance_id in taken], f"{plan.seed} attention"),
    ]


def n_checks(drawn: int, plan: Plan) -> int:
    """Say how many attention checks are added to so many pairs; at least one where any are wanted."""
    return max(1, round(plan.attention_share * drawn)) if plan.attention_share and drawn else 0


def _shuffled(candidates: Sequence[Candidate], seed: object) -> list[Candidate]:
    return sorted(candidates, key=lambda one: (drawn_number("draw", seed, one.instance_id), one.instance_id))
