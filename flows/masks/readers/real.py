"""A sample of published frames for two human readers, and what their answers say about leaks.

In: the `images` table of a warehouse. Out: a picture folder with a sheet for each reader; later, from the filled-in
sheets, the counts per site, an estimate of what both readers missed, and an upper bound on the rate of leaks.
One frame per exam, because images of an exam are correlated (spec, Images, statistics to publish).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.masks.readers.sheets import fresh_folder, sheet
from schemas.errors import ConfigError
from warehouse.shards import Source, groups
from warehouse.tables import Shelf

READERS = ("reader_1", "reader_2")
COLUMNS = ("picture", "site", "identity_seen", "n_items", "comment")
MANIFEST = "sample.json"
#: Pictures held in memory at a time.
BATCH = 64
GUIDE = """Two people read these pictures independently
=============================================

1. Two readers, each alone. Reader 1 fills in reader_1.csv, reader 2 reader_2.csv. The orders differ on purpose.
   Do not talk about pictures, and do not open the other sheet, before both sheets are complete.
2. Open every picture at full size and look at all of it, also at dark corners, edges and the scan itself.
3. identity_seen: y if anything in the picture could tell who the patient is, else n. That is any name or initials (of
   patients, relatives or staff), id or accession number, date of birth or exam, clock time, age over 89, hospital or
   department, address, phone, QR or bar code, also half covered or faint.
   Measurements, anatomical words, device settings and black boxes are no identity.
4. n_items: how many such items; leave it empty when you answer n. comment: free text for yourself; do NOT copy what you
   read into it.
5. Answer every row. Rows may be sorted; pictures must not be renamed. Save as CSV.
6. Then: sonocurate audit-masks --score THIS_FOLDER

两名阅片者须各自独立阅片：阅片者1填写 reader_1.csv，阅片者2填写 reader_2.csv；两表全部填完之前不得讨论或互看。
identity_seen：图中若有任何可识别患者身份的内容（姓名、编号、日期、医院、条码等）填“是”，否则填“否”。每一行都要填写。
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn: pictures by site, of how many exams, from which version of the table."""

    requested: int
    drawn: dict[str, int]
    exams: dict[str, int]
    table_version: int

    @property
    def size(self) -> int:
        """Number of pictures, which is the number of exams."""
        return sum(self.drawn.values())

    def lines(self) -> Iterable[str]:
        """Say it in plain words."""
        for site, count in self.drawn.items():
            yield f"{site}: {count} of {self.exams[site]} exams"
        if self.size < self.requested:
            yield f"fewer exams than asked for: all {self.size} of {self.requested} are in the sample"


def draw_sample(warehouse_root: Path, n: int, seed: int, out_dir: Path, *, apart_from: Iterable[Path] = ()) -> Sample:
    """Draw at most one published frame per exam, by site in proportion, and lay them out for two readers.

    Who is drawn depends on the seed and the ids alone, so the same table and seed give the same folder.

    Raises: ConfigError when nothing is published, ``n`` is no number of exams, or ``out_dir`` is neither new nor empty
        or lies in the warehouse or in a folder that it must be apart from.
    """
    shelf = Shelf(warehouse_root)
    version = shelf.version("images")
    frames = shelf.read("images", ["frame_id", "case_id", "site"]).to_pylist()
    if version is None or not frames:
        raise ConfigError(f"no frame is published below {warehouse_root}: run `sonocurate run` first")
    if n < 1:
        raise ConfigError("the sample must have at least 1 exam")
    exams = _one_per_exam(frames, seed)
    drawn = _in_proportion(exams, n, seed)
    fresh_folder(out_dir, apart_from=(warehouse_root, *apart_from))
    pictures = _write_pictures(shelf, drawn, out_dir)
    for reader in READERS:
        ordered = sorted(pictures, key=lambda row: _rank(seed, reader, row["picture"]))
        (out_dir / f"{reader}.csv").write_bytes(
            sheet(COLUMNS, ({name: row[name] for name in COLUMNS[:2]} for row in ordered))
        )
    (out_dir / "README.txt").write_text(GUIDE, encoding="utf-8")
    sample = Sample(n, _count(drawn), _count(exams), version)
    (out_dir / MANIFEST).write_text(_manifest(sample, seed, pictures), encoding="utf-8")
    return sample


def picture_name(frame_id: str) -> str:
    """Name a frame's file."""
    return frame_id.replace("/", "-") + ".png"


def _rank(seed: int, domain: str, row_id: str) -> str:
    """Rank ids at random, the same way for the same seed on every machine."""
    return hashlib.sha256(f"{seed}|{domain}|{row_id}".encode()).hexdigest()


def _one_per_exam(frames: Iterable[Mapping[str, str]], seed: int) -> list[Mapping[str, str]]:
    chosen: dict[str, Mapping[str, str]] = {}
    for frame in sorted(frames, key=lambda row: _rank(seed, "frame", row["frame_id"])):
        chosen.setdefault(frame["case_id"], frame)
    return list(chosen.values())


def _in_proportion(exams: Sequence[Mapping[str, str]], n: int, seed: int) -> list[Mapping[str, str]]:
    """Draw ``n`` exams: every exam is as likely as any other, and every site gets its share, rounded down or up.

    Source: systematic sampling with a random start from exams in order of their site (Cochran, Sampling Techniques).
    """
    ordered = sorted(exams, key=lambda row: (row["site"], _rank(seed, "exam", row["case_id"])))
    total, n = len(ordered), min(n, len(ordered))
    start = int(_rank(seed, "start", ""), 16) % total
    return [ordered[(start + number * total) // n] for number in range(n)]


def _count(rows: Iterable[Mapping[str, str]]) -> dict[str, int]:
    return dict(sorted(Counter(row["site"] for row in rows).items()))


def _write_pictures(shelf: Shelf, drawn: Sequence[Mapping[str, str]], out_dir: Path) -> list[dict[str, str]]:
    """Write the bytes of the table as they are."""
    source = Source(shelf, "images", "frame_id")
    pictures = []
    for group in groups([row["frame_id"] for row in drawn], BATCH):
        for row in source.rows(group, ["frame_id", "site", "sha256", "image"]).to_pylist():
            name = picture_name(row["frame_id"])
            (out_dir / name).write_bytes(row["image"]["bytes"])
            pictures.append({"picture": name, **{key: row[key] for key in ("frame_id", "site", "sha256")}})
    return pictures


def _manifest(sample: Sample, seed: int, pictures: Sequence[Mapping[str, str]]) -> str:
    facts: dict[str, Any] = {
        "seed": seed,
        "requested": sample.requested,
        "drawn": sample.drawn,
        "exams": sample.exams,
        "all_exams_taken": sample.size < sample.requested,
        "images_table_version": sample.table_version,
        "pictures": sorted(pictures, key=lambda row: row["picture"]),
    }
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
