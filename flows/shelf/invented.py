"""An invented warehouse of any size, for benches, tests and the examples of docs/sql.md: no patient, always the same.

``python -m flows.shelf.invented FOLDER --cases 40`` writes the tables, the catalog and a release. Frames are noise.
Counts are drawn by a seeded hash, so that sites, systems and models differ from each other.
"""

import argparse
import hashlib
import io
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from schemas.case import Language
from schemas.errors import ConfigError
from schemas.instruction import Task
from schemas.shelf import RECEIPT, TABLES
from warehouse.catalog import rebuild
from warehouse.tables import Commit, Shelf

SITES = ("north", "south", "east")
SYSTEMS = ("liver", "kidney", "thyroid", "vessel", "gynaecology", "heart", "breast")
MODELS = ("model-a", "model-b", "model-c")
#: Cases of one commit per table.
CHUNK = 2000
_TEXTS = {
    "en": ("What does the {system} show?", "The {system} is normal in size, {mm} mm; no focal lesion ({n})."),
    "zh": ("{system}的表现是什么？", "{system}大小正常，约{mm}mm，未见占位（{n}）。"),
}
_CHOICE = "Which finding fits?\nA. Cyst\nB. Normal\nC. Stone\nD. Nodule\nAnswer with the letter."
_REJECTED = {
    "intake": (("case", ("EMPTY_REPORT", "MISSING_REPORT")), ("image", ("EMPTY_FILE", "IMAGE_NOT_FOUND"))),
    "desensitize": (("image", ("RESIDUAL_PHI", "BLANK_IMAGE")),),
    "generate": (("pair", ("ROUND_TRIP_MISMATCH", "NO_ANSWER_SPAN", "MALFORMED_ANSWER")),),
    "verify": (("pair", ("UNSUPPORTED_NUMBER", "UNSUPPORTED_SIDE")),),
}


