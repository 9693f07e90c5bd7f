"""What the report of a case states: multi-label findings and diagnoses, by the vocabularies of `prompts/vocabulary`."""

import pyarrow as pa

from schemas.case import REPORT

#: What tag reads: a scrubbed report beside the systems of its case.
TAG_INPUT = pa.schema(
    [
        *(REPORT.field(name) for name in ("case_id", "site", "language", "findings", "impression")),
        pa.field("systems", pa.list_(pa.string()), False, {"comment": "anatomical systems of the case"}),
    ]
)

#: Table `findings`: one row per scrubbed report.
FINDING = pa.schema(
    [
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field(
            "findings", pa.list_(pa.string()), False, {"comment": "signs stated as present: system/term, English"}
        ),
        pa.field("diagnoses", pa.list_(pa.string()), False, {"comment": "diagnoses stated: system/term, English"}),
        pa.field("doubtful", pa.list_(pa.string()), False, {"comment": "terms that the report leaves open"}),
        pa.field("denied", pa.list_(pa.string()), False, {"comment": "terms that the report says are absent"}),
    ]
)
