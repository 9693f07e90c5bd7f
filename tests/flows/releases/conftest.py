"""A small hospital whose shelf is filled by hand: real pseudonyms, real pictures, no text recognition."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from curation.generate.open import versions_of
from curation.generate.template import library
from flows.key import init_key
from flows.releases.invented import SYSTEMS, frame_row, pair_row, picture, sentence
from flows.stage import Context, context_of, forget_contexts
from schemas.case import CASE, IMAGE, REPORT
from schemas.finding import FINDING
from schemas.instruction import INSTRUCTION_PAIR, KEPT
from warehouse.catalog import rebuild
from warehouse.tables import Commit

PATIENTS = 24
#: A prompt version of pairs that need no signature.
INTERPRETATION = next(
    version
    for version, (_, topic) in versions_of(library().templates, library().open).items()
    if topic == "interpretation"
)
CONFIG = """
[input]
table = "cases.csv"
images = "images"
[pseudonym]
key_file = "pseudonym.key"
[warehouse]
root = "warehouse"
[release]
name = "first"
split_validation = 0.2
split_test = 0.3
k = 2
"""


@dataclass
class Hospital:
    """Where it lies, and the rows of its shelf before they are written: change them, then `shelve`."""

    folder: Path
    rows: dict[str, list[dict]] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "pipeline.toml"

    @property
    def context(self) -> Context:
        return context_of(str(self.config))

    @property
    def shelf(self):
        return self.context.shelf

    def set(self, old: str, new: str) -> None:
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")
        forget_contexts()

    def shelve(self) -> "Hospital":
        schemas = {"cases": CASE, "images": IMAGE, "reports": REPORT, "findings": FINDING}
        schemas |= {"instruction_pairs": INSTRUCTION_PAIR, "dedup_pool": KEPT}
        for name, schema in schemas.items():
            table = pa.Table.from_pylist(self.rows[name], schema=schema)
            self.shelf.append(name, table, Commit("test", 0, "f", "k"))
        rebuild(self.shelf)
        return self


def kept(pair):
    return {
        **{name: pair[name] for name in ("instance_id", "case_id", "site")},
        "exempt": False,
        "text": pair["answer"],
    }


@pytest.fixture
def hospital(tmp_path):
    (tmp_path / "images").mkdir()
    with (tmp_path / "cases.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["case_id", "patient_id", "patient_name", "findings", "images"])
        writer.writeheader()
        for at in range(PATIENTS):
            (tmp_path / "images" / f"{at}.png").write_bytes(b"x")
            texts = {"findings": "Liver cyst.", "images": f"{at}.png", "patient_name": f"Zebedee Quill{at:02d}"}
            writer.writerow({"case_id": f"E{at:04d}", "patient_id": f"P77{at:05d}", **texts})
    init_key(tmp_path / "pseudonym.key")
    (tmp_path / "pipeline.toml").write_text(CONFIG, encoding="utf-8")
    forget_contexts()
    made = Hospital(tmp_path)
    rng = np.random.default_rng(3)
    for at, case in enumerate(made.context.export.cases.to_pylist()):
        case_id = case["case_id"]
        pairs = [pair_row(case_id, n, sentence(rng, 8) + "?", sentence(rng, 20)) for n in range(2)]
        systems = [SYSTEMS[at % 3]]
        facts = {"systems": systems, "sex": "FM"[at % 2], "age_years": 40 + at % 2, "image_ids": [f"{case_id}/i000"]}
        report = {"findings": sentence(rng, 30), "impression": sentence(rng, 6), "language": "en", "redactions": 0}
        labels = {"findings": [f"{systems[0]}/cyst"], "diagnoses": [], "doubtful": [], "denied": []}
        rows = {
            "cases": [{**case, **facts}],
            "images": [frame_row(case_id, 0, picture(rng, 64), 64)],
            "reports": [{"case_id": case_id, "site": "site-1", **report}],
            "findings": [{"case_id": case_id, "site": "site-1", **labels}],
            "instruction_pairs": [{**pair, "systems": systems, "prompt_sha256": INTERPRETATION} for pair in pairs],
            "dedup_pool": [kept(pair) for pair in pairs],
        }
        for name, new in rows.items():
            made.rows.setdefault(name, []).extend(new)
    yield made
    forget_contexts()
