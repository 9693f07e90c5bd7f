"""The contract of every step: one test, all steps.

Input not mutated; declared schemas, also for 0 rows; kept + rejected = input by id; f(A + B) = f(A) + f(B).
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pytest

from curation.dedup.deduplicate import deduplicate
from curation.generate.generate import generate
from curation.generate.template import library
from curation.ground.annotate import annotate
from curation.ground.ground import ground
from curation.ground.quality import rate
from curation.image.desensitize import desensitize
from curation.intake.intake import claims_of, intake
from curation.quality.prescreen import Bench, prescreen
from curation.tag.tag import tag
from curation.text.scrub import scrub
from curation.verify.verify import verify
from schemas.annotated import Annotate, Ground, Rate
from schemas.case import CASE, IMAGE, RAW_REPORT, REPORT
from schemas.config import Deduplicate, Desensitize, Generate, Prescreen, Scrub, Verify
from schemas.finding import FINDING, TAG_INPUT
from schemas.grounding import ANNOTATION, FRAME_QUALITY, GROUNDED_PAIR
from schemas.instruction import INSTRUCTION_PAIR, KEPT, VERDICT, VERIFY_INPUT
from schemas.judgement import PRESCREEN
from schemas.reject import REJECT, RejectReason
from tests.curation.dedup.test_deduplicate import table as texts
from tests.curation.generate.test_generate import ROWS, WITHOUT, Scripted, reports
from tests.curation.ground.test_annotate import SQUARE, raw
from tests.curation.ground.test_annotate import table as annotations
from tests.curation.ground.test_ground import HIDDEN, LESION, frame, frames
from tests.curation.ground.test_quality import Eyes
from tests.curation.image.fakes import MemoryImage, Pixels, ScriptedOcr, speckle
from tests.curation.image.test_desensitize import NAME, VALUE
from tests.curation.image.test_desensitize import rows as images
from tests.curation.intake.test_cases import GOOD, Probe, cases_of
from tests.curation.quality.test_prescreen import Panel, ends
from tests.curation.quality.test_prescreen import pairs as judged
from tests.curation.tag.test_tag import row as tag_row
from tests.curation.text.test_scrub import row as report
from tests.curation.verify.test_verify import row as pair

CASES = cases_of(GOOD, {**GOOD, "case_id": "E2", "images": "b.png"}, {**GOOD, "case_id": "E3", "findings": ""})
PIXELS = Pixels({"a/i000": MemoryImage([speckle()]), "b/i000": MemoryImage([speckle(seed=1)] * 2)})


@dataclass(frozen=True)
class Case:
    """A step with its tools, rows of which some are rejected, and how its rows are known by id."""

    step: Any
    rows: pa.Table
    kept: pa.Schema
    key: str
    parent: str = ""  # 1 -> N steps: the column that names the input row; rejects name it by parent_id
    is_map: bool = True
    rejects: bool = True  # whether some of the rows are rejected


STEPS = {
    "intake": Case(
        partial(intake, probe=Probe({"b.png": RejectReason.EMPTY_FILE}), claims=claims_of(CASES)),
        CASES,
        CASE,
        "case_id",
    ),
    "desensitize": Case(
        partial(desensitize, config=Desensitize(), ocr=ScriptedOcr([NAME, VALUE]), pixels=PIXELS),
        images("a/i000", "b/i000", "gone/i000"),
        IMAGE,
        "image_id",
    ),
    "scrub": Case(
        partial(scrub, config=Scrub()),
        pa.Table.from_pylist([report("a"), report("b", findings=""), report("c", "Liver.")], schema=RAW_REPORT),
        REPORT,
        "case_id",
    ),
    "annotate": Case(
        partial(annotate, config=Annotate()),
        annotations(raw(0, polygon_px=[SQUARE]), raw(1, name="?"), raw(2, bbox_xyxy_px=[1.0, 1, 9, 9])),
        ANNOTATION,
        "annotation_id",
    ),
    "ground": Case(
        partial(ground, config=Ground(), names=Annotate()),
        frames(frame(LESION), {**frame(HIDDEN, frame_id="c2/i000/f000", systems=()), "case_id": "c2"}),
        GROUNDED_PAIR,
        "case_id",
        "case_id",
    ),
    "rate": Case(
        partial(rate, config=Rate(), pool=Eyes(), pictures={"a": b"1", "b": b"2"}),
        pa.Table.from_pylist([{"frame_id": one, "case_id": "c", "site": "s"} for one in "ab"]),
        FRAME_QUALITY,
        "frame_id",
        rejects=False,
    ),
    "generate": Case(
        partial(generate, config=Generate(report_pairs=False, open_per_case=0, **WITHOUT), pool=Scripted()),
        reports(*ROWS),
        INSTRUCTION_PAIR,
        "case_id",
        "case_id",
    ),
    "tag": Case(
        partial(tag, vocabularies=library().vocabularies),
        pa.Table.from_pylist([tag_row("Hepatic cyst."), {**tag_row("x"), "case_id": "c2"}], schema=TAG_INPUT),
        FINDING,
        "case_id",
        rejects=False,
    ),
    "verify": Case(
        partial(verify, config=Verify()),
        pa.Table.from_pylist([pair(), pair(instance_id="d", answer="1 m", form="open")], schema=VERIFY_INPUT),
        VERDICT,
        "instance_id",
    ),
    "prescreen": Case(
        partial(
            prescreen,
            config=Prescreen(),
            pool=Panel({"e-b": {"safe": False}, "e-c": {"safe": False}}),
            bench=Bench(ends("a", "b", "c", "d"), {}),
        ),
        pa.concat_tables([judged("c1"), judged("c2", author="b")]),
        PRESCREEN,
        "instance_id",
    ),
    "deduplicate": Case(
        partial(deduplicate, config=Deduplicate(), pool=KEPT.empty_table()),
        texts(["the liver is normal", "the liver is normal", "a cyst of 12 mm"]),
        KEPT,
        "instance_id",
        is_map=False,
    ),
}


def ids(result, case):
    kept = set(result.kept[case.parent or case.key].to_pylist())
    rejects = [
        row for row in result.rejected.to_pylist() if case.parent or row["unit"] != "image" or case.kept is IMAGE
    ]
    return kept, {row["parent_id" if case.parent else "id"] for row in rejects}


def rows_of(results, name):
    return [row for result in results for row in getattr(result, name).to_pylist()]


@pytest.mark.parametrize("name", STEPS)
def test_a_step_keeps_its_contract(name):
    case = STEPS[name]
    before = case.rows.to_pylist()
    whole = case.step(case.rows)
    assert case.rows.to_pylist() == before
    kept, rejected = ids(whole, case)
    assert kept and (rejected or not case.rejects)
    assert kept | rejected == set(case.rows[case.key].to_pylist())
    assert case.parent or not kept & rejected
    empty = case.step(case.rows.slice(0, 0))
    for result in (whole, empty):
        assert (result.kept.schema, result.rejected.schema) == (case.kept, REJECT)
    assert empty.kept.num_rows == empty.rejected.num_rows == 0
    if case.is_map:
        parts = [case.step(case.rows.slice(at, 1)) for at in range(case.rows.num_rows)]
        for table in ("kept", "rejected"):
            assert rows_of(parts, table) == rows_of([whole], table)
