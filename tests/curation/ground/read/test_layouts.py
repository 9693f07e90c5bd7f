"""The layouts of public data sets, on small data drawn here."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from curation.ground.masks import mask_of_rle
from curation.ground.read import layouts
from curation.ground.read.ddti import DdtiReader
from curation.ground.read.raw import Raw
from curation.ground.read.source import Sources, open_source
from schemas.annotated import Annotations
from schemas.errors import ChunkError, ConfigError
from schemas.grounding import Role
from schemas.reject import RejectReason


def oval(rows=60, columns=80, half=(20, 12)):
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    return (((x - columns / 2) / half[0]) ** 2 + ((y - rows / 2) / half[1]) ** 2 <= 1).astype(np.uint8)


def save(folder, name, pixels, mode="L"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(pixels, np.uint8))
    image.convert(mode).save(path) if mode != "P" else _indexed(pixels).save(path)
    return path


def _indexed(pixels):
    image = Image.fromarray(np.asarray(pixels, np.uint8), "P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255] + [0] * 756)
    return image


def picture(folder, name):
    return save(folder, name, np.full((60, 80), 90))


def objects(reader, image):
    return [(raw.name, mask_of_rle(raw.rle)) for raw in reader.read(image) if raw.role is Role.OBJECT]


def test_busi(tmp_path):
    picture(tmp_path, "benign/benign (1).png")
    save(tmp_path, "benign/benign (1)_mask.png", oval() * 255)
    save(tmp_path, "benign/benign (1)_mask_1.png", np.roll(oval(half=(5, 5)), 20, axis=1) * 255)
    picture(tmp_path, "normal/normal (1).png")
    save(tmp_path, "normal/normal (1)_mask.png", oval() * 0)
    reader = layouts.busi(tmp_path)
    assert reader.images() == ["benign/benign (1).png", "normal/normal (1).png"]
    found = objects(reader, "benign/benign (1).png")
    assert [name for name, _ in found] == ["lesion", "lesion"] and np.array_equal(found[0][1], oval())
    assert [(raw.name, raw.role) for raw in reader.read("normal/normal (1).png")] == [("normal", Role.DIAGNOSIS)]
    assert len(reader.files()) == 3


def test_tn3k_with_jpeg_masks(tmp_path):
    picture(tmp_path, "trainval-image/0001.jpg")
    save(tmp_path, "trainval-mask/0001.jpg", oval() * 255)
    reader = layouts.tn3k(tmp_path)
    assert reader.images() == ["trainval-image/0001.jpg"]
    ((name, mask),) = objects(reader, "trainval-image/0001.jpg")
    assert name == "thyroid nodule" and (mask != oval()).mean() < 0.01


def test_ddti_as_folders_of_masks_and_as_outlines(tmp_path):
    picture(tmp_path, "p_image/1.PNG")
    two = np.hstack([oval(60, 40, (10, 8)), oval(60, 40, (12, 9))])
    save(tmp_path, "p_mask/1.PNG", two * 255)
    found = objects(layouts.ddti(tmp_path), "p_image/1.PNG")
    assert len(found) == 2 and np.array_equal(found[0][1] | found[1][1], two)
    points = json.dumps([{"points": [{"x": 1, "y": 2}, {"x": 9, "y": 2}, {"x": 9, "y": 8}]}, {"points": [{"x": 1}]}])
    xml = f"<case><mark><image>1</image><svg>{points}</svg></mark><mark><image>2</image><svg>[x</svg></mark></case>"
    (tmp_path / "7.xml").write_text(xml)
    reader = DdtiReader(tmp_path)
    assert reader.images() == ["7_1", "7_2"]
    first, second = reader.read("7_1")
    assert first.rings == [[1, 2, 9, 2, 9, 8]] and second.defect is RejectReason.MALFORMED_ANNOTATION
    assert reader.read("7_2")[0].defect is RejectReason.MALFORMED_ANNOTATION
    source = Annotations(layout="ddti", path=tmp_path)
    assert isinstance(open_source(source), DdtiReader)


def test_hc18_outline_is_filled_to_the_middle_of_its_line(tmp_path):
    import cv2

    line = np.zeros((200, 300), np.uint8)
    cv2.ellipse(line, (150, 100), (90, 60), 20, 0, 360, 255, 3)
    picture(tmp_path, "set/000_HC.png")
    save(tmp_path, "set/000_HC_Annotation.png", line)
    table = "filename,pixel size(mm),head circumference (mm)\n000_HC.png,0.069,44.3\n"
    (tmp_path / "set" / "training_set_pixel_size_and_HC.csv").write_text(table)
    reader = layouts.hc18(tmp_path)
    (raw,) = reader.read("set/000_HC.png")
    assert (raw.name, raw.px_mm) == ("fetal head", (0.069, 0.069))
    assert mask_of_rle(raw.rle).sum() == pytest.approx(math.pi * 90 * 60, rel=0.01)
    source = [Annotations(layout="hc18", path=tmp_path)]
    assert len(reader.files()) == 2 and Sources(source).fingerprint == Sources(source).fingerprint
    before = Sources(source).fingerprint
    (tmp_path / "set" / "training_set_pixel_size_and_HC.csv").write_text(table.replace("0.069", "0.071"))
    assert Sources(source).fingerprint != before  # other lengths in mm


def test_camus_by_value(tmp_path):
    name = "patient0001/patient0001_2CH_ED"
    picture(tmp_path, f"{name}.png")
    levels = np.zeros((60, 80), np.uint8)
    levels[10:20], levels[20:30], levels[40:50] = 1, 2, 3
    save(tmp_path, f"{name}_gt.png", levels)
    found = objects(layouts.camus(tmp_path), f"{name}.png")
    assert [one for one, _ in found] == ["left ventricle", "myocardium", "left atrium"]
    assert all(mask.sum() == 800 for _, mask in found)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB", "RGBA", "LA"])
def test_binary_masks_in_every_mode(tmp_path, mode):
    pixels = oval() if mode == "P" else oval() * 255
    save(tmp_path, "a/b.png", pixels, mode)
    ((name, mask),) = objects(layouts.masks(tmp_path, "cyst", {}, parts=False), "a/b")
    assert name == "cyst" and np.array_equal(mask, oval())


def test_indexed_and_colour_masks_by_value(tmp_path):
    levels = np.zeros((60, 80), np.uint8)
    levels[:10], levels[20:30] = 1, 2
    save(tmp_path, "one.png", levels, "P")
    found = objects(layouts.masks(tmp_path, None, {"1": "liver", "2": "kidney"}, parts=False), "one")
    assert [(name, int(mask.sum())) for name, mask in found] == [("liver", 800), ("kidney", 800)]
    colour = np.zeros((60, 80, 3), np.uint8)
    colour[:10, :, 0], colour[20:30, :, 1] = 255, 200
    save(tmp_path, "one.png", colour, "RGB")
    found = objects(layouts.masks(tmp_path, None, {"#ff0000": "liver"}, parts=False), "one")
    assert [name for name, _ in found] == ["#00c800", "liver"]  # what has no category is rejected later
    save(tmp_path, "one.png", levels * 0, "P")
    ((name, mask),) = objects(layouts.masks(tmp_path, None, {"1": "liver"}, parts=False), "one")
    assert name == "liver" and not mask.any()


def test_classes_by_folder_or_by_name(tmp_path):
    save(tmp_path, "liver/a/1.png", oval() * 255)
    save(tmp_path, "2_kidney.png", oval() * 255)
    reader = layouts.masks(tmp_path, None, {}, parts=False)
    assert {image: objects(reader, image)[0][0] for image in reader.images()} == {"a/1": "liver", "2": "kidney"}


def test_a_mask_that_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    (raw,) = layouts.masks(tmp_path, "cyst", {}, parts=False).read("a")
    assert raw.defect is RejectReason.UNREADABLE_MASK


def test_sources_find_pictures_by_path_then_by_name_without_suffix(tmp_path):
    save(tmp_path / "masks", "a/1.png", oval() * 255)
    save(tmp_path / "masks", "a/2.dcm.png", oval() * 255)
    save(tmp_path / "masks", "gone.png", oval() * 255)
    (tmp_path / "labels.csv").write_text("image,diagnosis,px_mm\na/1.jpg,benign,0.2\nb.png,malignant,\n")
    sources = Sources(
        [
            Annotations(layout="masks", path=tmp_path / "masks", label="cyst", images="x"),
            Annotations(layout="labels", path=tmp_path / "labels.csv", images="x"),
        ]
    )
    assert sources.match(["x/a/1.jpg", "x/a/2.dcm", "x/b.png", "y.png"]) == ["x/a/1.jpg", "x/a/2.dcm", "x/b.png"]
    assert sources.missing == [(0, "gone")]
    found = sources.of_picture("x/a/1.jpg")
    assert [(layout, raw.name, raw.px_mm) for layout, raw in found] == [
        ("masks", "cyst", (0.2, 0.2)),
        ("labels", "benign", (0.2, 0.2)),
    ]
    assert len(sources.files()) == 4


def test_files_are_hashed_once_and_a_change_is_refused(tmp_path, monkeypatch):
    import hashlib

    hashed, digest = [], hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: hashed.append(file.name) or digest(file, name))
    masks = [save(tmp_path, f"{name}.png", oval() * 255) for name in "ab"]
    config = [Annotations(layout="masks", path=tmp_path, label="cyst")]
    sources = Sources(config)
    assert sources.fingerprint == sources.fingerprint and len(hashed) == 2
    assert len(sources.of_place(0, "a")) == 1
    save(tmp_path, "a.png", oval(half=(9, 9)) * 255)
    masks[1].unlink()
    for image in "ab":
        with pytest.raises(ChunkError, match="has changed since the run began") as told:
            sources.of_place(0, image)
        assert f"{image}.png" not in str(told.value)
    assert Sources(config).fingerprint != sources.fingerprint


def test_a_file_that_cannot_be_read_is_not_named(tmp_path):
    save(tmp_path, "John Doe.png", oval() * 255)
    sources = Sources([Annotations(layout="masks", path=tmp_path, label="cyst")])
    (tmp_path / "John Doe.png").unlink()
    with pytest.raises(ConfigError, match="a file of .* cannot be read") as told:
        _ = sources.fingerprint
    assert "Doe" not in str(told.value)


def test_a_table_of_pixel_sizes_alone_measures_the_masks(tmp_path):
    save(tmp_path / "masks", "1.png", oval() * 255)
    (tmp_path / "sizes.csv").write_text("image,px_mm_x,px_mm_y\n1.png,0.2,0.3\n2.png,0.4,0.4\n")
    masks = Annotations(layout="masks", path=tmp_path / "masks", label="cyst")
    sources = Sources([masks, Annotations(layout="labels", path=tmp_path / "sizes.csv")])
    assert sources.match(["1.png", "2.png"]) == ["1.png", "2.png"]
    ((layout, raw),) = sources.of_picture("1.png")
    assert (layout, raw.px_mm) == ("masks", (0.2, 0.3)) and sources.of_picture("2.png") == []


def test_no_repr_shows_a_name_or_a_place(tmp_path):
    raw = Raw("Mrs Smith", points=[("J. Smith", 1.0, 2.0, True)], rings=[[77.0, 1, 2, 3, 4, 5]], box=[77.0, 1, 2, 3])
    assert "Smith" not in repr(raw) and "77" not in repr(raw)
    assert "Smith" not in repr(layouts.MaskFile(tmp_path / "Smith.png", "Smith"))


@pytest.mark.parametrize("layout", ["coco", "labels", "masks", "busi"])
def test_a_source_that_is_not_there(tmp_path, layout):
    with pytest.raises(ConfigError, match="annotations"):
        open_source(Annotations(layout=layout, path=tmp_path / "nowhere"))
