"""Which objects are surely not in a frame, so that a question about them has the answer no.

In: the annotations of a frame and the systems of its case. Out: words. Not annotated is not absent: only what lies in
another part of the body counts, or a lesion where the picture is labelled normal.
Source: own table of what one frame can show; structures found everywhere (vessels, nerves, cysts) are never absent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from curation.generate.case import draw
from curation.ground.words import Words
from schemas.annotated import Ground
from schemas.grounding import Role

#: A frame that may show a fetus may show all of its organs, and its mother's.
_WITH_FETUS = frozenset({"fetus", "heart", "abdomen", "pelvis"})
#: Parts of the body that a frame of a system may show. The heart beats behind the left breast, whose tissue the
#: parasternal window crosses; fetuses are examined as hearts and kidneys too, and reach the mother's liver; a bladder
#: seen in an examination of kidneys lies on the prostate. Others: anything.
_PARTS: Mapping[str, frozenset[str]] = {
    "thyroid": frozenset({"neck"}),
    "breast": frozenset({"breast", "heart"}),
    "heart": _WITH_FETUS | {"breast"},
    "liver": _WITH_FETUS,
    "kidney": _WITH_FETUS | {"male pelvis"},
    "gynaecology": _WITH_FETUS | {"male pelvis"},
    "obstetrics": _WITH_FETUS,
}
#: Where objects lie that can be told to be absent.
_PLACES: Mapping[str, str] = {
    "thyroid_nodule": "neck",
    "breast_lesion": "breast",
    "left_ventricle": "heart",
    "left_atrium": "heart",
    "right_ventricle": "heart",
    "right_atrium": "heart",
    "liver": "abdomen",
    "gallbladder": "abdomen",
    "gallstone": "abdomen",
    "kidney": "abdomen",
    "kidney_stone": "abdomen",
    "spleen": "abdomen",
    "uterus": "pelvis",
    "ovary": "pelvis",
    "follicle": "pelvis",
    "fibroid": "pelvis",
    "bladder": "pelvis",
    "prostate": "male pelvis",
    "fetal_head": "fetus",
    "fetal_abdomen": "fetus",
}


def absent_from(frame: Mapping[str, Any], words: Words, config: Ground) -> Sequence[str]:
    """Choose objects that are not in a frame, drawn by its id."""
    rows = frame["annotations"]
    normal = any(row["role"] == Role.DIAGNOSIS.value and row["label"] == "normal" for row in rows)
    there = {row["label"] for row in rows if row["role"] == Role.OBJECT.value}
    systems = {*(frame["systems"] or ()), *filter(None, (words.system_of(label) for label in there))}
    absent = {"lesion"} if normal and not there else set()
    if systems and systems <= _PARTS.keys():
        seen = frozenset().union(*(_PARTS[system] for system in systems))
        absent |= {key for key, place in _PLACES.items() if place not in seen}
    ordered = sorted(absent - there - {"lesion"})
    first = draw(config.seed, frame["frame_id"], "absent") % max(1, len(ordered))
    return [*(absent & {"lesion"}), *ordered[first:], *ordered[:first]][: config.absent]
