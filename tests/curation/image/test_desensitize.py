import hashlib
import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
import zxingcpp
from PIL import Image

from curation.image.desensitize import desensitize
from schemas.case import IMAGE, KNOWN_PHI_KINDS, SOURCE_IMAGE
from schemas.config import Desensitize
from schemas.region import TEXT_REGION, TextRegion
from schemas.reject import REJECT
from tests.curation.image.consoles import draw_console, visible_share
from tests.curation.image.fakes import FailingOcr, MemoryImage, Pixels, ScriptedOcr, speckle

NAME = TextRegion((200, 300, 300, 320), "ZHANG WEI", 0.99)
VALUE = TextRegion((400, 300, 480, 320), "RI 0.65", 0.99)


def rows(*ids, known=None):
    kinds = {kind: (known or {}).get(kind, []) for kind in KNOWN_PHI_KINDS}
    return pa.Table.from_pylist(
        [{"image_id": i, "case_id": "case", "site": "site-1", "known_phi": kinds} for i in ids], schema=SOURCE_IMAGE
    )


def run(table, ocr, images, **config):
    return desensitize(table, config=Desensitize(**config), ocr=ocr, pixels=Pixels(images))


def picture(row):
    return np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])))


def test_masked_where_denied_and_bit_identical_elsewhere():
    source = speckle()
    result = run(rows("case/i000"), ScriptedOcr([NAME, VALUE]), {"case/i000": MemoryImage([source.copy()])})
    [row] = result.kept.to_pylist()
    out = picture(row)
    margin = Desensitize().margin_px
    assert (out[300:320, 200:300] == 0).all()
    outside = np.ones(source.shape[:2], dtype=bool)
    outside[300 - margin : 320 + margin, 200 - margin : 300 + margin] = False
    assert (out[outside] == source[outside]).all()
    assert row["frame_id"] == "case/i000/f000"
    assert row["image"]["path"] == "case-i000-f000.png"
    assert row["sha256"] == hashlib.sha256(row["image"]["bytes"]).hexdigest()
    regions = result.byproducts["text_regions"].to_pylist()
    assert {(r["kind"], r["action"]) for r in regions} == {("unknown", "mask"), ("measurement", "keep")}


def test_png_holds_pixels_only():
    result = run(rows("a"), ScriptedOcr([]), {"a": MemoryImage([speckle()])})
    data = result.kept["image"][0].as_py()["bytes"]
    place, chunks = 8, set()
    while place < len(data):
        chunks.add(data[place + 4 : place + 8])
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    assert chunks <= {b"IHDR", b"IDAT", b"IEND"}


def test_no_rows():
    result = run(rows(), ScriptedOcr([]), {})
    assert result.kept.schema == IMAGE
    assert result.rejected.schema == REJECT
    assert result.byproducts["text_regions"].schema == TEXT_REGION
    assert result.kept.num_rows == result.rejected.num_rows == 0


def test_conservation_and_input_not_changed():
    table = rows("good", "absent", "blank")
    before = table.to_pylist()
    images = {"good": MemoryImage([speckle()]), "blank": MemoryImage([np.zeros((64, 64, 3), dtype=np.uint8)])}
    result = run(table, ScriptedOcr([NAME]), images)
    assert table.to_pylist() == before
    assert result.kept["image_id"].to_pylist() == ["good"]
    assert {r["id"]: r["reason"] for r in result.rejected.to_pylist()} == {
        "absent": "UNREADABLE_IMAGE",
        "blank": "BLANK_IMAGE",
    }
    assert {r["parent_id"] for r in result.rejected.to_pylist()} == {"case"}


def test_failing_engine_gives_rejects_only_and_says_nothing(capfd):
    result = run(rows("a", "b"), FailingOcr(), {"a": MemoryImage([speckle()]), "b": MemoryImage([speckle()])})
    assert result.kept.num_rows == 0
    assert result.rejected["reason"].to_pylist() == ["OCR_FAILED"] * 2
    assert "ZHANG" not in str(result.rejected.to_pylist())
    assert capfd.readouterr() == ("", "")


