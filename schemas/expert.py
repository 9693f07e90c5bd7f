"""Expert reviews of instruction pairs: which pairs experts look at, what they say, and what cannot be used.

A review holds for the text that the expert read: tasks and reviews carry its hash.
Source: EchoVLM section 3.1 (samples of the open-ended set go to clinical experts).
"""

import hashlib
from enum import StrEnum

import pyarrow as pa


class ExpertVerdict(StrEnum):
    """What an expert says of a pair: right, to be put right, or wrong."""

    ACCEPT = "accept"
    FIX = "fix"
    REJECT = "reject"


class ExpertError(StrEnum):
    """What is wrong with a pair: the kinds of errors that can be planted, and those that only a person sees."""

    NUMBER = "number"
    UNIT = "unit"
    SIDE = "side"
    ORGAN = "organ"
    GRADE = "grade"
    NEGATION = "negation"
    NATURE = "nature"
    FINDING = "finding"
    LANGUAGE = "language"
    SOURCE = "source"
    PHI = "phi"
    REFUSAL = "refusal"
    UNSAFE = "unsafe"
    UNANSWERABLE = "unanswerable"
    OMISSION = "omission"
    WORDING = "wording"
    OTHER = "other"


class ReviewSource(StrEnum):
    """How a review came in."""

    LABEL_STUDIO = "label_studio"
    CSV = "csv"


def text_sha256(question: str, answer: str) -> str:
    """Hash the text of a pair, which a review is about."""
    return hashlib.sha256(f"{question}\x1f{answer}".encode()).hexdigest()


#: Instead of a comment that could not be scrubbed.
WITHHELD = "[WITHHELD]"

#: Table `review_tasks`: one row per pair that experts are asked about. ``sealed`` says whether an error was planted.
REVIEW_TASK = pa.schema(
    [
        pa.field("task_id", pa.string(), False, {"comment": "keyed code; says nothing about the pair"}),
        pa.field("sample", pa.string(), False, {"comment": "name of the sample"}),
        pa.field("instance_id", pa.string(), False, {"comment": "pair"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("position", pa.int32(), False, {"comment": "place in the order of the sample"}),
        pa.field("readers", pa.int16(), False, {"comment": "how many experts are asked: 1 or 2"}),
        pa.field("stratum", pa.list_(pa.string()), False, {"comment": "system, task, model, template"}),
        pa.field("sealed", pa.binary(), False, {"comment": "encrypted: the kind of planted error, if any"}),
        pa.field("text_sha256", pa.string(), True, {"comment": "hash of the pair's text; null in older samples"}),
    ]
)

#: Table `reviews`: one row per task and reviewer; a changed mind replaces the row.
REVIEW = pa.schema(
    [
        pa.field("review_id", pa.string(), False, {"comment": "hash of task and reviewer"}),
        pa.field("task_id", pa.string(), False, {"comment": "task of the sample"}),
        pa.field("instance_id", pa.string(), False, {"comment": "pair"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("reviewer", pa.string(), False, {"comment": "code of the reviewer, never a name"}),
        pa.field("verdict", pa.string(), False, {"comment": "accept, fix or reject"}),
        pa.field("errors", pa.list_(pa.string()), False, {"comment": "words of the error taxonomy"}),
        pa.field("comment", pa.string(), True, {"comment": "free text of the reviewer, scrubbed; never published"}),
        pa.field("attention", pa.bool_(), False, {"comment": "an error was planted: says nothing about the pair"}),
        pa.field("reviewed_at", pa.timestamp("us", tz="UTC"), False, {"comment": "when the reviewer decided"}),
        pa.field("source", pa.string(), False, {"comment": "label_studio or csv"}),
        pa.field("text_sha256", pa.string(), True, {"comment": "hash of the text that was read; null: not known"}),
    ]
)

#: Table `unknown_reviews`: reviews that belong to no task or to a pair that has left. Without free text: it cannot be
#: scrubbed where the case is not known.
UNKNOWN_REVIEW = pa.schema(
    [
        pa.field("review_id", pa.string(), False, {"comment": "hash of task and reviewer"}),
        pa.field("task_id", pa.string(), False, {"comment": "as it was given; hashed where it is no code of ours"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code of this warehouse's config"}),
        pa.field("reviewer", pa.string(), False, {"comment": "code of the reviewer"}),
        pa.field("verdict", pa.string(), False, {"comment": "accept, fix or reject"}),
        pa.field("errors", pa.list_(pa.string()), False, {"comment": "words of the error taxonomy"}),
        pa.field("reviewed_at", pa.timestamp("us", tz="UTC"), False, {"comment": "when the reviewer decided"}),
        pa.field("source", pa.string(), False, {"comment": "label_studio or csv"}),
        pa.field("why", pa.string(), False, {"comment": "unknown_task or pair_has_left"}),
    ]
)
