"""Reviews of doubtful boxes: what a human decided about a masked region and what came of it. Never text.

Source: spec, Images, rule 9: doubtful boxes stay masked; review only unmasks.
"""

from enum import StrEnum

import pyarrow as pa

#: Rule of a region that a reviewer unmasked.
REVIEWED = "reviewed"


class ReviewDecision(StrEnum):
    """What a reviewer says of a masked box."""

    KEEP = "keep"
    MASK = "mask"


class ReviewOutcome(StrEnum):
    """What came of a decision."""

    APPLIED = "applied"
    STAYS_MASKED = "stays_masked"
    ALREADY_VISIBLE = "already_visible"  # a box that was unmasked before; masking needs a new run of desensitize
    REFUSED_KNOWN_PHI = "refused_known_phi"
    REFUSED_IDENTIFIER = "refused_identifier"  # a date, clock time, long number or age over 89
    REFUSED_BESIDE_PHI = "refused_beside_phi"  # shares pixels with identity, or with a box that a human left masked
    REFUSED_SOURCE_CHANGED = "refused_source_changed"  # the source image is gone or is no longer the published one


#: Table `mask_reviews`: one row per decision, written before the decision takes effect.
MASK_REVIEW = pa.schema(
    [
        pa.field("frame_id", pa.string(), False, {"comment": "frame that the box belongs to"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("box_px", pa.list_(pa.int32()), False, {"comment": "x0, y0, x1, y1 half-open"}),
        pa.field("rule", pa.string(), False, {"comment": "rule that had masked the box"}),
        pa.field("decision", pa.string(), False, {"comment": "keep or mask"}),
        pa.field("reviewer", pa.string(), False, {"comment": "code of the reviewer, never a name"}),
        pa.field("decided_at", pa.timestamp("us", tz="UTC"), False, {"comment": "when the reviewer decided"}),
        pa.field("outcome", pa.string(), False, {"comment": "applied, stays_masked, already_visible, refused_…"}),
    ]
)
