"""The pairs of one frame, made of its annotations by code alone.

In: checked annotations of a frame (rows of ANNOTATION), words. Out: rows of GROUNDED_PAIR without rationale. Every
coordinate and number is computed; wordings are drawn by a seeded number from the id of the pair.
Source: UMind-DS (segmentation, detection, measurement, keypoints, diagnosis); absent objects against the habit of
saying yes (POPE, Li 2023).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curation.generate.case import draw
from curation.generate.prompts.grounded import Grounded
from curation.ground.absent import absent_from
from curation.ground.masks import rle_of
from curation.ground.outline import simplified
from curation.ground.words import Words
from schemas.annotated import Ground
from schemas.case import Language
from schemas.grounded_form import BBOX, POINT, POLYGON, REF, in_px
from schemas.grounding import GroundedTask, Role
from schemas.instruction import Tier
from schemas.rings import mask_of_rings

Row = Mapping[str, Any]
_OBJECT, _DIAGNOSIS = Role.OBJECT.value, Role.DIAGNOSIS.value
#: Circumference by a fitted ellipse is asked of what is measured so: head and abdomen of a fetus.
_BY_ELLIPSE = frozenset({"fetal_head", "fetal_abdomen"})
#: Values from here on are written without decimals; how far a written value may lie from the computed one.
_WHOLE, _ROUNDING = 100, 0.01
_COMMA = {Language.EN: ", ", Language.ZH: "、"}
_NEXT = {Language.EN: "; ", Language.ZH: "；"}


@dataclass(frozen=True, slots=True)
class Means:
    """What pairs are made with."""

    config: Ground
    words: Words
    prompts: Grounded
    tier: Tier = Tier.RESEARCH


@dataclass(frozen=True, slots=True)
class _Draft:
    """A pair before it is worded."""

    kind: str
    task: GroundedTask
    list_form: str
    objects: Sequence[Row]
    shown: Sequence[Row] = ()
    slots: Mapping[str, str] | None = None
    more: Mapping[str, Any] | None = None


def pairs_of(frame: Row, means: Means) -> list[dict[str, Any]]:
    """Make all pairs of a frame (a row of GROUND_INPUT), in a fixed order."""
    if not frame["annotations"]:
        return []
    language = language_of(frame, means.config)
    numbers: dict[str, int] = {}
    found = []
    common = {
        **{name: frame[name] for name in ("case_id", "site", "systems")},
        **{name: frame["annotations"][0][name] for name in ("width_px", "height_px")},
        **_pixel_size(frame),
        "language": language.value,
        "frame_ids": [frame["frame_id"]],
        "absent": False,
        "tier": means.tier.value,
    }
    for draft in _drafts(frame, language, means):
        number = numbers[draft.task] = numbers.get(draft.task, -1) + 1
        found.append(common | _worded(draft, f"{frame['frame_id']}/{draft.task}-{number:02d}", language, means))
    return found


def language_of(frame: Row, config: Ground) -> Language:
    """Give the language of a frame's pairs: one for all, else that of the report, else English."""
    chosen = frame["language"] if config.language == "case" else config.language
    return Language.ZH if chosen == Language.ZH.value else Language.EN


def _drafts(frame: Row, language: Language, means: Means) -> Iterator[_Draft]:
    rows = frame["annotations"]
    objects = [row for row in rows if row["role"] == _OBJECT]
    boxed = [row for row in objects if row["bbox_xyxy_px"] is not None]
    labels = list(dict.fromkeys(row["label"] for row in objects))
    if boxed:
        yield _detection(boxed, language, means)
    for label in labels:
        own = [row for row in objects if row["label"] == label]
        yield from _of_label(label, own, language, means)
    alone = [row for row in boxed if sum(_overlap(row, other) for other in boxed) == 1]
    if alone:
        row = alone[draw(means.config.seed, frame["frame_id"], "region") % len(alone)]
        it = _boxed(row, language, means)
        yield _Draft("region", GroundedTask.REFERRING, REF, [it], [it], {"where": BBOX})
    yield from _measurements(frame, objects, language, means)
    for row in rows:
        if row["role"] == _DIAGNOSIS:
            said = {"label": means.words.say(row["label"], language)}
            yield _Draft("diagnosis", GroundedTask.DIAGNOSIS, "", [], slots=said, more={"diagnosis": row["label"]})
            break
    for key in absent_from(frame, means.words, means.config):
        said = {"label": means.words.say(key, language)}
        yield _Draft("absent", GroundedTask.REFERRING, "", [], slots=said, more={"absent": True})


def _detection(rows: Sequence[Row], language: Language, means: Means) -> _Draft:
    listed = _COMMA[language].join([f"{REF} {BBOX}"] * len(rows))
    return _Draft("detection", GroundedTask.DETECTION, listed, [_boxed(row, language, means) for row in rows])


