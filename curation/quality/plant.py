"""Planted errors: a clean pair becomes a false one of a known kind, to measure who finds it.

In: a clean pair and a seeded generator. Out: the changed answer, or None where the kind does not apply.
Source: the error kinds of expert review; alterations of single facts are those of the judge task.
"""

import random
import re
from collections.abc import Callable

from curation.quality import plant_facts as facts
from curation.quality.clean_pair import CleanPair
from curation.quality.plant_words import INVENTED, OTHER, PHI, REFUSALS, SOURCES
from schemas.case import Language
from schemas.expert import ExpertError

_Planter = Callable[[CleanPair, random.Random], str | None]


def plant(pair: CleanPair, kind: ExpertError, rng: random.Random) -> str | None:
    """Change the answer of a clean pair; None where it holds nothing of the kind."""
    changed = _PLANTERS[kind](pair, rng)
    return changed if changed and changed != pair.answer else None


def _finding(pair: CleanPair, rng: random.Random) -> str | None:
    free = [text for word, text in INVENTED[pair.language] if not re.search(word, pair.report, re.IGNORECASE)]
    added = facts.one_of(rng, free)
    return added and f"{pair.answer.rstrip('.。 ')}{'. ' if pair.language is Language.EN else '。'}{added}"


def _language(pair: CleanPair, _rng: random.Random) -> str | None:
    """Give the translation, if it is long enough to have a language."""
    return (
        pair.translation
        if len(re.findall(r"[a-zA-Z]{2,}|[\u3400-\u9fff]", pair.translation)) > 3
        else OTHER[pair.language]
    )


def _source(pair: CleanPair, rng: random.Random) -> str | None:
    lead = rng.choice(SOURCES[pair.language])
    return lead + (pair.answer[:1].lower() + pair.answer[1:] if lead.endswith(" ") else pair.answer)


def _phi(pair: CleanPair, rng: random.Random) -> str | None:
    return pair.answer + rng.choice(PHI[pair.language])


def _refusal(pair: CleanPair, rng: random.Random) -> str | None:
    return rng.choice(REFUSALS[pair.language])


_PLANTERS: dict[ExpertError, _Planter] = {
    ExpertError.NUMBER: facts.number,
    ExpertError.UNIT: facts.unit,
    ExpertError.SIDE: facts.side,
    ExpertError.ORGAN: facts.organ,
    ExpertError.GRADE: facts.grade,
    ExpertError.NEGATION: facts.negation,
    ExpertError.NATURE: facts.nature,
    ExpertError.FINDING: _finding,
    ExpertError.LANGUAGE: _language,
    ExpertError.SOURCE: _source,
    ExpertError.PHI: _phi,
    ExpertError.REFUSAL: _refusal,
}
#: Kinds of errors that can be planted; the first seven contradict the report.
PLANTABLE = tuple(_PLANTERS)
CONTRADICTIONS = PLANTABLE[:7]
