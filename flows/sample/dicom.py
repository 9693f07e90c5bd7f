"""DICOM files as machines and archives write them: many pixel forms, character sets and planted identifiers.

In: frames as uint8[N, H, W, 3] RGB, an exam and regions. Out: one file. Source: DICOM PS3.3 C.8.5.5 (US regions).
"""

import hashlib
import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import convert_color_space
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from flows.sample.canvas import Pixels
from flows.sample.console import Box
from flows.sample.plan import Exam

#: Pixel forms this module can write.
FORMS = ("rgb", "rgb_planar", "rgb_rle", "rgb_j2k", "palette", "ybr", "ybr_rle", "ybr_jpeg", "mono")


def uid(*parts: object) -> str:
    """Make a unique identifier that depends on its parts only (2.25 and 128 bits)."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def write(path: Path, frames: Pixels, form: str, exam: Exam, regions: Sequence[Box]) -> None:
    """Write one file.

    Shapes: frames uint8[N, H, W, 3] RGB; regions xyxy px, none for machines that do not say.
    """
    cine = len(frames) > 1
    key = (exam.case_id, exam.at.isoformat(), path.name)
    data = Dataset()
    data.SOPClassUID = UltrasoundMultiFrameImageStorage if cine else UltrasoundImageStorage
    data.SOPInstanceUID = uid("instance", *key)
    data.StudyInstanceUID, data.SeriesInstanceUID = uid("study", *key[:2]), uid("series", *key[:2])
    _identify(data, exam)
    data.InstanceNumber = "1"
    if regions:
        data.SequenceOfUltrasoundRegions = [_region(box) for box in regions]
    if cine:
        data.NumberOfFrames, data.FrameTime = str(len(frames)), "40"
        data.FrameIncrementPointer = 0x00181063
    data.Rows, data.Columns = frames.shape[1], frames.shape[2]
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    syntax = _pixels(data, frames, form)
    data.file_meta = _meta(data, syntax)
    compressed = {"rgb_rle": RLELossless, "ybr_rle": RLELossless, "rgb_j2k": JPEG2000Lossless}.get(form)
    if compressed:
        data.compress(compressed, generate_instance_uid=False)
    data.save_as(path, enforce_file_format=True)


def _meta(data: Dataset, syntax: str) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = uid("sonocurate sample hospital")
    meta.ImplementationVersionName = "SAMPLE_1"
    return meta


def _identify(data: Dataset, exam: Exam) -> None:
    """Plant who the patient is, in plain, nested and private elements, in the site's character set."""
    patient, site = exam.patient, exam.site
    charsets = ("GB18030", "ISO_IR 192", ["", "ISO 2022 IR 58"]) if patient.hanzi else ("ISO_IR 100", "ISO_IR 192")
    charset = charsets[exam.number // 2 % len(charsets)]
    data.SpecificCharacterSet = charset
    name = patient.dicom
    if patient.hanzi:
        name += f"={patient.hanzi_family}^{patient.hanzi.removeprefix(patient.hanzi_family)}"
    data.PatientName = _text(name, charset)
    data.PatientID, data.PatientSex = patient.patient_id, patient.sex
    data.PatientBirthDate = f"{patient.birth:%Y%m%d}"
    data.PatientAge = f"{patient.age(exam.at.date()):03d}Y"
    data.PatientAddress, data.PatientTelephoneNumbers = _text(patient.address, charset), patient.phone
    data.AccessionNumber = exam.accession
    data.StudyID = exam.case_id
    data.StudyDate = data.SeriesDate = data.ContentDate = f"{exam.at:%Y%m%d}"
    data.StudyTime = data.ContentTime = f"{exam.at:%H%M%S}"
    data.InstitutionName = _text(site.hospital, charset)
    data.ReferringPhysicianName = _text(_person(site.referrer), charset)
    data.OperatorsName = _text(_person(site.sonographer), charset)
    data.NameOfPhysiciansReadingStudy = _text(_person(site.reader), charset)
    data.Modality, data.Manufacturer, data.ManufacturerModelName = "US", "Sample", "Sample Console"
    data.StudyDescription = "US " + " ".join(system.value for system in exam.systems)
    request = Dataset()
    request.RequestedProcedureDescription = data.StudyDescription
    request.RequestingPhysician = _text(_person(site.referrer), charset)
    other = Dataset()
    other.PatientID, other.IssuerOfPatientID = patient.patient_id, _text(site.hospital, charset)
    data.RequestAttributesSequence, data.OtherPatientIDsSequence = [request], [other]
    block = data.private_block(0x0009, "SAMPLE CONSOLE 1.0", create=True)
    block.add_new(0x01, "PN", _text(name, charset))
    block.add_new(0x02, "LO", patient.patient_id)


def _text(text: str, charset: str | list[str]) -> str | bytes:
    """Encode Chinese with the escapes of ISO 2022 IR 58, which pydicom reads but does not write; leave the rest."""
    if isinstance(charset, str) or text.isascii():
        return text
    parts = re.split("([=^])", text)  # the escape ends at every delimiter
    return b"".join(part.encode() if part.isascii() else b"\x1b$)A" + part.encode("gb2312") for part in parts)


def _person(name: str) -> str:
    """Give a staff name in DICOM order."""
    given, _, family = name.partition(" ")
    return f"{family}^{given}" if family else f"={name[0]}^{name[1:]}"


def _region(box: Box) -> Dataset:
    """Describe a 2D tissue region; the last column and row are inclusive."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = box[0], box[1]
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = box[2] - 1, box[3] - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.025
    return region


def _pixels(data: Dataset, frames: Pixels, form: str) -> str:
    """Set the pixel elements of a form and give the transfer syntax to start from."""
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PlanarConfiguration = 3, "RGB", 0
    if form == "mono":
        return _grey(data, frames)
    if form == "palette":
        return _palette(data, frames)
    if form == "ybr_jpeg":
        return _jpeg(data, frames)
    if form.startswith("ybr"):
        data.PhotometricInterpretation = "YBR_FULL"
        frames = np.asarray(convert_color_space(frames, "RGB", "YBR_FULL"), dtype=np.uint8)
    if form == "rgb_planar":
        data.PlanarConfiguration = 1
        frames = frames.transpose(0, 3, 1, 2)
    data.PixelData = _even(frames.tobytes())
    return str(ImplicitVRLittleEndian if form == "rgb_planar" else ExplicitVRLittleEndian)


def _grey(data: Dataset, frames: Pixels) -> str:
    del data.PlanarConfiguration
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.PixelData = _even(np.stack([np.asarray(Image.fromarray(frame).convert("L")) for frame in frames]).tobytes())
    return str(ExplicitVRLittleEndian)


def _palette(data: Dataset, frames: Pixels) -> str:
    """Index the first frame's colours; tables of 256 entries of 16 bits."""
    del data.PlanarConfiguration
    still = Image.fromarray(frames[0]).quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    colours = np.zeros((256, 3), dtype="<u2")
    table = np.array(still.getpalette() or [], dtype="<u2").reshape(-1, 3)[:256]
    colours[: len(table)] = table * 257
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "PALETTE COLOR"
    for channel, name in enumerate(("Red", "Green", "Blue")):
        setattr(data, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(data, f"{name}PaletteColorLookupTableData", colours[:, channel].tobytes())
    data.PixelData = _even(np.asarray(still, dtype=np.uint8).tobytes())
    return str(ExplicitVRLittleEndian)


def _jpeg(data: Dataset, frames: Pixels) -> str:
    """Compress each frame as baseline JPEG, the way most ultrasound machines do."""
    data.PhotometricInterpretation = "YBR_FULL_422"
    data.LossyImageCompression, data.LossyImageCompressionMethod = "01", "ISO_10918_1"
    pages = []
    for frame in frames:
        page = BytesIO()
        Image.fromarray(frame).save(page, "JPEG", quality=92, subsampling="4:2:2")
        pages.append(page.getvalue())
    data.PixelData = encapsulate(pages)
    data["PixelData"].is_undefined_length = True
    return str(JPEGBaseline8Bit)


def _even(data: bytes) -> bytes:
    """Pad to an even length, as the standard asks."""
    return data + b"\x00" * (len(data) % 2)
