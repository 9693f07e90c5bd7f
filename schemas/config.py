"""One pydantic model per stage, read from one TOML; unknown keys fail.

``fingerprint()`` covers what changes results (meaning), not where things lie or how many workers run.
"""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from schemas.annotated import Annotate, Annotations, Ground, Rate
from schemas.case import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, Language
from schemas.endpoint import AllowedHost, Endpoint
from schemas.instruction import Tier
from schemas.model import StageModel
from schemas.publishing import Release
from schemas.run import Run


class Input(StageModel):
    """Where the hospital's export lies and how its columns are called."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"table", "images"})

    table: Path
    images: Path
    encoding: Literal["auto", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030"] = "auto"
    site: str = Field("site-1", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    columns: dict[str, str] = Field(default_factory=dict)

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(REQUIRED_COLUMNS) - set(OPTIONAL_COLUMNS))
        if unknown:
            raise ValueError(f"unknown column names on the left side: {', '.join(unknown)}")
        return value


class Warehouse(StageModel):
    """Where the shelf lies."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"root"})

    root: Path = Path("warehouse/data")


class Pseudonym(StageModel):
    """Where the pseudonym key comes from: a file of mode 600, else the environment, else a Prefect Secret block."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"key_file", "key_env", "secret_block"})

    key_file: Path | None = None
    key_env: str = "SONOCURATE_KEY"
    secret_block: str | None = None


class Intake(StageModel):
    """Reading, pairing and screening of cases."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_cases"})

    chunk_cases: int = Field(500, ge=1, le=100_000)
    max_pixels: int = Field(64_000_000, ge=1, le=1_000_000_000)
    max_frames: int = Field(4096, ge=1)
    min_side_px: int = Field(32, ge=1)
    max_side_px: int = Field(16_384, ge=1)


def limits_of(config: Intake) -> dict[str, int]:
    """Give what a decoder must know: the largest and smallest images that are read."""
    return {name: getattr(config, name) for name in ("max_pixels", "max_frames", "max_side_px", "min_side_px")}


class Desensitize(StageModel):
    """OCR masking of key frames."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_images", "workers"})

    engine: Literal["rapidocr"] = "rapidocr"
    chunk_images: int = Field(32, ge=1, le=2000)
    workers: int = Field(2, ge=1, le=64)
    margin_px: int = Field(3, ge=2, le=8)
    keep_min_score: float = Field(0.80, ge=0, le=1)
    frames_per_cine: int = Field(2, ge=1, le=64)
    upscale_below_px: int = Field(400, ge=0, description="frames with fewer rows are read at twice the size")
    residual_audit: bool = True
    audit_engine: Literal["auto", "rapidocr", "easyocr"] = Field("auto", description="auto: EasyOCR where installed")
    deep_audit_share: float = Field(0.0, ge=0, le=1, description="share of images that are also looked at 2x and 3x")
    rotated_text: bool = Field(True, description="the residual audit also looks at the frame turned by 90 degrees")
    single_region_only: bool = Field(True, description="reject frames that show two or more images side by side")


class Scrub(StageModel):
    """Redaction of reports."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_reports"})

    chunk_reports: int = Field(1000, ge=1, le=100_000)
    max_bytes: int = Field(1_000_000, ge=1, description="of a report in UTF-8")
    ner: bool = Field(True, description="also ask jiagu (zh) and spaCy (en) for names")
    mode: Literal["tag", "surrogate"] = Field("tag", description="[NAME] …, or invented values of the same form")


class Tag(StageModel):
    """Labels of reports."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_reports"})

    chunk_reports: int = Field(1000, ge=1, le=100_000)


class Generate(StageModel):
    """Instruction pairs from scrubbed reports and masked frames."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_cases", "allowed", "budget_usd", "lane", "deadline_s"})

    chunk_cases: int = Field(8, ge=1, le=10_000)
    closed_per_case: int = Field(2, ge=0, le=50)
    open_per_case: int = Field(1, ge=0, le=50)
    captions_per_case: int = Field(0, ge=0, le=5, description="sentences about the key frames, written by a model")
    resamples: int = Field(2, ge=0, le=10, description="other samples of a pair that nearly repeats one of its case")
    report_pairs: bool = True
    diagnosis_pairs: bool = True
    finding_pairs: bool = True
    impression_pairs: bool = True
    judge_per_case: int = Field(1, ge=0, le=20, description="True/False statements")
    choices_per_case: int = Field(1, ge=0, le=2, description="single choice: of the diagnosis, then of a finding")
    max_images_per_pair: int = Field(4, ge=1, le=64)
    shortcut_twins: bool = Field(False, description="repeat pairs that can be read off the screen, values masked")
    tier: Tier = Field(Tier.RESEARCH, description="what pairs may be used for at most; a model's tier may lower it")
    max_tokens: int = Field(512, ge=8, le=8192)
    temperature: float = Field(0.0, ge=0, le=2)
    seed: int = 0
    allowed: tuple[AllowedHost, ...] = Field((), description="hosts off this machine, each with its agreement")
    budget_usd: float | None = Field(None, ge=0, description="what the warehouse's ledger may have spent at most")
    lane: Literal["chat", "batch"] = Field("chat", description="batch: the Batch API of endpoints that have it")
    deadline_s: float = Field(600.0, gt=0, description="of one request, from when it is first sent")


