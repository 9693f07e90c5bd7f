import logging
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import MPEG4HP41, ExplicitVRLittleEndian

from curation.image.decode import DecodeError, decode, probe
from schemas.reject import RejectReason
from tests.curation.image.fakes import LIMITS

FILES = Path(pydicom.__path__[0]) / "data" / "test_files"
US_FILES = ["examples_jpeg2k", "examples_palette", "examples_rgb_color", "examples_ybr_color", "ExplVR_BigEnd"]


def rejected(path, **limits):
    with pytest.raises(DecodeError) as caught:
        image = decode(path, **{**LIMITS, **limits})
        for index in range(image.n_frames):
            image.frame(index)
    return caught.value.reason


def write_dicom(path, *, pixels=None, syntax=ExplicitVRLittleEndian, **tags):
    pixels = np.full((64, 80, 3), 99, dtype=np.uint8) if pixels is None else pixels
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.6.1"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    data.Modality = "US"
    data.Rows, data.Columns = pixels.shape[:2]
    data.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    data.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        data.PlanarConfiguration = 0
    bits = pixels.dtype.itemsize * 8
    data.BitsAllocated = data.BitsStored = bits
    data.HighBit, data.PixelRepresentation = bits - 1, 0
    data.PixelData = pixels.tobytes()
    data["PixelData"].VR = "OB" if bits == 8 else "OW"
    for tag, value in tags.items():
        setattr(data, tag, value)
    data.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("name", US_FILES)
def test_pydicom_ultrasound_files_decode_to_rgb(name, capfd):
    image = decode(FILES / f"{name}.dcm", **LIMITS)
    frame = image.frame(image.n_frames - 1)
    assert frame.dtype == np.uint8
    assert frame.shape == (image.probe.rows, image.probe.cols, 3)
    assert frame.std() > 5
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["examples_palette", "examples_ybr_color"])
def test_stale_regions_are_ignored(name):
    assert decode(FILES / f"{name}.dcm", **LIMITS).regions == ()


@pytest.mark.parametrize("share", [0.999, 0.9, 0.5, 0.1, 0.01])
@pytest.mark.parametrize("name", US_FILES)
def test_truncated_dicom_is_an_error(name, share, tmp_path):
    data = (FILES / f"{name}.dcm").read_bytes()
    path = tmp_path / "image"
    path.write_bytes(data[: int(len(data) * share)])
    assert rejected(path) in {RejectReason.UNREADABLE_IMAGE, RejectReason.UNSUPPORTED_TRANSFER_SYNTAX}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_corrupt_dicom_raises_only_decode_error(tmp_path, data):
    source = bytearray((FILES / "examples_rgb_color.dcm").read_bytes()[:4000])
    for _ in range(data.draw(st.integers(1, 8))):
        source[data.draw(st.integers(0, len(source) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "image.dcm"
    path.write_bytes(bytes(source))
    with warnings.catch_warnings(), pytest.raises(DecodeError):
        warnings.simplefilter("ignore")
        decode(path, **LIMITS).frame(0)


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "bmp", "tif", "tiff"])
@pytest.mark.parametrize("share", [0.95, 0.5])
def test_truncated_raster_is_an_error(suffix, share, tmp_path):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)).save(path)
    assert decode(path, **LIMITS).frame(0).shape == (120, 160, 3)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert rejected(path) == RejectReason.UNREADABLE_IMAGE


