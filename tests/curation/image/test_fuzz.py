import struct
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

from curation.image.decode import DecodeError, decode
from curation.image.desensitize import desensitize
from schemas.config import Desensitize
from schemas.reject import RejectReason
from tests.curation.image import mutations, seeds
from tests.curation.image.fakes import LIMITS
from tests.curation.image.test_desensitize import picture, rows

#: Broken files per seed: in every run, and behind `make chaos`.
PER_DICOM, PER_RASTER, PER_STEP = 60, 30, 8
CHAOS, CHAOS_STEP = 220, 40
#: A name is found where a part of a frame looks like it this much (correlation; unbroken 1, masked about 0.3).
FOUND = 0.5


@pytest.fixture(scope="module")
def breaking(tmp_path_factory):
    """Break files in two worker processes; what a name's check found, and what the processes said."""
    folder = tmp_path_factory.mktemp("broken")

    def run(counts):
        with ProcessPoolExecutor(2, get_context("spawn"), mutations.listen, (folder,)) as pool:
            jobs = {name: pool.submit(mutations.check, name, numbers, folder) for name, numbers in counts.items()}
            try:
                found = {name: job.result() for name, job in jobs.items()}
            except BrokenProcessPool:
                pytest.fail(f"a process died at {[path.read_text() for path in folder.glob('*.now')]}")
        return found, "".join(path.read_text(errors="replace") for path in folder.glob("said.*"))

    return run


@pytest.fixture(scope="module")
def outcome(breaking):
    counts = dict.fromkeys(seeds.DICOM, range(PER_DICOM)) | dict.fromkeys(seeds.RASTER, range(PER_RASTER))
    return breaking(counts)


@pytest.mark.parametrize("name", [*seeds.DICOM, *seeds.RASTER])
def test_a_broken_file_gives_frames_of_its_declared_shape_or_a_reason(outcome, name):
    problems, decoded = outcome[0][name]
    assert problems == []
    assert decoded > 0  # not all of them fall at the first check


def test_broken_files_say_nothing_of_what_they_hold(outcome):
    said = outcome[1].lower()
    assert [part for part in seeds.PATIENT.lower().split("^") if part in said] == []


def test_enough_files_are_broken():
    assert PER_DICOM * len(seeds.DICOM) >= 500
    assert PER_RASTER * len(seeds.RASTER) >= 200
    assert PER_STEP * len(seeds.NAMED) >= 50


@pytest.mark.chaos
def test_chaos_of_broken_files(breaking):
    names = [*seeds.DICOM, *seeds.RASTER]
    found, said = breaking(dict.fromkeys(names, range(1000, 1000 + CHAOS)))
    assert CHAOS * len(names) >= 5000
    assert [problem for problems, _ in found.values() for problem in problems] == []
    assert "zarathustra" not in said.lower()


class Remembering:
    """The real engine; a view that was read before is not read again."""

    def __init__(self, engine):
        self.engine, self.known = engine, {}

    def read(self, pixels):
        return self._once("read", pixels, self.engine.read)

    def detect(self, pixels, **least):
        return self._once("detect", pixels, lambda seen: self.engine.detect(seen, **least))

    def read_boxes(self, pixels, boxes):
        return self.engine.read_boxes(pixels, boxes)

    def _once(self, way, pixels, look):
        key = (way, pixels.shape, pixels.tobytes())
        if key not in self.known:
            self.known[key] = look(pixels)
        return self.known[key]


class Files:
    def open(self, image_id):
        return decode(Path(image_id), **LIMITS)


@pytest.fixture(scope="module")
def remembering(engine):
    return Remembering(engine)


def likeness(pixels):
    """How much the part of a frame that looks most like the name does: also inverted, wherever it stands."""
    grey, name = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (pixels, seeds.named()[1]))
    if grey.shape[0] < name.shape[0] or grey.shape[1] < name.shape[1]:
        return 0.0
    found = np.abs(cv2.matchTemplate(grey, name, cv2.TM_CCOEFF_NORMED))
    window = {"ddepth": -1, "ksize": name.shape[::-1], "anchor": (0, 0), "borderType": cv2.BORDER_CONSTANT}
    mean, square = (cv2.boxFilter(g, **window)[: found.shape[0], : found.shape[1]] for g in (grey, grey * grey))
    return float(found[square - mean * mean > 16].max(initial=0.0))  # what is flat looks like everything