def _of_label(label: str, rows: Sequence[Row], language: Language, means: Means) -> Iterator[_Draft]:
    """Ask for the boxes, the outlines and the keypoints of one kind of object."""
    said = means.words.say(label, language)
    boxed = [_boxed(row, language, means) for row in rows if row["bbox_xyxy_px"] is not None]
    if boxed:
        listed = _COMMA[language].join([BBOX] * len(boxed))
        yield _Draft("referring", GroundedTask.REFERRING, listed, boxed, slots={"label": said})
    outlined = [_outlined(row, language, means) for row in rows if row["polygon_px"]]
    if outlined:
        listed = _COMMA[language].join([POLYGON] * len(outlined))
        yield _Draft("segmentation", GroundedTask.SEGMENTATION, listed, outlined, slots={"label": said})
    for row in rows:
        if points := [point for point in row["keypoints"] or () if point["visible"]]:
            yield _keypoints(row, points, said, language, means)


def _keypoints(row: Row, points: Sequence[Row], said: str, language: Language, means: Means) -> _Draft:
    spoken = [{**point, "name": means.words.say(point["name"], language)} for point in points]
    listed = _NEXT[language].join([POINT] * len(spoken))
    names = _COMMA[language].join(point["name"] for point in spoken)
    one = {**_boxed(row, language, means), "keypoints": spoken}
    return _Draft("keypoint", GroundedTask.KEYPOINT, listed, [one], slots={"label": said, "labels": names})


def _measurements(frame: Row, objects: Sequence[Row], language: Language, means: Means) -> Iterator[_Draft]:
    """Ask for lengths and areas in mm, and angles, of objects that their label alone names; a few of many."""
    labels = [row["label"] for row in objects]
    found = [(row, one) for row in objects if labels.count(row["label"]) == 1 for one in askable(row)]
    first = draw(means.config.seed, frame["frame_id"], "measures") % max(1, len(found))
    for row, one in [*found[first:], *found[:first]][: means.config.measures_per_frame]:
        slots = {
            "label": means.words.say(row["label"], language),
            "measure": means.words.say(one["name"], language),
            "value": written(one),
        }
        place = {**_boxed(row, language, means), "keypoints": []}
        yield _Draft("measurement", GroundedTask.MEASUREMENT, "", [place], slots=slots, more={"measurement": one})


def askable(row: Row) -> list[dict[str, Any]]:
    """List the measures of an object that have a unit of the world: no px."""
    return [
        one
        for one in row["geometry"]
        if not one["unit"].startswith("px") and (one["name"] != "circumference" or row["label"] in _BY_ELLIPSE)
    ]


def written(one: Row) -> str:
    """Write a measure as answers do: one decimal, none from 100 on, more where rounding would cost above 1 %."""
    value = one["value"]
    places = 0 if abs(value) >= _WHOLE else 1
    while abs(round(value, places) - value) > _ROUNDING * abs(value):
        places += 1
    return f"{value:.{places}f}{'' if one['unit'] == '°' else ' '}{one['unit']}"


def _boxed(row: Row, language: Language, means: Means) -> dict[str, Any]:
    label = means.words.say(row["label"], language)
    return {"label": label, "bbox_xyxy_px": row["bbox_xyxy_px"], "polygon_px": None, "rle": None, "keypoints": []}


def _outlined(row: Row, language: Language, means: Means) -> dict[str, Any]:
    rings = simplified(row["polygon_px"], means.config.polygon_points)
    rle = row["rle"]
    if rle is None and rings != row["polygon_px"]:
        rle = rle_of(mask_of_rings(row["polygon_px"], row["width_px"], row["height_px"]))
    return {**_boxed(row, language, means), "polygon_px": rings, "rle": rle}


def _overlap(row: Row, other: Row) -> bool:
    a, b = row["bbox_xyxy_px"], other["bbox_xyxy_px"]
    return bool(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])


def _worded(draft: _Draft, instance_id: str, language: Language, means: Means) -> dict[str, Any]:
    number = draw(means.config.seed, instance_id)
    slots = {"list": draft.list_form, **(draft.slots or {})}
    question = means.prompts.questions.bank(draft.kind).pick(language, number, **slots)
    answer = means.prompts.answers.bank(draft.kind).pick(language, number // 1009, **slots)
    answer = answer[:1].upper() + answer[1:]
    row = {
        "instance_id": instance_id,
        "task": str(draft.task),
        "question": in_px(question, draft.shown),
        "answer": in_px(answer, draft.objects),
        "question_form": question,
        "answer_form": answer,
        "shown": list(draft.shown),
        "objects": list(draft.objects),
    }
    return {**row, **(draft.more or {})}


def _pixel_size(frame: Row) -> dict[str, float | None]:
    """Give the size of a pixel where all annotations of the frame agree on it."""
    told = {(row["px_mm_x"], row["px_mm_y"]) for row in frame["annotations"] if row["px_mm_x"] is not None}
    size = next(iter(told)) if len(told) == 1 else (None, None)
    return {"px_mm_x": size[0], "px_mm_y": size[1]}
