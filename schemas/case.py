"""Cases and key frames: what intake reads from a hospital and what it publishes of it.

In: the hospital's table (``RAW_CASE``, held in memory only, full of PHI). Out: ``CASE`` and ``IMAGE`` (pseudonymous).
Source: EchoVLM section 3.1 (seven anatomical systems, key frames, single-region images).
"""

from enum import StrEnum

import pyarrow as pa


class AnatomicalSystem(StrEnum):
    """The paper's seven systems and where the rest of ultrasound goes (EchoVLM, section 3.1)."""

    LIVER = "liver"
    KIDNEY = "kidney"
    THYROID = "thyroid"
    VESSEL = "vessel"
    GYNAECOLOGY = "gynaecology"
    HEART = "heart"
    BREAST = "breast"
    OBSTETRICS = "obstetrics"
    MSK = "msk"
    LUNG = "lung"
    OTHER = "other"


class Language(StrEnum):
    """Languages of reports and instruction pairs (ISO 639-1)."""

    EN = "en"
    ZH = "zh"


class Modality(StrEnum):
    """Ultrasound display modes."""

    B_MODE = "b_mode"
    COLOR = "color"
    SPECTRAL = "spectral"
    TISSUE_DOPPLER = "tissue_doppler"
    M_MODE = "m_mode"


#: Columns of the hospital's table. The first group must be mapped, the second may be absent.
REQUIRED_COLUMNS = ("case_id", "patient_id", "findings", "images")
OPTIONAL_COLUMNS = (
    "site",
    "patient_name",
    "birth_date",
    "sex",
    "exam_date",
    "accession_number",
    "institution",
    "physicians",
    "phone",
    "address",
    "anatomical_system",
    "language",
    "impression",
)
#: Columns that may hold several values, separated by ``;`` or ``|`` (or a JSON list in JSONL and Parquet).
LIST_COLUMNS = ("physicians", "anatomical_system", "images")

#: PHI that is known about a case, each kind as a list of strings as they were written. Never leaves memory.
KNOWN_PHI = pa.struct(
    [
        ("names", pa.list_(pa.string())),
        ("ids", pa.list_(pa.string())),
        ("dates", pa.list_(pa.string())),
        ("phones", pa.list_(pa.string())),
        ("addresses", pa.list_(pa.string())),
        ("physicians", pa.list_(pa.string())),
        ("institutions", pa.list_(pa.string())),
    ]
)
KNOWN_PHI_KINDS: tuple[str, ...] = tuple(field.name for field in KNOWN_PHI)

#: One row of the hospital's table, pseudonymous id beside the identified content. In memory only, never written.
RAW_CASE = pa.schema(
    [
        ("case_id", pa.string()),
        ("patient_key", pa.string()),
        ("site", pa.string()),
        ("systems", pa.list_(pa.string())),
        ("language", pa.string()),
        ("sex", pa.string()),
        ("age_years", pa.int16()),
        ("findings", pa.string()),
        ("impression", pa.string()),
        ("image_paths", pa.list_(pa.string())),
        ("known_phi", KNOWN_PHI),
        ("defect", pa.string()),  # RejectReason found while reading, or null
    ]
)

#: One exam. Table `cases`.
CASE = pa.schema(
    [
        pa.field("case_id", pa.string(), False, {"comment": "keyed pseudonym of site and case id"}),
        pa.field(
            "patient_key", pa.string(), False, {"comment": "keyed pseudonym of site and patient id; splits use it"}
        ),
        pa.field("site", pa.string(), False, {"comment": "hospital code given in the config or table"}),
        pa.field("systems", pa.list_(pa.string()), False, {"comment": "anatomical systems, multi-label"}),
        pa.field("language", pa.string(), True, {"comment": "en, zh, other; null: detected at scrub"}),
        pa.field("sex", pa.string(), True, {"comment": "F, M, O"}),
        pa.field("age_years", pa.int16(), True, {"comment": "age at exam in years; 90 means over 89"}),
        pa.field("image_ids", pa.list_(pa.string()), False, {"comment": "image files that passed intake"}),
    ]
)

#: What desensitize reads: one image file. In memory only (``known_phi``).
SOURCE_IMAGE = pa.schema(
    [
        ("image_id", pa.string()),
        ("case_id", pa.string()),
        ("site", pa.string()),
        ("known_phi", KNOWN_PHI),
    ]
)

#: One published key frame. Table `images`.
IMAGE = pa.schema(
    [
        pa.field("frame_id", pa.string(), False, {"comment": "image_id/fNNN"}),
        pa.field("image_id", pa.string(), False, {"comment": "parent image file: case_id/iNNN"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("frame", pa.int32(), False, {"comment": "frame number in the source file, 0 for stills"}),
        pa.field("width_px", pa.int32(), False, {"comment": "columns"}),
        pa.field("height_px", pa.int32(), False, {"comment": "rows"}),
        pa.field("sha256", pa.string(), False, {"comment": "of the PNG bytes"}),
        pa.field(
            "image",
            pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
            False,
            {"comment": "masked pixels as PNG (Hugging Face Image struct)"},
        ),
        pa.field("modality", pa.string(), True, {"comment": "b_mode, color, spectral, tissue_doppler, m_mode"}),
        pa.field("modality_source", pa.string(), True, {"comment": "regions, image_type, text or pixels"}),
    ]
)

#: Behind the id of a published frame: the same frame with its measured values masked. Table `twin_frames`.
TWIN_FRAME = "/v"

#: What scrub reads: one report. In memory only.
RAW_REPORT = pa.schema(
    [
        ("case_id", pa.string()),
        ("site", pa.string()),
        ("language", pa.string()),
        ("findings", pa.string()),
        ("impression", pa.string()),
        ("known_phi", KNOWN_PHI),
    ]
)

#: One scrubbed report. Table `reports`.
REPORT = pa.schema(
    [
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("language", pa.string(), False, {"comment": "en or zh, given or detected"}),
        pa.field("findings", pa.string(), False, {"comment": "scrubbed findings (超声所见)"}),
        pa.field("impression", pa.string(), False, {"comment": "scrubbed impression (超声提示), may be empty"}),
        pa.field("redactions", pa.int32(), False, {"comment": "number of spans replaced"}),
    ]
)
