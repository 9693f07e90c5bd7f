"""Items of suite grounded from a release: component `grounded` of its test split.

In: rows of RELEASED_GROUNDED. Out: items. Questions about what is not there, and about the name of what is in a box,
have no gold that the suite scores: they are passed over. A referring question counts as detection.
"""

from collections.abc import Mapping
from typing import Any

from benchmark.records import Item
from curation.ground.words import Words
from schemas.annotated import Annotate
from schemas.case import Language
from schemas.grounding import GroundedTask

DIAGNOSES = ("normal", "benign", "malignant")
_WORDS = Words(Annotate())


def item_of(row: Mapping[str, Any], release: str, patient: str, images: tuple[bytes, ...]) -> Item | None:
    """Give the item of a pair; None for one that the suite does not score."""
    task = row["task"]
    if row["absent"] or row["shown"]:
        return None
    if task == GroundedTask.REFERRING.value:
        task = GroundedTask.DETECTION.value
    more = {"width_px": row["width_px"], "height_px": row["height_px"], "measurement_gold": row["measurement"]}
    if row["px_mm_x"] is not None and row["px_mm_x"] == row["px_mm_y"]:
        more["px_mm"] = row["px_mm_x"]
    gold: Any = [dict(one) for one in row["objects"]]
    options: tuple[str, ...] = ()
    if task == GroundedTask.DIAGNOSIS.value:
        gold, options = _diagnosis(row)
    return Item(
        row["instance_id"],
        task,
        release,
        gold,
        patient=patient,
        anatomy="|".join(row["systems"]),
        language=row["language"],
        prompt=row["question"],
        options=options,
        more=more,
        images=images,
    )


def _diagnosis(row: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Say the diagnosis, and those it is chosen from, in the language of the pair; a word of the config as it is."""
    language = Language(row["language"])
    if row["diagnosis"] not in DIAGNOSES:
        return row["diagnosis"], ()
    return _WORDS.say(row["diagnosis"], language), tuple(_WORDS.say(key, language) for key in DIAGNOSES)