def test_split_invariance():
    images = {i: MemoryImage([speckle(seed=n)]) for n, i in enumerate("abc")}
    whole = run(rows("a", "b", "c", "d"), ScriptedOcr([NAME, VALUE]), images)
    parts = [run(rows(*ids), ScriptedOcr([NAME, VALUE]), images) for ids in (("a", "b"), ("c", "d"))]
    assert whole.kept == pa.concat_tables([p.kept for p in parts])
    assert whole.rejected == pa.concat_tables([p.rejected for p in parts])
    assert whole.byproducts["text_regions"] == pa.concat_tables([p.byproducts["text_regions"] for p in parts])


def test_cine_is_masked_by_the_union_of_its_frames():
    frames = [speckle(seed=1) for _ in range(10)]
    for frame in frames:
        frame[290:330, 190:310] = 0
        frame[302:318, 204:296:4] = 250  # the name in thin strokes
    frames[2] = frames[2].copy()
    frames[2][290:330, 190:310] = 0  # no name on the first key frame
    result = run(rows("a"), ScriptedOcr([NAME]), {"a": MemoryImage(frames)}, frames_per_cine=2)
    assert result.kept["frame"].to_pylist() == [2, 7]
    assert all((picture(row)[302:318, 204:296] == 0).all() for row in result.kept.to_pylist())


def test_known_phi_of_the_header_masks_a_landmark():
    landmark = TextRegion((300, 200, 400, 220), "LIVER LONG", 0.99)
    image = MemoryImage([speckle()], {"names": ["Long^Ming"]})
    out = picture(run(rows("a"), ScriptedOcr([landmark]), {"a": image}).kept.to_pylist()[0])
    assert (out[200:220, 300:400] == 0).all()


def test_identity_that_survives_masking_rejects_the_image():
    misread = ScriptedOcr([TextRegion((300, 200, 400, 220), "SPLEEN", 0.99)])
    result = run(rows("a", known={"names": ["Spleens"]}), misread, {"a": MemoryImage([speckle()])})
    assert result.rejected["reason"].to_pylist() == ["RESIDUAL_PHI"]


@pytest.mark.parametrize("kind", ["QRCode", "Code128", "DataMatrix"])
def test_codes_are_masked(kind):
    code = zxingcpp.create_barcode("MR0042", getattr(zxingcpp.BarcodeFormat, kind))
    drawn = np.asarray(zxingcpp.write_barcode_to_image(code, scale=4))
    source = speckle()
    source[100 : 100 + drawn.shape[0], 200 : 200 + drawn.shape[1]] = drawn[..., None] if drawn.ndim == 2 else drawn
    out = picture(run(rows("a"), ScriptedOcr([]), {"a": MemoryImage([source])}).kept.to_pylist()[0])
    assert not zxingcpp.read_barcodes(out)
    inner = out[110 : 90 + drawn.shape[0], 220 : 180 + drawn.shape[1]]
    assert (inner == 0).mean() > 0.95


@pytest.mark.parametrize("seed", range(4))
def test_real_engine_on_drawn_consoles(seed, engine):
    zh = seed % 2 == 1
    console = draw_console(500 + seed, zh)
    result = run(rows("a", known=console.known), engine, {"a": MemoryImage([console.pixels])})
    out = picture(result.kept.to_pylist()[0])
    shares = [(item, visible_share(item, console.pixels, out)) for item in console.items]
    assert [item.text for item, share in shares if item.kind == "phi" and share > 0.1] == []
    kept = [share == 1.0 for item, share in shares if item.kind != "phi"]
    assert sum(kept) / len(kept) > 0.8


@pytest.mark.slow
def test_one_engine_serves_two_threads(engine):
    frames = [draw_console(seed).pixels for seed in (0, 2)]
    alone = [engine.read(frame) for frame in frames]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(engine.read, frames * 2))
    assert [[(r.text, r.box_px) for r in t] for t in together] == [[(r.text, r.box_px) for r in t] for t in alone * 2]
