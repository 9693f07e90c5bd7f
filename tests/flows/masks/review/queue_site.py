"""A small hospital whose frames are masked by hand, so that every box is known; text is colour, and OCR reads colour."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from curation.image.desensitize import encode_png
from curation.image.mask import mask, widen
from flows.masks.review.offers import COLUMNS
from flows.masks.review.review import apply_decisions, open_crop
from flows.stage import context_of, forget_contexts
from schemas.case import CASE, IMAGE
from schemas.region import TEXT_REGION, TextRegion
from warehouse import amend
from warehouse.catalog import rebuild
from warehouse.tables import Commit

KEY = "ab" * 32
NAME = "ZHANG WEI"
#: What each colour says to ``ColourOcr``: pure colours survive enlarging and brightening.
SAYS = {
    (1, 0, 0): "RI 0.65",
    (0, 1, 0): "ZHANGWEl",  # as OCR misreads the patient's name
    (0, 0, 1): "2024-03-05",
    (1, 1, 0): "Liver",
    (0, 1, 1): "Kidney",
    (1, 0, 1): "Spleen",
}
VALUE, NAMED, DATED, PLAIN, CLOSE, OTHER = SAYS
#: box, colour, kind, action, rule; the same in every frame.
REGIONS = [
    ((100, 100, 180, 120), VALUE, "unknown", "mask", "low_score"),
    ((200, 100, 300, 120), NAMED, "unknown", "mask", "collision"),
    ((320, 100, 400, 120), DATED, "unknown", "mask", "after_cue"),
    ((100, 200, 180, 220), PLAIN, "unknown", "mask", "default_deny"),
    ((200, 200, 280, 220), CLOSE, "unknown", "mask", "header_band"),  # touches the identity right below
    ((200, 218, 280, 240), OTHER, "phi", "mask", "identity"),
    ((100, 300, 180, 320), PLAIN, "measurement", "keep", "measurement"),
    ((320, 300, 400, 320), OTHER, "unknown", "mask", "known_phi"),
]
BOXES = {region[4]: region[0] for region in REGIONS}
STATE = ("desensitize", 0, "fp")


class ColourOcr:
    """Reads the colour in the middle of a picture."""

    def read(self, pixels):
        rows, cols = pixels.shape[:2]
        seen = tuple(int(level > 127) for level in pixels[rows // 2, cols // 2])
        return [TextRegion((0, 0, cols, rows), SAYS[seen], 0.9)] if seen in SAYS else []


def source_frame(seed):
    pixels = np.random.default_rng(seed).integers(20, 90, (360, 480, 3), dtype=np.uint8)
    for (x0, y0, x1, y1), colour, *_ in REGIONS:
        pixels[y0:y1, x0:x1] = np.array(colour) * 255
    return pixels


@dataclass(frozen=True)
class QueueSite:
    """Config, key, and the two cases of the hospital."""

    folder: Path
    config: Path
    sources: dict = field(repr=False)

    @property
    def key(self):
        return bytes.fromhex(KEY)

    @property
    def shelf(self):
        return context_of(str(self.config)).shelf

    def images(self):
        return {row["frame_id"]: row for row in self.shelf.read("images").to_pylist()}

    def pixels(self, frame_id):
        return np.asarray(Image.open(io.BytesIO(self.images()[frame_id]["image"]["bytes"])))

    def regions(self):
        rows = self.shelf.read("text_regions").to_pylist()
        return {(row["frame_id"], tuple(row["box_px"])): (row["kind"], row["action"], row["rule"]) for row in rows}


def build_site(folder):
    """Build the hospital, and a warehouse with one masked frame per case."""
    forget_contexts()
    (folder / "images").mkdir(parents=True)
    sources = [source_frame(seed) for seed in range(2)]
    for number, pixels in enumerate(sources):
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
    rows = [f"{n},P{n},{NAME},liver normal echogenicity,{n}.png" for n in range(2)]
    table = "case_id,patient_id,patient_name,findings,images\n" + "\n".join(rows) + "\n"
    (folder / "cases.csv").write_text(table, encoding="utf-8")
    config = folder / "pipeline.toml"
    config.write_text('[input]\ntable = "cases.csv"\nimages = "images"\n[warehouse]\nroot = "warehouse"\n')
    context = context_of(str(config))
    frames = {f"{case_id}/i000/f000": sources[n] for n, case_id in enumerate(context.export.case_ids)}
    _fill(context.shelf, frames)
    return QueueSite(folder, config, frames)


def _fill(shelf, frames):
    cases, images, regions = [], [], []
    for frame_id, pixels in frames.items():
        image_id, case_id = frame_id[:-5], frame_id[:-10]
        own = {"case_id": case_id, "site": "site-1"}
        cases.append({**own, "patient_key": case_id, "systems": ["liver"], "image_ids": [image_id]})
        data = encode_png(mask(pixels, [widen(r[0], 3) for r in REGIONS if r[3] == "mask"]))
        size = {"frame": 0, "width_px": 480, "height_px": 360, "sha256": "as masked"}
        picture = {"bytes": data, "path": frame_id.replace("/", "-") + ".png"}
        images.append({**own, **size, "frame_id": frame_id, "image_id": image_id, "image": picture})
        for box, _, kind, action, rule in REGIONS:
            decided = {"kind": kind, "action": action, "rule": rule}
            regions.append({**own, **decided, "frame_id": frame_id, "box_px": list(box)})
    for name, rows, schema in (
        ("cases", cases, CASE),
        ("images", images, IMAGE),
        ("text_regions", regions, TEXT_REGION),
    ):
        shelf.append(name, pa.Table.from_pylist(rows, schema=schema), Commit(*STATE, name))
    rebuild(shelf)


def queue_rows(out):
    return list(csv.DictReader(io.StringIO((out / "queue.csv").read_bytes().decode("utf-8-sig"))))


def write_rows(out, rows, *, encoding="utf-8", delimiter=","):
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    (out / "queue.csv").write_bytes(text.getvalue().encode(encoding))


def decide(out, decisions, *, reviewer="r1", frame_id=None):
    """Write decisions by rule (of one frame, else of all)."""
    rows = queue_rows(out)
    for row in rows:
        if row["rule"] in decisions and frame_id in (None, row["frame_id"]):
            row |= {"decision": decisions[row["rule"]], "reviewer": reviewer}
    write_rows(out, rows)


def apply(site, out):
    return apply_decisions(site.config, out, ocr=ColourOcr())


def offer(out, rule, place=0):
    return [row for row in queue_rows(out) if row["rule"] == rule][place]


def crop(out, site, rule):
    return np.asarray(Image.open(io.BytesIO(open_crop(out, offer(out, rule)["review_id"], site.key))))


def log(site):
    return amend.read_reviews(site.shelf).to_pylist()
