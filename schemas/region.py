"""Text regions of a frame: where text stood, what it was, what was done. Of the text itself only measured values.

Source: EchoVLM Appendix A, Fig. 4 (sensitive text masked; measurements and landmarks kept).
"""

from dataclasses import dataclass, field
from enum import StrEnum

import pyarrow as pa


class RegionKind(StrEnum):
    """What a text region is."""

    PHI = "phi"
    MEASUREMENT = "measurement"
    LANDMARK = "landmark"
    DEVICE = "device"
    UNKNOWN = "unknown"


class RegionAction(StrEnum):
    """What happened to a text region."""

    MASK = "mask"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class TextRegion:
    """One line of burned-in text.

    Shapes: ``box_px`` is xyxy, half-open, origin top-left. ``text`` never shows in a repr or a log line.
    """

    box_px: tuple[int, int, int, int]
    text: str = field(repr=False)
    score: float = 1.0


#: Table `text_regions`: one row per region and frame.
TEXT_REGION = pa.schema(
    [
        pa.field("frame_id", pa.string(), False, {"comment": "parent frame"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("box_px", pa.list_(pa.int32()), False, {"comment": "x0, y0, x1, y1 half-open"}),
        pa.field("kind", pa.string(), False, {"comment": "phi, measurement, landmark, device, unknown"}),
        pa.field("action", pa.string(), False, {"comment": "mask or keep"}),
        pa.field("rule", pa.string(), False, {"comment": "name of the rule that decided"}),
        pa.field("value_text", pa.string(), True, {"comment": "text of a kept measurement with its value, else null"}),
    ]
)
