"""What a release publishes beside images, reports and pairs: cases in coarse attributes, and rows to train on.

Source: EchoVLM section 3.1: stage I aligns key frames with their reports, stage II tunes on instruction pairs.
"""

import pyarrow as pa

from schemas.case import IMAGE
from schemas.grounding import GROUNDED_PAIR
from schemas.instruction import INSTRUCTION_PAIR

#: Component `cases` of a release: no exact age; what fewer than k patients share is null (or left out of a list).
RELEASED_CASE = pa.schema(
    [
        pa.field("case_id", pa.string(), False, {"comment": "keyed pseudonym"}),
        pa.field("patient_key", pa.string(), False, {"comment": "keyed pseudonym of the patient: resample by it"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("systems", pa.list_(pa.string()), False, {"comment": "anatomical systems, multi-label"}),
        pa.field("sex", pa.string(), True, {"comment": "F, M, O; null: unknown or suppressed"}),
        pa.field("age_band", pa.string(), True, {"comment": "ten years, 90+; null: unknown or suppressed"}),
        pa.field(
            "findings", pa.list_(pa.string()), False, {"comment": "signs that at least k patients of the site share"}
        ),
        pa.field("diagnoses", pa.list_(pa.string()), False, {"comment": "diagnoses, likewise"}),
        pa.field("suppressed", pa.list_(pa.string()), False, {"comment": "columns with a value that was suppressed"}),
    ]
)

_LEVEL = pa.field("quality_level", pa.string(), True, {"comment": "high, medium, low; null: not judged"})
#: Component `images`: frames with the level that a model gave them.
RELEASED_IMAGE = pa.schema([*IMAGE, _LEVEL])
#: Component `grounded`: grounded pairs with what review and rating added.
RELEASED_GROUNDED = pa.schema(
    [
        *GROUNDED_PAIR,
        pa.field("rationale_verified_by", pa.string(), True, {"comment": "code of an expert who accepted the pair"}),
        _LEVEL,
    ]
)

#: Views `stage1`, `stage2` and `test`: rows to train or test on; a row repeats as its system's weight says.
VIEW_ROW = pa.schema(
    [
        pa.field("row_id", pa.string(), False, {"comment": "instance_id of a pair, case_id of a report"}),
        *(INSTRUCTION_PAIR.field(name) for name in ("case_id", "site", "systems", "language")),
        pa.field("task", pa.string(), False, {"comment": "task of the pair; alignment for a report with its frames"}),
        pa.field("form", pa.string(), True, {"comment": "open or closed; null for alignment"}),
        pa.field("question", pa.string(), True, {"comment": "instruction; null for alignment"}),
        pa.field("answer", pa.string(), False, {"comment": "answer; findings and impression for alignment"}),
        pa.field("frame_ids", pa.list_(pa.string()), False, {"comment": "key frames, in component images"}),
        pa.field("repeat", pa.int32(), False, {"comment": "0 for the first copy of a row, then 1, 2, …"}),
    ]
)
