"""Columns that the shelf adds to every table, the receipts, and the list of tables.

A chunk of a stage is planned (with its ids), worked on, and done; a stage whose configuration changed opens a new
epoch.
"""

import pyarrow as pa

from schemas.case import CASE, IMAGE, REPORT
from schemas.expert import REVIEW, REVIEW_TASK, UNKNOWN_REVIEW
from schemas.finding import FINDING
from schemas.forgotten import FORGOTTEN
from schemas.grounding import ANNOTATION, FRAME_QUALITY, GROUNDED_PAIR
from schemas.image_hash import FRAME_HASH
from schemas.instruction import BROKEN_RULE, DUPLICATE, GENERATION, INSTRUCTION_PAIR, KEPT, VERDICT
from schemas.judgement import JUDGEMENT, PRESCREEN
from schemas.region import TEXT_REGION
from schemas.reject import REJECT
from schemas.review import MASK_REVIEW
from schemas.strategy import STRATEGY_AUDIT, TEMPLATE_SIGNATURE

#: Added to every row by the shelf.
COMMIT_COLUMNS = (
    pa.field("stage_epoch", pa.int32(), False, {"comment": "how often the stage's configuration had changed"}),
    pa.field("fingerprint", pa.string(), False, {"comment": "what the stage's result depends on, hashed"}),
    pa.field("chunk_id", pa.string(), False, {"comment": "chunk that committed the row"}),
)

#: Table `receipts`: the journal of every stage. ``state`` is opened, cleared, planned or done.
RECEIPT = pa.schema(
    [
        pa.field("stage", pa.string(), False, {"comment": "stage"}),
        pa.field("stage_epoch", pa.int32(), False, {"comment": "epoch of the stage"}),
        pa.field("fingerprint", pa.string(), False, {"comment": "configuration fingerprint of the epoch"}),
        pa.field("chunk_id", pa.string(), False, {"comment": "chunk, empty for opened and cleared"}),
        pa.field("state", pa.string(), False, {"comment": "opened, cleared, planned, done"}),
        pa.field("ids", pa.list_(pa.string()), False, {"comment": "input ids of a planned chunk"}),
        pa.field("kept", pa.int64(), False, {"comment": "rows kept, when done"}),
        pa.field("rejected", pa.int64(), False, {"comment": "rows rejected, when done"}),
    ]
)

#: Table `releases`: one row per published release and unit.
RELEASE = pa.schema(
    [
        pa.field("release", pa.string(), False, {"comment": "name"}),
        pa.field("unit", pa.string(), False, {"comment": "image, report or pair"}),
        pa.field("kept", pa.int64(), False, {"comment": "rows published"}),
        pa.field("rejected", pa.int64(), False, {"comment": "rows not published"}),
        pa.field("reason", pa.string(), True, {"comment": "why rows were not published"}),
        pa.field("content_sha256", pa.string(), False, {"comment": "hash over all shard hashes"}),
        pa.field("known_phi", pa.string(), True, {"comment": "keyed code of all PHI that was looked for in its rows"}),
    ]
)

#: Every table of the shelf (`rejects` and `receipts` are written by all stages, `mask_reviews` by reviews).
TABLES: dict[str, pa.Schema] = {
    "cases": CASE,
    "images": IMAGE,
    "text_regions": TEXT_REGION,
    "reports": REPORT,
    "findings": FINDING,
    "instruction_pairs": INSTRUCTION_PAIR,
    "generations": GENERATION,
    "twin_frames": IMAGE,
    "verdicts": VERDICT,
    "broken_rules": BROKEN_RULE,
    "dedup_pool": KEPT,
    "duplicates": DUPLICATE,
    "prescreens": PRESCREEN,
    "judgements": JUDGEMENT,
    "frame_hashes": FRAME_HASH,
    "annotations": ANNOTATION,
    "grounded_pairs": GROUNDED_PAIR,
    "frame_quality": FRAME_QUALITY,
    "rejects": REJECT,
    "mask_reviews": MASK_REVIEW,
    "review_tasks": REVIEW_TASK,
    "reviews": REVIEW,
    "unknown_reviews": UNKNOWN_REVIEW,
    "forgotten": FORGOTTEN,
    "strategy_audit": STRATEGY_AUDIT,
    "template_signatures": TEMPLATE_SIGNATURE,
}


def shelved(name: str) -> pa.Schema:
    """Give the full schema of a table as it stands on the shelf."""
    if name == "receipts":
        return RECEIPT
    if name == "releases":
        return RELEASE
    schema = TABLES[name]
    for column in COMMIT_COLUMNS:
        schema = schema.append(column)
    return schema
