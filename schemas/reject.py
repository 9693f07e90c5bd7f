"""Every reason a row may leave the pipeline, and the row that says so."""

from enum import StrEnum

import pyarrow as pa


class Unit(StrEnum):
    """What a funnel row counts."""

    CASE = "case"
    IMAGE = "image"
    REPORT = "report"
    PAIR = "pair"


class RejectReason(StrEnum):
    """Every reason a row may leave; one enum for all stages."""

    # intake, cases
    MISSING_CASE_ID = "MISSING_CASE_ID"
    MISSING_PATIENT_ID = "MISSING_PATIENT_ID"
    DUPLICATE_CASE_ID = "DUPLICATE_CASE_ID"
    MALFORMED_ROW = "MALFORMED_ROW"
    UNDECODABLE_TEXT = "UNDECODABLE_TEXT"
    MISSING_REPORT = "MISSING_REPORT"
    EMPTY_REPORT = "EMPTY_REPORT"
    IRRELEVANT_REPORT = "IRRELEVANT_REPORT"
    NO_USABLE_IMAGE = "NO_USABLE_IMAGE"
    PATIENT_FORGOTTEN = "PATIENT_FORGOTTEN"
    # intake and desensitize, images
    CASE_REJECTED = "CASE_REJECTED"
    IMAGE_NOT_FOUND = "IMAGE_NOT_FOUND"
    IMAGE_WITHOUT_CASE = "IMAGE_WITHOUT_CASE"
    IMAGE_IN_TWO_CASES = "IMAGE_IN_TWO_CASES"
    EMPTY_FILE = "EMPTY_FILE"
    UNREADABLE_IMAGE = "UNREADABLE_IMAGE"
    WRONG_EXTENSION = "WRONG_EXTENSION"
    UNSUPPORTED_TRANSFER_SYNTAX = "UNSUPPORTED_TRANSFER_SYNTAX"
    DECOMPRESSION_BOMB = "DECOMPRESSION_BOMB"
    ABSURD_DIMENSIONS = "ABSURD_DIMENSIONS"
    NOT_ULTRASOUND = "NOT_ULTRASOUND"
    MULTI_REGION = "MULTI_REGION"
    BLANK_IMAGE = "BLANK_IMAGE"
    NAME_TAKEN = "NAME_TAKEN"
    DOCUMENT_SCREEN = "DOCUMENT_SCREEN"
    OCR_FAILED = "OCR_FAILED"
    RESIDUAL_PHI = "RESIDUAL_PHI"  # images and reports
    # scrub
    UNKNOWN_LANGUAGE = "UNKNOWN_LANGUAGE"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    SCRUB_FAILED = "SCRUB_FAILED"
    # generate
    NO_ANSWER_SPAN = "NO_ANSWER_SPAN"
    NO_REPORT = "NO_REPORT"
    DUPLICATE_ID = "DUPLICATE_ID"
    NO_CAPABLE_ENDPOINT = "NO_CAPABLE_ENDPOINT"
    ENDPOINT_FAILED = "ENDPOINT_FAILED"
    ENDPOINT_DENIED = "ENDPOINT_DENIED"
    REQUEST_REFUSED = "REQUEST_REFUSED"
    DEADLINE_PASSED = "DEADLINE_PASSED"
    BUDGET_SPENT = "BUDGET_SPENT"
    MALFORMED_ANSWER = "MALFORMED_ANSWER"
    TRUNCATED_ANSWER = "TRUNCATED_ANSWER"
    REFUSED_ANSWER = "REFUSED_ANSWER"
    EMPTY_ANSWER = "EMPTY_ANSWER"
    WRONG_LANGUAGE = "WRONG_LANGUAGE"
    QUESTION_GIVES_ANSWER = "QUESTION_GIVES_ANSWER"
    ROUND_TRIP_MISMATCH = "ROUND_TRIP_MISMATCH"
    NAMES_SOURCE = "NAMES_SOURCE"
    # verify
    UNSUPPORTED_NUMBER = "UNSUPPORTED_NUMBER"
    UNSUPPORTED_SIDE = "UNSUPPORTED_SIDE"
    UNSUPPORTED_GRADE = "UNSUPPORTED_GRADE"
    UNSUPPORTED_UNIT = "UNSUPPORTED_UNIT"
    UNSUPPORTED_ORGAN = "UNSUPPORTED_ORGAN"
    UNSUPPORTED_FINDING = "UNSUPPORTED_FINDING"
    CONTRADICTED_FINDING = "CONTRADICTED_FINDING"
    CONTRADICTED_NATURE = "CONTRADICTED_NATURE"
    UNSAFE_ADVICE = "UNSAFE_ADVICE"
    WRONG_ANSWER = "WRONG_ANSWER"
    NOT_A_SPAN = "NOT_A_SPAN"
    # deduplicate
    DUPLICATE_EXACT = "DUPLICATE_EXACT"
    DUPLICATE_ROUGE_L = "DUPLICATE_ROUGE_L"
    DUPLICATE_SIMHASH = "DUPLICATE_SIMHASH"
    # prescreen
    PRESCREEN_FAILED = "PRESCREEN_FAILED"
    PRESCREEN_UNDECIDED = "PRESCREEN_UNDECIDED"
    # release
    TIER_BARRED = "TIER_BARRED"
    NOT_SCREENED = "NOT_SCREENED"
    SITE_NOT_COVERED = "SITE_NOT_COVERED"
    CONTAMINATED = "CONTAMINATED"
    SPLIT_LEAK = "SPLIT_LEAK"
    STRATEGY_SUSPENDED = "STRATEGY_SUSPENDED"  # also generate: nobody else may be asked
    EXPERT_REJECTED = "EXPERT_REJECTED"
    UNSIGNED_TEMPLATE = "UNSIGNED_TEMPLATE"


#: Table `rejects`. ``detail`` is plain help without row content.
REJECT = pa.schema(
    [
        pa.field("stage", pa.string(), False, {"comment": "stage that rejected the row"}),
        pa.field("unit", pa.string(), False, {"comment": "case, image, report or pair"}),
        pa.field("id", pa.string(), False, {"comment": "pseudonymous id of the row"}),
        pa.field("parent_id", pa.string(), True, {"comment": "case of the row, where there is one"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("reason", pa.string(), False, {"comment": "a RejectReason"}),
        pa.field("detail", pa.string(), True, {"comment": "what to do about it, without row content"}),
    ]
)
