"""What models say of open-ended pairs that another model wrote: the verdict of a jury, and of each of its judges.

Source: EchoVLM section 3.1 (AI pre-screening by a pool of models before experts see a sample).
"""

from enum import StrEnum

import pyarrow as pa


class JuryOutcome(StrEnum):
    """What a jury made of a pair that stays."""

    PASS = "pass"  # noqa: S105 - a verdict
    UNSCREENED = "unscreened"


#: What a judge is asked about, beside a score and a reason.
QUESTIONS = ("consistent", "answerable", "safe", "fluent")

#: Table `prescreens`: one row per open-ended pair that stays.
PRESCREEN = pa.schema(
    [
        pa.field("instance_id", pa.string(), False, {"comment": "pair"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("outcome", pa.string(), False, {"comment": "pass; unscreened: too few models other than the author"}),
        pa.field("judges", pa.int16(), False, {"comment": "models that were asked"}),
        pa.field("passed", pa.int16(), False, {"comment": "of them, how many passed it"}),
    ]
)

#: Table `judgements`: one row per judge and pair, also of pairs that were rejected. Nulls: no usable verdict.
JUDGEMENT = pa.schema(
    [
        pa.field("instance_id", pa.string(), False, {"comment": "pair"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("judge", pa.string(), False, {"comment": "endpoint that judged"}),
        pa.field("model", pa.string(), False, {"comment": "its model; never the author's"}),
        pa.field("request_key", pa.string(), False, {"comment": "ledger key of the request"}),
        pa.field("saw_frames", pa.bool_(), False, {"comment": "the masked frames were shown"}),
        pa.field("verdict", pa.string(), True, {"comment": "pass or fail"}),
        *(pa.field(name, pa.bool_(), True, {"comment": "as the judge says"}) for name in QUESTIONS),
        pa.field("score", pa.int16(), True, {"comment": "1 (useless) to 5 (excellent)"}),
        pa.field("reason", pa.string(), True, {"comment": "in the judge's words, at most 200 characters"}),
        pa.field("failure", pa.string(), True, {"comment": "why there is no usable verdict"}),
    ]
)
