"""Whole image files to be broken: bundled with pydicom, or written here; some of them with a name in their pixels."""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont, TiffImagePlugin
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from tests.curation.image.consoles import font_path

FILES = Path(pydicom.__path__[0]) / "data" / "test_files"
BUNDLED = ("examples_rgb_color", "examples_palette", "examples_ybr_color", "examples_jpeg2k", "ExplVR_BigEnd")
#: What is written here: syntax, number of frames, sort of pixels.
WRITTEN = {
    "plain": (ExplicitVRLittleEndian, 2, "colour"),
    "rle": (RLELossless, 3, "colour"),
    "jpeg": (JPEGBaseline8Bit, 2, "colour"),
    "jpeg2k": (JPEG2000Lossless, 1, "colour"),
    "grey16": (ExplicitVRLittleEndian, 1, "grey16"),
    "deflated": (DeflatedExplicitVRLittleEndian, 1, "colour"),
}
DICOM = (*(f"{name}.dcm" for name in BUNDLED), *(f"{name}.dcm" for name in WRITTEN))
RASTER = (
    *("rgb.png", "palette.png", "grey16.png", "bits.png", "rgb.jpg", "cmyk.jpg"),
    *("pages.tif", "packed.tif", "zipped.tif", "jpeg.tif", "fax.tif", "rgb.bmp"),
)
#: Files whose pixels show ``NAME``.
NAMED = tuple(f"named_{name}" for name in ("plain.dcm", "rle.dcm", "jpeg.dcm", "jpeg2k.dcm", "a.png", "b.jpg", "c.tif"))
NAME, AT = "LUO MEILING", (20, 90)
#: What headers and tags of the written files say, and no output may.
PATIENT = "Quentin^Zarathustra"
LONG_VRS = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UC", "UN", "UR", "UT", "SV", "UV")
_ENCODED_HERE = (RLELossless, JPEG2000Lossless)


@dataclass(frozen=True)
class Element:
    """Where an element of a DICOM file lies."""

    tag: tuple[int, int]
    vr: str
    start: int
    length_at: int
    value_at: int
    end: int


@dataclass(frozen=True)
class Seed:
    """A whole file, and what must be known of it to break it in its tender places."""

    data: bytes
    pixels_at: int
    elements: tuple[Element, ...] = ()
    big: bool = False


def picture(rows=64, cols=80, seed=0):
    """Smooth colours with some noise, so that every codec has something to do."""
    y, x = np.mgrid[:rows, :cols]
    noise = np.random.default_rng(seed).integers(0, 24, (rows, cols))
    return np.stack([(x * 3 + noise) % 256, (y * 3 + noise) % 256, (x + y + noise) % 256], axis=2).astype(np.uint8)


@cache
def named():
    """Draw tissue under a name: the frame, and the part of it that shows the name."""
    frame = picture(160, 168) // 5
    frame[:40] = 0
    image = Image.fromarray(frame)
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(str(font_path(False)), 17)
    draw.text(AT, NAME, font=font, fill=(235, 235, 235))
    x0, y0, x1, y1 = (int(v) for v in draw.textbbox(AT, NAME, font=font))
    return np.asarray(image), np.asarray(image)[y0 - 2 : y1 + 2, x0 - 2 : x1 + 2]


