"""What is learned of held-out sets: every id, every frame, pictures in texts; what cannot be read is named."""

import base64
import csv
import io
import json
import os
import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian

from curation.dedup.picture import picture_hashes
from curation.image import raster
from flows.releases.against import read_held_out
from flows.releases.invented import picture
from flows.shelf.export import Wanted, export_release
from flows.shelf.invented import invent
from schemas.errors import ConfigError
from tests.curation.image.fakes import LIMITS
from tests.curation.image.test_decode import write_dicom


def read(folder):
    return read_held_out([folder], LIMITS)


def png(seed, side=96):
    return picture(np.random.default_rng(seed), side)


def opened(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def apart(one, other):
    return max((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


def bomb():
    """Say in the header of a small PNG that it has 20000 x 20000 pixels of one bit."""
    sink = io.BytesIO()
    Image.new("1", (20000, 20000)).save(sink, "PNG")
    return sink.getvalue()


def test_numbers_are_ids_in_parquet_and_json(tmp_path):
    columns = {
        "patient_id": pa.array([7700000, 7700001], pa.int64()),
        "gaps": pa.array([7700002.0, None], pa.float64()),
        "decimal": pa.array([Decimal("7700003"), None], pa.decimal128(20, 0)),
        "flag": pa.array([True, False]),
        "map": pa.array([[("k", "7700004")], []], pa.map_(pa.string(), pa.string())),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    (tmp_path / "a.json").write_text(json.dumps({"ids": [7700005, 7700006.0, 0.5, True], "7700007": {}}))
    found = read(tmp_path).ids
    assert {f"770000{at}" for at in range(8)} <= found
    assert not found & {"True", "False", "1", "0.5", "7700002.0"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("padded.csv", 'id,sex\n" P7700000 ",F\n'),
        ("newline.json", '"P7700000\\n"'),
        ("headless.csv", "P7700000,F\nP7700001,M\n"),
        ("headless.csv", "F,F,P7700000,P7700000\nF,F,P7700000,P7700001\n"),
        ("same_names.csv", "id,id\nP7700000,x\n"),
        ("semicolons.csv", "\ufeffid;sex;size\nP7700000;F;1,5\n"),
        ("bars.csv", "P7700000|F\n"),
        ("one, two.tsv", "a, b\tid\n1\tP7700000\n"),
        ("lines.txt", "x\nP7700000\ny\n"),
        ("last.txt", "P7700000\n"),
    ],
)
def test_an_id_is_found_wherever_it_stands(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert "P7700000" in read(tmp_path).ids


def test_whole_numbers_that_pandas_wrote_with_a_point_are_ids(tmp_path):
    (tmp_path / "a.csv").write_text("patient_id,size\n7700000.0,1.5\n", encoding="utf-8")
    assert {"7700000", "7700000.0", "1.5"} <= read(tmp_path).ids


def test_lines_and_paragraphs_of_a_text_file_are_texts(tmp_path):
    lines = ["The liver is of normal size.", "The gallbladder has no stones."]
    (tmp_path / "a.txt").write_text("\n".join(lines), encoding="utf-8")
    assert read(tmp_path).texts == {*lines, "\n".join(lines)}


def test_every_frame_of_a_dicom_is_hashed(tmp_path):
    frames = [np.asarray(opened(png(seed))) for seed in (1, 2)]
    data = np.stack(frames)
    path = write_dicom(tmp_path / "a.dcm", pixels=frames[0], syntax=ExplicitVRLittleEndian)
    write_dicom(path, pixels=frames[0], NumberOfFrames=2, PixelData=data.tobytes())
    assert read(tmp_path).pictures == [picture_hashes(png(1)), picture_hashes(png(2))]


@pytest.mark.parametrize("name", ["a.webp", "a.gif", "a.tif", "a.png"])
def test_every_frame_of_a_moving_picture_and_every_page_is_hashed(tmp_path, name):
    first, *others = (opened(png(seed)) for seed in (1, 2, 3))
    options = {"lossless": True} if name.endswith("webp") else {}
    first.save(tmp_path / name, save_all=True, append_images=others, **options)
    found = read(tmp_path).pictures
    assert len(found) == 3
    assert all(apart(hashes, picture_hashes(png(at + 1))) <= 4 for at, hashes in enumerate(found))


@pytest.mark.parametrize(("name", "bits"), [("a.png", 16), ("a.png", 12), ("a.tif", 16), ("a.tif", 32), ("f.tif", 12)])
def test_deep_grey_is_scaled_as_the_archive_scales_it(tmp_path, name, bits):
    grey = np.asarray(opened(png(1)).convert("L")).astype(np.float64)
    kinds = {16: np.uint16, 12: np.uint16, 32: np.int32}
    levels = (grey * ((2.0 ** min(bits, 20) - 1) / 255)).astype(np.float32 if name == "f.tif" else kinds[bits])
    Image.fromarray(levels).save(tmp_path / name)
    sink = io.BytesIO()
    Image.fromarray(raster.read_frame(tmp_path / name, "png" if name == "a.png" else "tiff", 0)).save(sink, "PNG")
    assert read(tmp_path).pictures == [picture_hashes(sink.getvalue())]
    assert apart(picture_hashes(png(1)), picture_hashes(sink.getvalue())) <= 2


def test_levels_that_are_no_numbers_are_refused(tmp_path):
    Image.fromarray(np.full((40, 40), np.nan, np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(ConfigError, match="a.tif cannot be read"):
        read(tmp_path)


def test_linked_folders_are_followed_once_and_dangling_links_are_refused(tmp_path):
    held, away = tmp_path / "held", tmp_path / "away"
    held.mkdir()
    away.mkdir()
    (away / "P7700000.png").write_bytes(png(1))
    (away / "back").symlink_to(held)
    (held / "linked").symlink_to(away)
    found = read(held)
    assert (found.pictures, found.ids) == ([picture_hashes(png(1))], {"P7700000"})
    (away / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(ConfigError, match="gone.png cannot be read"):
        read(held)


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(ConfigError, match="locked cannot be read"):
        read(tmp_path)


def test_our_own_export_for_vlmevalkit_is_read(tmp_path):
    invent(tmp_path / "warehouse", cases=12)
    export_release(tmp_path / "warehouse", "demo", tmp_path / "out", Wanted("vlmevalkit", "embed", ("train",)))
    (path,) = (tmp_path / "out").rglob("*.tsv")
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", newline="") as file:
        cells = [row["image"] for row in csv.DictReader(file, delimiter="\t")]
    shown = [one for cell in cells for one in re.findall(r"[A-Za-z0-9+/=]{60,}", cell)]
    assert any(cell.startswith("[") for cell in cells) or len(shown) == len(cells)
    found = read(tmp_path / "out")
    assert found.pictures == [picture_hashes(base64.b64decode(one)) for one in shown]
    assert shown
    assert max(map(len, found.texts)) < 2000


@pytest.mark.parametrize("kind", ["plain", "list", "url", "other", "html", "wrapped", "url_safe", "unpadded", "bmp"])
def test_pictures_in_base64_are_hashed(tmp_path, kind):
    sink = io.BytesIO()
    opened(png(1)).save(sink, "BMP" if kind == "bmp" else "PNG")
    coded = base64.b64encode(sink.getvalue()).decode()
    jpeg = io.BytesIO()
    opened(png(1)).save(jpeg, "JPEG", quality=95)
    written = {
        "plain": f" {coded}",
        "list": str([coded]),
        "url": f"data:image/png;base64,{coded}",
        "other": base64.b64encode(jpeg.getvalue()).decode(),
        "html": f'The liver: <img alt="x" src="data:image/png;base64,{coded}"> of a man.',
        "wrapped": base64.encodebytes(sink.getvalue()).decode(),
        "url_safe": base64.urlsafe_b64encode(sink.getvalue()).decode(),
        "unpadded": coded.rstrip("="),
        "bmp": f"data:image/bmp;base64,{coded}",
    }[kind]
    (tmp_path / "a.json").write_text(json.dumps({"image": written}), encoding="utf-8")
    found = read(tmp_path)
    assert len(found.pictures) == 1
    assert apart(found.pictures[0], picture_hashes(png(1))) <= 4
    assert all(len(text) < 100 for text in found.texts)


def test_bytes_in_parquet_are_hashed_frame_by_frame(tmp_path):
    sink = io.BytesIO()
    opened(png(1)).save(sink, "GIF", save_all=True, append_images=[opened(png(2))])
    stored = [{"bytes": sink.getvalue(), "path": "p.gif"}]
    pq.write_table(pa.table({"image": stored, "raw": [png(3)]}), tmp_path / "a.parquet")
    assert len(read(tmp_path).pictures) == 3


def test_long_cells_are_read_and_quotes_that_are_not_closed_are_refused(tmp_path):
    csv.field_size_limit(131072)
    (tmp_path / "a.tsv").write_text(f"id\ttext\nP7700000\t{'word ' * 40_000}\n", encoding="utf-8")
    assert "P7700000" in read(tmp_path).ids
    (tmp_path / "a.tsv").write_text('id\ttext\nx\t"cyst\nP7700000\ty\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="a.tsv cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("deep.json", b"[" * 100_000 + b"]" * 100_000),
        ("deep.json", b"[" * 900 + b"1" + b"]" * 900),
        ("deep.jsonl", b'{"a":' * 100_000),
        ("bomb.png", bomb()),
        ("flipped.png", png(1)[:16] + b"\x7f\xff" + png(1)[18:]),
        ("cut.gif", b"GIF89a\x40\x00\x40\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,"),
        ("cut.json", json.dumps(base64.b64encode(png(1)[:3000]).decode()).encode()),
        ("cut.csv", b"image\n" + base64.b64encode(png(1))[:4001]),
    ],
)
def test_what_breaks_a_reader_is_one_line_that_names_the_file(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    if data.startswith(b"[[") and len(data) < 10_000:
        assert "1" in read(tmp_path).ids  # deep, but not too deep
        return
    with pytest.raises(ConfigError, match=re.escape(name)) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)