class Verify(StageModel):
    """Rule checks of pairs against their report; each switch is a group of rules."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_pairs"})

    chunk_pairs: int = Field(5000, ge=1)
    numbers: bool = True
    grades: bool = True
    places: bool = True
    findings: bool = True
    polar: bool = True
    nature: bool = True
    wording: bool = True
    advice: bool = True

    @property
    def active(self) -> frozenset[str]:
        """The groups of rules that are switched on."""
        switches = ("numbers", "grades", "places", "findings", "polar", "nature", "wording", "advice")
        return frozenset(name for name in switches if getattr(self, name))


class Deduplicate(StageModel):
    """The paper's rule: ROUGE-L F1 > 0.7 or Simhash distance <= 3 to an earlier kept pair."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_pairs"})

    chunk_pairs: int = Field(5000, ge=1)
    rouge_threshold: float = Field(0.7, ge=0, le=1, description="1: no text is a duplicate by ROUGE-L")
    simhash_distance: int = Field(3, ge=-1, le=64, description="-1: no text is a duplicate by Simhash")
    against: Literal["kept", "all"] = Field("kept", description="earlier kept texts, or also those that were dropped")
    protect: bool = Field(False, description="texts whose clinical facts differ are not duplicates")
    scope: Literal["global", "system", "case"] = Field("global", description="only texts of one scope are compared")


class Retrospect(StageModel):
    """When a strategy is suspended for what experts found in its pairs."""

    limit: float = Field(0.05, gt=0, lt=1, description="highest error rate of a strategy")
    min_reviews: int = Field(50, ge=1, description="fewest reviewed pairs of a strategy that is judged")
    alpha: float = Field(0.05, gt=0, lt=1, description="chance to suspend any good strategy, over all of them")


class Prescreen(StageModel):
    """Models other than the author judge open-ended pairs."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_pairs"})

    chunk_pairs: int = Field(200, ge=1, le=10_000)
    jury: int = Field(3, ge=1, le=15, description="models that judge a pair, where there are so many")
    quorum: int = Field(2, ge=1, le=15, description="how many of them must pass it")
    min_score: int = Field(3, ge=1, le=5, description="least score of a judge that passes a pair")
    max_images: int = Field(4, ge=1, le=64, description="masked frames that a judge with vision sees")
    max_tokens: int = Field(200, ge=32, le=4096)
    seed: int = 0

    @model_validator(mode="after")
    def _quorum_can_be_met(self) -> "Prescreen":
        if self.quorum > self.jury:
            raise ValueError("quorum is larger than jury")
        return self


class Review(StageModel):
    """The expert sample, and the Label Studio server that shows it."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"url", "token_env", "picture_px", "allowed"})

    n: int = Field(40_000, ge=1, description="pairs of a sample; all where there are fewer")
    seed: int = 0
    scope: Literal["open", "model", "all"] = Field(
        "model", description="pairs that may be drawn: open-ended ones, those a model wrote or asked, or all"
    )
    attention_share: float = Field(0.05, ge=0, le=0.5, description="planted errors per drawn pair")
    double_share: float = Field(0.1, ge=0, le=1, description="share of pairs that two experts look at")
    url: str = Field("http://127.0.0.1:8080", pattern=r"^https?://[^\s/@]+$", description="Label Studio")
    token_env: str = Field("LABEL_STUDIO_USER_TOKEN", description="environment variable that holds its access token")
    picture_px: int = Field(1024, ge=64, le=8192, description="longest side of a frame as reviewers see it")
    allowed: tuple[AllowedHost, ...] = Field((), description="host of a Label Studio off this machine, its agreement")


class Masking(StageModel):
    """What masking a folder of images needs of the TOML."""

    pseudonym: Pseudonym = Pseudonym()
    intake: Intake = Intake()
    desensitize: Desensitize = Desensitize()


class Scrubbing(StageModel):
    """What scrubbing a file of reports needs of the TOML."""

    pseudonym: Pseudonym = Pseudonym()
    scrub: Scrub = Scrub()


class Pipeline(StageModel):
    """The whole TOML."""

    input: Input
    warehouse: Warehouse = Warehouse()
    run: Run = Run()
    pseudonym: Pseudonym = Pseudonym()
    intake: Intake = Intake()
    desensitize: Desensitize = Desensitize()
    annotations: tuple[Annotations, ...] = ()
    annotate: Annotate = Annotate()
    rate: Rate = Rate()
    ground: Ground = Ground()
    scrub: Scrub = Scrub()
    tag: Tag = Tag()
    generate: Generate = Generate()
    endpoints: tuple[Endpoint, ...] = ()
    verify: Verify = Verify()
    deduplicate: Deduplicate = Deduplicate()
    prescreen: Prescreen = Prescreen()
    review: Review = Review()
    release: Release = Release()
    retrospect: Retrospect = Retrospect()


def language_of(value: str | None) -> Language | None:
    """Read a language cell: en, zh and their common long forms; anything else is None."""
    text = (value or "").strip().lower()
    if text in {"zh", "zh-cn", "zh_cn", "chi", "chinese", "cn", "中文", "汉语", "简体中文"}:
        return Language.ZH
    if text in {"en", "en-us", "en-gb", "eng", "english", "英文", "英语"}:
        return Language.EN
    return None
