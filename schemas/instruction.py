"""Instruction pairs and their provenance.

Source: EchoVLM section 3.1 and Appendix A (open-ended, closed-ended, report and diagnosis pairs).
"""

from enum import StrEnum

import pyarrow as pa

from schemas.case import REPORT


class Task(StrEnum):
    """What a pair asks for."""

    REPORT = "report"
    DIAGNOSIS = "diagnosis"
    VQA = "vqa"
    CAPTION = "caption"
    FINDING = "finding"
    IMPRESSION = "impression"
    JUDGE = "judge"
    SINGLE_CHOICE = "single_choice"


class Form(StrEnum):
    """Who wrote the answer: the report (closed), or a model (open)."""

    OPEN = "open"
    CLOSED = "closed"


class Tier(StrEnum):
    """What a pair or a release may be used for."""

    DEMO = "demo"
    RESEARCH = "research"
    PRODUCTION = "production"


#: Behind the id of a pair: the same question and answer, on frames where measured values are masked.
TWIN = "/twin"

#: What generate reads: a scrubbed report with the systems and the published key frames of its case.
GENERATE_INPUT = pa.schema(
    [
        *REPORT,
        pa.field("systems", pa.list_(pa.string()), False, {"comment": "anatomical systems of the case"}),
        pa.field("frame_ids", pa.list_(pa.string()), False, {"comment": "key frames of the case, in order"}),
        pa.field("value_texts", pa.list_(pa.list_(pa.string())), True, {"comment": "value_text of each key frame"}),
    ]
)