def drawn(*of: object) -> int:
    """Draw a number from a hash: the same for the same words."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, of)).encode()).digest()[:6], "big")


def pictures(count: int, size_bytes: int) -> list[bytes]:
    """Make grey noise PNGs of about the given size in bytes."""
    side = max(8, int((size_bytes * 0.98) ** 0.5))
    found = []
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (side, side), dtype=np.uint8)
        sink = io.BytesIO()
        Image.fromarray(pixels).save(sink, "PNG", compress_level=1)
        found.append(sink.getvalue())
    return found


def stamped(png: bytes, text: str) -> bytes:
    """Give a PNG other bytes and the same pixels: a text chunk before its end."""
    body = b"tEXt" + b"id\0" + text.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:-12] + chunk + png[-12:]


class Invented:
    """Rows of every table, case by case."""

    def __init__(self, *, pairs_per_case: int = 6, frames_per_case: int = 2, image_bytes: int = 3000) -> None:
        self._pairs, self._frames = pairs_per_case, frames_per_case
        self._pictures = pictures(8, image_bytes)

    def rows(self, number: int) -> dict[str, list[dict[str, Any]]]:
        """Give the rows of one case, by table."""
        case = self._case(number)
        frames = [self._frame(case, position) for position in range(self._frames)]
        pairs = [self._pair(case, frames, position) for position in range(self._pairs)]
        rejects = list(self._rejects(case))
        unsupported = {row["id"] for row in rejects if row["stage"] == "verify"}
        passed = [pair for pair in pairs if pair["instance_id"] not in unsupported]
        kept = [pair for pair in passed if drawn("dup", pair["instance_id"]) % 8]
        duplicates = [self._duplicate(pair, pairs[0]) for pair in passed if pair not in kept]
        return {
            "cases": [case],
            "images": frames,
            "text_regions": [row for frame in frames for row in self._regions(frame)],
            "reports": [self._report(case)],
            "instruction_pairs": pairs,
            "generations": [self._generation(pair) for pair in pairs if pair["model"]],
            "verdicts": [{**_of(pair), "verdict": "pass", "rules": ["numbers", "sides"]} for pair in passed],
            "dedup_pool": [self._kept(pair) for pair in kept],
            "duplicates": duplicates,
            "rejects": [*rejects, *(_rejected_as_duplicate(row, case) for row in duplicates)],
            "mask_reviews": [row for frame in frames for row in self._reviews(frame)],
        }

    def _case(self, number: int) -> dict[str, Any]:
        case_id = f"c{hashlib.sha256(f'case|{number}'.encode()).hexdigest()[:16]}"
        return {
            "case_id": case_id,
            "patient_key": f"p{hashlib.sha256(f'patient|{number * 5 // 6}'.encode()).hexdigest()[:16]}",
            "site": SITES[drawn("site", number) % 5 % 3],
            "systems": [SYSTEMS[drawn("system", number) % 11 % 7]],
            "language": ("zh", "zh", "en")[drawn("language", number) % 3],
            "sex": "FM"[drawn("sex", number) % 2],
            "age_years": 18 + drawn("age", number) % 72,
            "image_ids": [f"{case_id}/i{position:03d}" for position in range(self._frames + _loses_image(case_id))],
        }

    def _frame(self, case: dict[str, Any], position: int) -> dict[str, Any]:
        image_id = case["image_ids"][position]
        picture = self._pictures[drawn("picture", image_id) % len(self._pictures)]
        width, height = struct.unpack(">II", picture[16:24])
        content = stamped(picture, image_id)
        return {
            **{name: case[name] for name in ("case_id", "site")},
            "frame_id": f"{image_id}/f000",
            "image_id": image_id,
            "frame": 0,
            "width_px": width,
            "height_px": height,
            "sha256": hashlib.sha256(content).hexdigest(),
            "image": {"bytes": content, "path": f"{image_id.replace('/', '_')}_f000.png"},
        }

    def _regions(self, frame: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for position in range(3):
            kind = ("phi", "measurement", "landmark")[position]
            masked = kind == "phi" or (kind == "measurement" and drawn("masked", frame["frame_id"]) % 9 == 0)
            yield {
                **{name: frame[name] for name in ("frame_id", "case_id", "site")},
                "box_px": [4, 4 + 10 * position, 40, 12 + 10 * position],
                "kind": kind,
                "action": "mask" if masked else "keep",
                "rule": f"{kind}_{drawn('rule', frame['frame_id'], position) % 2}",
                "value_text": "12 mm" if kind == "measurement" and not masked else None,
            }

    def _reviews(self, frame: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Two reviewers look at the masked boxes, and agree more often than not."""
        for region in (region for region in self._regions(frame) if region["action"] == "mask"):
            first = drawn("review", frame["frame_id"], region["kind"]) % 3 == 0
            second = first if drawn("agree", frame["frame_id"], region["kind"]) % 5 else not first
            for reviewer, keep in (("r1", first), ("r2", second)):
                yield {
                    **{name: region[name] for name in ("frame_id", "case_id", "site", "box_px", "rule")},
                    "decision": "keep" if keep else "mask",
                    "reviewer": reviewer,
                    "decided_at": datetime(2026, 1, 5, tzinfo=UTC),
                    "outcome": "applied" if keep else "stays_masked",
                }

    def _report(self, case: dict[str, Any]) -> dict[str, Any]:
        system = case["systems"][0]
        chinese = case["language"] == Language.ZH
        return {
            **{name: case[name] for name in ("case_id", "site", "language")},
            "findings": f"{system}未见明显异常。" if chinese else f"The {system} shows no abnormality.",
            "impression": "未见异常。" if chinese else "Normal examination.",
            "redactions": drawn("redactions", case["case_id"]) % 5,
        }

    def _pair(self, case: dict[str, Any], frames: Sequence[dict[str, Any]], position: int) -> dict[str, Any]:
        task = (Task.REPORT, Task.DIAGNOSIS, Task.VQA, Task.JUDGE, Task.SINGLE_CHOICE, Task.CAPTION)[position % 6]
        instance_id = f"{case['case_id']}/{task.value}-closed-{position // 6:02d}"
        by_model = task in (Task.VQA, Task.CAPTION)
        model = MODELS[drawn("model", instance_id) % 7 % 3] if by_model else None
        words = {"system": case["systems"][0], "mm": drawn("mm", instance_id) % 90 + 5, "n": position}
        question, answer = (text.format(**words) for text in _TEXTS[case["language"]])
        special = {Task.JUDGE: (f"True or False: {answer}", "True"), Task.SINGLE_CHOICE: (_CHOICE, "B")}
        question, answer = special.get(task, (question, answer))
        return {
            **{name: case[name] for name in ("case_id", "site", "systems", "language")},
            "instance_id": instance_id,
            "task": task.value,
            "form": "open" if task is Task.CAPTION else "closed",
            "question": question,
            "answer": answer,
            "frame_ids": [frame["frame_id"] for frame in frames] if position % 5 else [frames[0]["frame_id"]],
            "source_section": "findings" if task is Task.VQA else None,
            "template_id": f"{case['systems'][0]}-0{drawn('template', instance_id) % 3 + 1}" if by_model else None,
            "prompt_sha256": hashlib.sha256(task.value.encode()).hexdigest() if by_model else None,
            "model": model,
            "endpoint": f"{model}-1" if model else None,
            "request_key": hashlib.sha256(instance_id.encode()).hexdigest() if by_model else None,
            "tier": "demo",
            "answer_visible_in_image": drawn("visible", instance_id) % 4 == 0,
        }

    def _generation(self, pair: dict[str, Any]) -> dict[str, Any]:
        return {
            **{name: pair[name] for name in ("request_key", "case_id", "site", "endpoint", "model")},
            "purpose": "open" if pair["form"] == "open" else "question",
            "prompt_tokens": 300 + drawn("prompt", pair["instance_id"]) % 400,
            "completion_tokens": 20 + drawn("answer", pair["instance_id"]) % 120,
        }

    def _kept(self, pair: dict[str, Any]) -> dict[str, Any]:
        text = f"{pair['question']}\n{pair['answer']}"
        return {**_of(pair), "exempt": pair["task"] in ("report", "diagnosis"), "text": text, "twin_of": None}

    def _duplicate(self, pair: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
        reason, score = (("exact", 1.0), ("rouge_l", 0.81), ("simhash", 2.0))[drawn("why", pair["instance_id"]) % 3]
        row = {"instance_id": pair["instance_id"], "site": pair["site"], "reason": reason, "score": score}
        return {**row, "duplicate_of": of["instance_id"]}

    def _rejects(self, case: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for stage, units in _REJECTED.items():
            for unit, reasons in units:
                lost = {"desensitize": case["image_ids"][-1], "verify": f"{case['case_id']}/vqa-closed-00"}
                if drawn(stage, unit, case["case_id"]) % 4 == 0:
                    yield {
                        "stage": stage,
                        "unit": unit,
                        "id": lost.get(stage, f"{case['case_id']}/x-{unit}"),
                        "parent_id": case["case_id"],
                        "site": case["site"],
                        "reason": reasons[drawn("reason", stage, unit, case["case_id"]) % len(reasons)],
                    }


def _loses_image(case_id: str) -> bool:
    return drawn("desensitize", "image", case_id) % 4 == 0


def _rejected_as_duplicate(row: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    reason = f"DUPLICATE_{row['reason'].upper()}"
    place = {"stage": "deduplicate", "unit": "pair", "parent_id": case["case_id"], "site": row["site"]}
    return {**place, "id": row["instance_id"], "reason": reason}


def _of(pair: dict[str, Any]) -> dict[str, Any]:
    return {name: pair[name] for name in ("instance_id", "case_id", "site")}


def write_tables(shelf: Shelf, cases: int, invented: Invented) -> None:
    """Append the rows of every table, a chunk of cases at a time."""
    for start in range(0, cases, CHUNK):
        found: dict[str, list[dict[str, Any]]] = {}
        for number in range(start, min(start + CHUNK, cases)):
            for table, rows in invented.rows(number).items():
                found.setdefault(table, []).extend(rows)
        commit = Commit("invented", 0, "invented", f"chunk-{start}")
        for table, rows in found.items():
            shelf.append(table, pa.Table.from_pylist(rows, schema=TABLES[table]), commit)
        receipt = {"stage": "generate", "stage_epoch": 0, "fingerprint": "invented", "chunk_id": f"chunk-{start}"}
        done = [{**receipt, "state": "done", "ids": [], "kept": len(found["instruction_pairs"]), "rejected": 0}]
        shelf.append("receipts", pa.Table.from_pylist(done, schema=RECEIPT), commit)


def invent(root: Path, *, cases: int, release: str = "demo") -> Path:
    """Write an invented warehouse with a release.

    Raises: ConfigError when there is one already.
    """
    from flows.shelf.invented_release import write_invented_release  # noqa: PLC0415

    if (root / "tables").exists():
        raise ConfigError(f"{root} holds tables already: choose a new folder")
    shelf = Shelf(root)
    write_tables(shelf, cases, Invented())
    folder = write_invented_release(shelf, release)
    rebuild(shelf)
    return folder


def main(arguments: Sequence[str]) -> None:
    """Write an invented warehouse to a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=40)
    options = parser.parse_args(arguments)
    sys.stdout.write(f"{invent(options.folder, cases=options.cases)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
