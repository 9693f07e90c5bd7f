"""Strategies that make pairs: what the retrospect decided about them, and who signed the templates.

A strategy is a value of a level (a model, a template, a prompt version, a task, a system), or of all five at once.
Source: EchoVLM section 3.1 (where a sample has errors, its strategy or source model is analysed and adjusted).
"""

from enum import StrEnum

import pyarrow as pa


class AuditStep(StrEnum):
    """What was done about a strategy."""

    SUSPENDED = "suspended"
    LEAVES = "leaves"
    REGENERATE = "regenerate"
    REGENERATED = "regenerated"
    LEFT_RELEASE = "left_release"
    LIFTED = "lifted"


#: Table `strategy_audit`: one row per step. The rows ``suspended`` and ``lifted`` decide; the others say what followed.
STRATEGY_AUDIT = pa.schema(
    [
        pa.field("audit_id", pa.string(), False, {"comment": "hash of the decision that the step belongs to"}),
        pa.field("step", pa.string(), False, {"comment": "suspended, leaves, regenerate, regenerated, …"}),
        pa.field("level", pa.string(), False, {"comment": "model, template, prompt_version, task, system or cell"}),
        pa.field("strategy", pa.list_(pa.string()), False, {"comment": "value of the level; of a cell all five"}),
        pa.field("models", pa.list_(pa.string()), False, {"comment": "names under which endpoints offer the model"}),
        pa.field("prompts", pa.list_(pa.string()), False, {"comment": "prompt versions it had when it was suspended"}),
        pa.field("wrong", pa.int64(), True, {"comment": "reviewed pairs that experts did not accept"}),
        pa.field("reviews", pa.int64(), True, {"comment": "reviewed pairs"}),
        pa.field("low", pa.float64(), True, {"comment": "Wilson's 95 % interval of the error rate"}),
        pa.field("high", pa.float64(), True, {"comment": "its upper end"}),
        pa.field("lower", pa.float64(), True, {"comment": "lower bound after Holm's correction"}),
        pa.field("limit", pa.float64(), True, {"comment": "limit that the lower bound exceeds"}),
        pa.field("instances", pa.int64(), True, {"comment": "pairs that the step concerns"}),
        pa.field("detail", pa.string(), True, {"comment": "by whom, or which release; no row content"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code of this warehouse's config"}),
        pa.field("decided_at", pa.timestamp("us", tz="UTC"), False, {"comment": "when"}),
    ]
)

#: Table `template_signatures`: one row per sign-off of a few-shot template by a clinician.
TEMPLATE_SIGNATURE = pa.schema(
    [
        pa.field("template_id", pa.string(), False, {"comment": "few-shot template"}),
        pa.field("template_sha256", pa.string(), False, {"comment": "content that was signed; an edit ends it"}),
        pa.field("reviewer", pa.string(), False, {"comment": "the clinician who answers for it; never published"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code of this warehouse's config"}),
        pa.field("signed_at", pa.timestamp("us", tz="UTC"), False, {"comment": "when"}),
    ]
)