@cache
def seed_of(name):
    """Give a whole file by its name."""
    stem, suffix = name.removeprefix("named_").rsplit(".", 1)
    if suffix != "dcm":
        data = _raster(name, named()[0] if name in NAMED else picture())
        return Seed(data, min(len(data) // 2, 200))
    if stem in BUNDLED:
        data = (FILES / name).read_bytes()
    else:
        syntax, count, sort = WRITTEN[stem]
        frames = [named()[0]] if name in NAMED else [picture(seed=n) for n in range(count)]
        data = write(frames if sort == "colour" else [frames[0][..., 0].astype(np.uint16) * 16], syntax)
    elements = tuple(_elements(data))
    pixels = [e.start for e in elements if e.tag == (0x7FE0, 0x0010)]
    return Seed(data, pixels[0] if pixels else len(data) // 2, elements, big=stem == "ExplVR_BigEnd")


def write(frames, syntax=ExplicitVRLittleEndian, **tags):
    """Write frames as a small ultrasound file."""
    first, data = frames[0], Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax in _ENCODED_HERE else syntax
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.6.1")
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    data.SpecificCharacterSet, data.Modality, data.PatientName = "ISO_IR 192", "US", PATIENT
    data.Rows, data.Columns = first.shape[:2]
    data.SamplesPerPixel = 3 if first.ndim == 3 else 1
    data.PhotometricInterpretation = "RGB" if first.ndim == 3 else "MONOCHROME2"
    if first.ndim == 3:
        data.PlanarConfiguration = 0
    else:
        data.WindowCenter, data.WindowWidth = "2000", "4000"
    if len(frames) > 1:
        data.NumberOfFrames = len(frames)
    data.BitsAllocated = data.BitsStored = first.dtype.itemsize * 8
    data.HighBit, data.PixelRepresentation = data.BitsStored - 1, 0
    data.PixelData = b"".join(frame.tobytes() for frame in frames)
    if syntax == JPEGBaseline8Bit:
        data.PhotometricInterpretation = "YBR_FULL_422"
        data.PixelData = encapsulate([encoded(Image.fromarray(frame), "JPEG", quality=95) for frame in frames])
        data["PixelData"].is_undefined_length = True
    data["PixelData"].VR = "OB" if data.BitsStored == 8 else "OW"
    for tag, value in tags.items():
        setattr(data, tag, value)
    if syntax in _ENCODED_HERE:
        data.compress(syntax, generate_instance_uid=False)
    file = io.BytesIO()
    data.save_as(file, enforce_file_format=True)
    return file.getvalue()


def encoded(image, kind, **options):
    """Encode an image."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _raster(name, pixels):
    image = Image.fromarray(pixels)
    told = TiffImagePlugin.ImageFileDirectory_v2()
    told[270] = PATIENT
    ways = {
        "rgb.png": lambda: encoded(image, "PNG"),
        "palette.png": lambda: encoded(image.quantize(40), "PNG"),
        "grey16.png": lambda: encoded(Image.fromarray(pixels[..., 0].astype(np.uint16) * 200), "PNG"),
        "bits.png": lambda: encoded(image.convert("1"), "PNG"),
        "rgb.jpg": lambda: encoded(image, "JPEG", progressive=True, comment=PATIENT),
        "cmyk.jpg": lambda: encoded(image.convert("CMYK"), "JPEG"),
        "pages.tif": lambda: encoded(image, "TIFF", save_all=True, append_images=[image.rotate(180)], tiffinfo=told),
        "packed.tif": lambda: encoded(image, "TIFF", compression="tiff_lzw", tiffinfo=told),
        "zipped.tif": lambda: encoded(image, "TIFF", compression="tiff_adobe_deflate", tiffinfo=told),
        "jpeg.tif": lambda: encoded(image, "TIFF", compression="jpeg"),
        "fax.tif": lambda: encoded(image.convert("1"), "TIFF", compression="group4"),
        "rgb.bmp": lambda: encoded(image, "BMP"),
        "named_a.png": lambda: encoded(image, "PNG"),
        "named_b.jpg": lambda: encoded(image, "JPEG", quality=95),
        "named_c.tif": lambda: encoded(image, "TIFF", tiffinfo=told),
    }
    return ways[name]()


def _elements(data):
    """Find the elements at the top of a file whose value representations are explicit."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    for part in (dataset.file_meta, dataset):
        for tag in part.keys():  # noqa: SIM118 - a data set iterates over its elements
            raw = part.get_item(tag)
            at = getattr(raw, "value_tell", getattr(raw, "file_tell", None))
            if at is None or raw.VR == "SQ":
                continue
            length = getattr(raw, "length", len(raw.value) if isinstance(raw.value, str) else 0)
            long = raw.VR in LONG_VRS
            start = at - (12 if long else 8)
            if data[start + 4 : start + 6] == raw.VR.encode():
                end = len(data) if length == 0xFFFFFFFF else at + length + length % 2
                yield Element((tag.group, tag.element), raw.VR, start, at - (4 if long else 2), at, end)
