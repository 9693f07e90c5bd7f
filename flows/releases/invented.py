"""An invented shelf: rows of every table as the stages would have written them, for measuring and for tests.

In: numbers. Out: tables filled through the shelf itself. Pictures are noise, texts are drawn from words,
so that they are unlike each other. The same numbers and seed give the same rows.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from schemas.case import CASE, IMAGE, REPORT
from schemas.finding import FINDING
from schemas.instruction import INSTRUCTION_PAIR, KEPT
from warehouse.tables import Commit, Shelf

SYSTEMS = ("liver", "kidney", "thyroid", "vessel", "gynaecology", "heart", "breast")
WORDS = tuple(
    f"{a}{b}{c}" for a in "bcdfghklmnprstvw" for b in "aeiou" for c in ("lan", "rit", "mos", "den", "vax", "pul")
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to invent."""

    cases: int
    frames_per_case: int = 1
    pairs_per_case: int = 2
    side_px: int = 64
    seed: int = 0


def picture(rng: np.random.Generator, side_px: int) -> bytes:
    """Draw a PNG of smooth noise (its perceptual hash is its own) with a grain that keeps it large."""
    coarse = rng.integers(0, 256, (9, 9), np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((side_px, side_px), Image.Resampling.BICUBIC), np.int16)
    grain = rng.integers(-12, 13, smooth.shape)
    sink = io.BytesIO()
    Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8)).convert("RGB").save(sink, "PNG", compress_level=1)
    return sink.getvalue()


def sentence(rng: np.random.Generator, words: int) -> str:
    """Draw words."""
    return " ".join(WORDS[at] for at in rng.integers(0, len(WORDS), words))


def frame_row(case_id: str, at: int, png: bytes, side_px: int) -> dict[str, Any]:
    """Give a row of `images`."""
    frame_id = f"{case_id}/i{at:03d}/f000"
    return {
        "frame_id": frame_id,
        "image_id": f"{case_id}/i{at:03d}",
        "case_id": case_id,
        "site": "site-1",
        "frame": 0,
        "width_px": side_px,
        "height_px": side_px,
        "sha256": hashlib.sha256(png).hexdigest(),
        "image": {"bytes": png, "path": frame_id.replace("/", "-") + ".png"},
        "modality": "b_mode",
        "modality_source": "pixels",
    }


def pair_row(case_id: str, at: int, question: str, answer: str) -> dict[str, Any]:
    """Give a row of `instruction_pairs`."""
    return {
        "instance_id": f"{case_id}/vqa-open-{at:02d}",
        "case_id": case_id,
        "site": "site-1",
        "systems": [SYSTEMS[int(case_id[-4:], 16) % len(SYSTEMS)]],
        "language": "en",
        "task": "vqa",
        "form": "open",
        "question": question,
        "answer": answer,
        "frame_ids": [f"{case_id}/i000/f000"],
        "tier": "research",
        "answer_visible_in_image": False,
    }


def case_ids(count: int) -> list[str]:
    """Name cases as intake would: a letter and 32 hex digits."""
    return [f"c{hashlib.sha256(str(at).encode()).hexdigest()[:32]}" for at in range(count)]


def fill(shelf: Shelf, plan: Plan, *, chunk: int = 2000) -> None:
    """Write the tables `cases`, `images`, `reports`, `findings`, `instruction_pairs` and `dedup_pool`."""
    ids = sorted(case_ids(plan.cases))
    for start in range(0, len(ids), chunk):
        rng = np.random.default_rng((plan.seed, start))
        part = ids[start : start + chunk]
        for name, rows, schema in tables_of(part, plan, rng):
            table = pa.Table.from_pylist(rows, schema=schema)
            shelf.append(name, table, Commit("invented", 0, "f", f"{name}-{start:08d}"))


def tables_of(
    ids: Sequence[str], plan: Plan, rng: np.random.Generator
) -> Iterator[tuple[str, list[dict[str, Any]], pa.Schema]]:
    """Give the rows of some cases, table by table."""
    frames = [
        frame_row(one, at, picture(rng, plan.side_px), plan.side_px)
        for one in ids
        for at in range(plan.frames_per_case)
    ]
    pairs = [
        pair_row(one, at, sentence(rng, 8) + "?", sentence(rng, 24)) for one in ids for at in range(plan.pairs_per_case)
    ]
    yield "cases", [_case(one) for one in ids], CASE
    yield "images", frames, IMAGE
    yield "reports", [_report(one, sentence(rng, 40), sentence(rng, 8)) for one in ids], REPORT
    yield "findings", [_finding(one) for one in ids], FINDING
    yield "instruction_pairs", pairs, INSTRUCTION_PAIR
    yield "dedup_pool", [_kept(pair) for pair in pairs], KEPT


def _case(case_id: str) -> dict[str, Any]:
    number = int(case_id[-4:], 16)
    return {
        "case_id": case_id,
        "patient_key": f"p{case_id[1:]}",
        "site": "site-1",
        "systems": [SYSTEMS[number % len(SYSTEMS)]],
        "language": "en",
        "sex": "FM"[number % 2],
        "age_years": number % 91,
        "image_ids": [f"{case_id}/i000"],
    }


def _report(case_id: str, findings: str, impression: str) -> dict[str, Any]:
    texts = {"findings": findings, "impression": impression, "redactions": 0}
    return {"case_id": case_id, "site": "site-1", "language": "en", **texts}


def _finding(case_id: str) -> dict[str, Any]:
    system = SYSTEMS[int(case_id[-4:], 16) % len(SYSTEMS)]
    labels = {"findings": [f"{system}/cyst"], "diagnoses": [], "doubtful": [], "denied": []}
    return {"case_id": case_id, "site": "site-1", **labels}


def _kept(pair: dict[str, Any]) -> dict[str, Any]:
    names = ("instance_id", "case_id", "site")
    return {**{name: pair[name] for name in names}, "exempt": False, "text": f"{pair['question']}\n{pair['answer']}"}