def step(ocr, folder, name, number):
    """Put a broken file through the step; what was published, each with its source frame, and the reasons."""
    way, data = mutations.broken(name, number)
    path = folder / f"x.{name.rsplit('.', 1)[1]}"
    path.write_bytes(data)
    result = desensitize(rows(str(path)), config=Desensitize(), ocr=ocr, pixels=Files())
    published = [(decode(path, **LIMITS).frame(row["frame"]), picture(row)) for row in result.kept.to_pylist()]
    return way, published, result.rejected["reason"].to_pylist()


def check_step(ocr, folder, name, numbers):
    shown = 0
    for number in numbers:
        way, published, reasons = step(ocr, folder, name, number)
        assert published or reasons in [[reason] for reason in RejectReason], (name, number, way)
        for source, out in published:
            assert likeness(out) < FOUND, (name, number, way)
            changed = (out != source).any(axis=2)
            assert (out[changed] == 0).all(), (name, number, way)
            shown += likeness(source) >= FOUND
    return shown


def test_the_name_is_found_where_it_is():
    frame, _ = seeds.named()
    assert likeness(frame) > 0.99
    assert likeness(255 - np.roll(frame, (5, -9), (0, 1))) > 0.99
    x, y = seeds.AT
    masked = frame.copy()
    masked[y : y + 22, x : x + 140] = 0
    assert likeness(masked) < FOUND


@pytest.mark.slow
@pytest.mark.parametrize("name", seeds.NAMED)
def test_a_broken_file_is_published_masked_or_not_at_all(remembering, tmp_path, capfd, name):
    assert likeness(decode_seed(tmp_path, name)) > 0.9
    check_step(remembering, tmp_path, name, range(PER_STEP))
    assert capfd.readouterr().out == ""


def decode_seed(folder, name):
    (folder / name).write_bytes(seeds.seed_of(name).data)
    return decode(folder / name, **LIMITS).frame(0)


@pytest.mark.chaos
@pytest.mark.parametrize("name", seeds.NAMED)
def test_chaos_of_broken_files_in_the_step(remembering, tmp_path, name):
    assert check_step(remembering, tmp_path, name, range(1000, 1000 + CHAOS_STEP)) > 0


def reason_of(path, index=0):
    with pytest.raises(DecodeError) as caught:
        decode(path, **LIMITS).frame(index)
    return caught.value.reason


@pytest.mark.parametrize(
    ("syntax", "marker", "size"),
    [
        (JPEGBaseline8Bit, b"\xff\xc0\x00\x11\x08", struct.pack(">HH", 65_000, 65_000)),
        (JPEG2000Lossless, b"\xff\x4f\xff\x51\x00\x2f\x00\x00", struct.pack(">II", 40_000, 40_000)),
    ],
    ids=["jpeg", "jpeg2k"],
)
def test_a_codestream_larger_than_its_header_says_is_not_decoded(tmp_path, monkeypatch, syntax, marker, size):
    data = seeds.write([seeds.picture()], syntax)
    at = data.index(marker) + len(marker)
    path = tmp_path / "a.dcm"
    path.write_bytes(data)
    assert decode(path, **LIMITS).frame(0).shape == (64, 80, 3)
    path.write_bytes(data[:at] + size + data[at + len(size) :])
    monkeypatch.setattr("curation.image.dicom.pixel_array", lambda *_, **__: pytest.fail("decoded"))
    assert reason_of(path) == RejectReason.UNREADABLE_IMAGE


def test_a_page_of_another_size_is_not_decoded(tmp_path, monkeypatch):
    pages = [Image.new("L", size) for size in ((64, 64), (4000, 3000))]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    monkeypatch.setattr(Image.Image, "convert", lambda *_, **__: pytest.fail("decoded"))
    assert reason_of(tmp_path / "a.tif", 1) == RejectReason.UNREADABLE_IMAGE


def test_a_window_that_is_no_number_is_an_error(tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(seeds.write([seeds.picture()[..., 0]], WindowWidth="1e99").replace(b"1e99", b"nan "))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert reason_of(path) == RejectReason.UNREADABLE_IMAGE