def test_pages_of_a_tiff_are_frames(tmp_path):
    pages = [Image.fromarray(np.full((40, 50), v, dtype=np.uint8)) for v in (10, 20, 30)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    image = decode(tmp_path / "a.tif", **LIMITS)
    assert [int(image.frame(i)[0, 0, 0]) for i in range(image.n_frames)] == [10, 20, 30]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", b"", RejectReason.EMPTY_FILE),
        ("a.dcm", b"hello world" * 40, RejectReason.UNREADABLE_IMAGE),
        ("a.png", b"\xff\xd8\xff\xe0" + b"x" * 200, RejectReason.WRONG_EXTENSION),
        ("a.dcm", b"\x89PNG\r\n\x1a\n" + b"x" * 200, RejectReason.WRONG_EXTENSION),
        ("a.jpg", b"\0" * 128 + b"DICM" + b"x" * 200, RejectReason.WRONG_EXTENSION),
        ("a.jpeg", b"\xff\xd8\xff\xe0" + b"x" * 200, RejectReason.UNREADABLE_IMAGE),
    ],
)
def test_content_and_name(name, content, reason, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    assert rejected(path) == reason


def test_absent_file(tmp_path):
    assert rejected(tmp_path / "a.png") == RejectReason.IMAGE_NOT_FOUND


def test_sizes_are_checked_before_pixels(tmp_path):
    path = write_dicom(tmp_path / "a", Rows=60_000, Columns=60_000)
    assert rejected(path) == RejectReason.ABSURD_DIMENSIONS
    assert rejected(write_dicom(tmp_path / "b", Rows=16_000, Columns=16_000)) == RejectReason.DECOMPRESSION_BOMB
    assert rejected(write_dicom(tmp_path / "c", NumberOfFrames=5000)) == RejectReason.DECOMPRESSION_BOMB
    assert rejected(write_dicom(tmp_path / "d", Rows=8)) == RejectReason.ABSURD_DIMENSIONS


def test_other_modalities_and_video(tmp_path):
    assert rejected(write_dicom(tmp_path / "a", Modality="CT")) == RejectReason.NOT_ULTRASOUND
    data = write_dicom(tmp_path / "b").read_bytes().replace(b"1.2.840.10008.1.2.1\0", (str(MPEG4HP41) + "\0").encode())
    header = pydicom.dcmread(tmp_path / "b")
    header.file_meta.TransferSyntaxUID = MPEG4HP41
    header.PixelData = pydicom.encaps.encapsulate([b"\0\0\0\0"])
    header["PixelData"].VR = "OB"
    header["PixelData"].is_undefined_length = True
    header.save_as(tmp_path / "c", enforce_file_format=True)
    assert data
    assert rejected(tmp_path / "c") == RejectReason.UNSUPPORTED_TRANSFER_SYNTAX


def test_grey_and_inverted_grey(tmp_path):
    grey = np.tile(np.arange(80, dtype=np.uint8), (64, 1))
    plain = decode(write_dicom(tmp_path / "a", pixels=grey), **LIMITS).frame(0)
    assert (plain[..., 0] == grey).all()
    turned = write_dicom(tmp_path / "b", pixels=grey, PhotometricInterpretation="MONOCHROME1")
    assert (decode(turned, **LIMITS).frame(0)[..., 1] == 255 - grey).all()
    deep = decode(write_dicom(tmp_path / "c", pixels=grey.astype(np.uint16) * 500), **LIMITS).frame(0)
    assert deep.min() == 0
    assert deep.max() == 255


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("GB18030", "张^伟"),
        ("ISO_IR 192", "欧阳^娜娜"),
        (["", "ISO 2022 IR 58"], "Zhang^XiaoDong=张^小东"),
        (None, "Smith^John"),
    ],
)
def test_header_phi_is_collected_in_every_character_set(charset, name, tmp_path):
    inner = Dataset()
    inner.PatientID = "INNER77"
    inner.ReferringPhysicianName = name
    tags = {"PatientName": name, "PatientID": "0042", "PatientBirthDate": "19800102", "AccessionNumber": "ACC9"}
    tags |= {"InstitutionName": "Larkfield", "RequestAttributesSequence": [inner], "PatientTelephoneNumbers": "555"}
    path = write_dicom(tmp_path / "a", **({"SpecificCharacterSet": charset} if charset else {}), **tags)
    known = decode(path, **LIMITS).known_phi
    assert any(name.split("=")[-1] in text for text in known["names"])
    assert any(name.split("=")[-1] in text for text in known["physicians"])
    assert {"0042", "ACC9", "INNER77"} <= set(known["ids"])
    assert known["dates"] == ["19800102"]
    assert known["phones"] == ["555"]
    assert "Larkfield" in known["institutions"]


def test_undeclared_chinese_is_guessed(tmp_path):
    path = write_dicom(tmp_path / "a", PatientName="AAAA")
    path.write_bytes(path.read_bytes().replace(b"AAAA", "张伟".encode("gb18030")))
    assert "张伟" in decode(path, **LIMITS).known_phi["names"]


def test_errors_and_objects_carry_no_content(tmp_path):
    path = write_dicom(tmp_path / "ZHANG_WEI", PatientName="ZHANG^WEI")
    image = decode(path, **LIMITS)
    assert "ZHANG" not in repr(image)
    with pytest.raises(DecodeError) as caught:
        probe(tmp_path / "ZHANG_2", **LIMITS)
    assert "ZHANG" not in str(caught.value)
    assert logging.getLogger("pydicom").level > logging.CRITICAL


@pytest.mark.parametrize(("bits", "suffix"), [(8, "png"), (10, "tif"), (12, "png"), (16, "png")])
def test_deep_grey_is_as_bright_as_its_8_bit_original(tmp_path, bits, suffix):
    original = np.tile(np.arange(256, dtype=np.uint16), (64, 1))
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(original * 2 ** (bits - 8) + (2 ** (bits - 8) - 1)).save(path)
    assert np.abs(decode(path, **LIMITS).frame(0)[..., 0].astype(int) - original).max() <= 1


def test_a_pipe_is_not_waited_for(tmp_path):
    import os

    os.mkfifo(tmp_path / "x.png")
    assert rejected(tmp_path / "x.png") == RejectReason.UNREADABLE_IMAGE


def test_a_deflated_bomb_is_not_inflated(tmp_path, monkeypatch):
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    from curation.image import dicom

    path = write_dicom(tmp_path / "x", syntax=DeflatedExplicitVRLittleEndian, pixels=np.zeros((512, 512, 3), np.uint8))
    assert decode(path, **LIMITS).frame(0).shape == (512, 512, 3)
    monkeypatch.setattr(dicom, "_MAX_INFLATED_BYTES", 100_000)
    assert rejected(path) == RejectReason.DECOMPRESSION_BOMB