#: Table `instruction_pairs`: one row per generated instance with everything needed to trace it.
INSTRUCTION_PAIR = pa.schema(
    [
        pa.field("instance_id", pa.string(), False, {"comment": "case_id/task-form-NN"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("systems", pa.list_(pa.string()), False, {"comment": "anatomical systems of the case"}),
        pa.field("language", pa.string(), False, {"comment": "en or zh"}),
        pa.field("task", pa.string(), False, {"comment": "report, diagnosis, vqa, …"}),
        pa.field("form", pa.string(), False, {"comment": "open or closed"}),
        pa.field("question", pa.string(), False, {"comment": "instruction"}),
        pa.field("answer", pa.string(), False, {"comment": "answer; for closed-ended VQA a span of the report"}),
        pa.field("frame_ids", pa.list_(pa.string()), False, {"comment": "key frames the pair is about"}),
        pa.field("source_section", pa.string(), True, {"comment": "findings or impression, closed-ended only"}),
        pa.field("source_start", pa.int32(), True, {"comment": "answer offset in the section, code points, half-open"}),
        pa.field("source_end", pa.int32(), True, {"comment": "answer end in the section"}),
        pa.field("template_id", pa.string(), True, {"comment": "few-shot template"}),
        pa.field("prompt_sha256", pa.string(), True, {"comment": "content hash of the prompt text"}),
        pa.field("model", pa.string(), True, {"comment": "author model; null for pairs made from the report by code"}),
        pa.field("endpoint", pa.string(), True, {"comment": "endpoint name"}),
        pa.field("request_key", pa.string(), True, {"comment": "ledger key of the authoring request"}),
        pa.field("tier", pa.string(), False, {"comment": "demo, research or production"}),
        pa.field("answer_visible_in_image", pa.bool_(), False, {"comment": "all measured values stand on its frames"}),
        pa.field("twin_of", pa.string(), True, {"comment": "pair of which this is the twin without values in view"}),
    ]
)

#: Table `generations`: one row per request that was answered, in the order of its case.
GENERATION = pa.schema(
    [
        pa.field("request_key", pa.string(), False, {"comment": "sha256 of the canonical request"}),
        pa.field("case_id", pa.string(), False, {"comment": "case the request was about"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("purpose", pa.string(), False, {"comment": "question, choose, round_trip, open"}),
        pa.field("endpoint", pa.string(), False, {"comment": "endpoint name"}),
        pa.field("model", pa.string(), False, {"comment": "model name as answered"}),
        pa.field("prompt_tokens", pa.int32(), True, {"comment": "as reported by the endpoint"}),
        pa.field("completion_tokens", pa.int32(), True, {"comment": "as reported by the endpoint"}),
    ]
)

#: Table `verdicts`: one row per pair that was checked and passed.
VERDICT = pa.schema(
    [
        pa.field("instance_id", pa.string(), False, {"comment": "pair"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("verdict", pa.string(), False, {"comment": "pass"}),
        pa.field("rules", pa.list_(pa.string()), False, {"comment": "rules that were applied"}),
    ]
)

#: Table `broken_rules`: one row per rule that a rejected pair breaks. Offsets are half-open code points; those of the
#: report count in findings + line feed + impression. Null where a rule has no such place.
BROKEN_RULE = pa.schema(
    [
        pa.field("instance_id", pa.string(), False, {"comment": "pair"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("rule", pa.string(), False, {"comment": "number, unit, side, organ, grade, negation, nature, …"}),
        pa.field("report_start", pa.int32(), True, {"comment": "what the report says instead"}),
        pa.field("report_end", pa.int32(), True, {"comment": "end of it"}),
        pa.field("answer_start", pa.int32(), True, {"comment": "what is wrong in the answer"}),
        pa.field("answer_end", pa.int32(), True, {"comment": "end of it"}),
    ]
)

#: What deduplicate reads: the text of a pair is question + newline + answer.
DEDUP_INPUT = pa.schema(
    [
        ("instance_id", pa.string()),
        ("case_id", pa.string()),
        ("site", pa.string()),
        ("text", pa.string()),
        ("exempt", pa.bool_()),
        ("twin_of", pa.string()),
        ("systems", pa.list_(pa.string())),
    ]
)

#: Table `dedup_pool`: kept pairs and what later batches are compared with (nulls from ``scope_key`` to ``slots`` for
#: pairs that nothing is compared with).
KEPT = pa.schema(
    [
        pa.field("instance_id", pa.string(), False, {"comment": "pair"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("exempt", pa.bool_(), False, {"comment": "report and diagnosis pairs are kept without comparison"}),
        pa.field("text", pa.string(), False, {"comment": "text that was compared"}),
        pa.field("twin_of", pa.string(), True, {"comment": "pair that this one was not compared with"}),
        pa.field("arrival", pa.int64(), True, {"comment": "place in the order of all compared pairs"}),
        pa.field(
            "rule", pa.string(), True, {"comment": "thresholds, tokenizer and hash versions that it was kept under"}
        ),
        pa.field("spared", pa.bool_(), True, {"comment": "a duplicate but for its clinical facts (protect)"}),
        pa.field("scope_key", pa.string(), True, {"comment": "only pairs of the same one are compared"}),
        pa.field("digest", pa.binary(), True, {"comment": "hash of text and scope, 16 bytes"}),
        pa.field("simhash", pa.int64(), True, {"comment": "64-bit Simhash, as a signed number"}),
        pa.field("bitmap", pa.binary(), True, {"comment": "512 bits of hashed tokens"}),
        pa.field("tokens", pa.list_(pa.int64()), True, {"comment": "keys of its tokens, as signed numbers"}),
        pa.field("slots", pa.int64(), True, {"comment": "hash of its clinical facts (protect)"}),
    ]
)

#: Table `duplicates`: one row per dropped pair.
DUPLICATE = pa.schema(
    [
        pa.field("instance_id", pa.string(), False, {"comment": "dropped pair"}),
        pa.field("duplicate_of", pa.string(), False, {"comment": "earliest kept pair that meets the rule"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("reason", pa.string(), False, {"comment": "exact, rouge_l or simhash"}),
        pa.field("score", pa.float64(), False, {"comment": "1, the ROUGE-L F1, or the Hamming distance"}),
        pa.field("arrival", pa.int64(), True, {"comment": "place in the order of all compared pairs"}),
    ]
)

#: What verify reads: a pair beside the scrubbed report it was made from.
VERIFY_INPUT = pa.schema(
    [INSTRUCTION_PAIR.field(name) for name in INSTRUCTION_PAIR.names]
    + [pa.field("findings", pa.string()), pa.field("impression", pa.string())]
)
