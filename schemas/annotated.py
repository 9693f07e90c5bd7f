"""What grounded data needs of the TOML: where annotations lie, what they are called, what is made of them.

Every list may be empty: a hospital without annotations has no grounded data.
"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from schemas.model import StageModel

Name = Annotated[str, Field(min_length=1, max_length=80)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Annotations(StageModel):
    """One source of annotations: a COCO file, a folder of masks, a label table, or a public data set's layout."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"path"})

    layout: Literal["coco", "masks", "labels", "busi", "tn3k", "ddti", "hc18", "camus"]
    path: Path
    images: str = Field("", description="folder below input.images that the names of pictures start from")
    label: Name | None = Field(None, description="masks: the category, where all are of one")
    values: dict[str, Name] = Field(default_factory=dict, description='masks: categories by value "1" or "#ff0000"')
    parts: bool = Field(False, description="masks: each connected part is an object of its own")
    columns: dict[str, Name] = Field(default_factory=dict, description="labels: ours = theirs")


class NewWord(StageModel):
    """A category, keypoint or diagnosis that the vocabulary does not have."""

    key: Key
    kind: Literal["object", "diagnosis", "keypoint", "measure"]
    en: Name
    zh: Name


class Measured(StageModel):
    """A measurement from named keypoints: a distance of two, an angle of three or four, a volume of three diameters."""

    name: Key
    kind: Literal["distance", "angle", "volume"]
    points: tuple[Key, ...] = Field(min_length=2, max_length=6)

    @model_validator(mode="after")
    def _has_its_points(self) -> "Measured":
        if len(self.points) not in {"distance": (2,), "angle": (3, 4), "volume": (6,)}[self.kind]:
            raise ValueError(
                "a distance has 2 points, an angle 3 (the second is its vertex) or 4 (two lines), a volume 6 (the ends "
                "of three diameters)"
            )
        return self


#: Measurements by usual keypoints. Source: ASE/EACVI 2015 (mitral annulus), ACR-AIUM (volume).
MEASURED = (
    Measured(name="length_by_points", kind="distance", points=("long_a", "long_b")),
    Measured(name="width_by_points", kind="distance", points=("short_a", "short_b")),
    Measured(name="volume", kind="volume", points=("long_a", "long_b", "short_a", "short_b", "depth_a", "depth_b")),
    Measured(name="annulus_width", kind="distance", points=("annulus_left", "annulus_right")),
)


class Annotate(StageModel):
    """Reading and checking of annotations."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_images"})

    chunk_images: int = Field(200, ge=1, le=10_000)
    clip: bool = Field(False, description="cut polygons, boxes and keypoints at the rim instead of rejecting them")
    labels: dict[Name, Key] = Field(
        default_factory=dict, description="theirs = ours: names of categories and keypoints"
    )
    words: tuple[NewWord, ...] = ()
    measures: tuple[Measured, ...] = MEASURED


class Ground(StageModel):
    """Instruction pairs from annotations."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_images"})

    chunk_images: int = Field(200, ge=1, le=10_000)
    language: Literal["case", "en", "zh"] = Field("case", description="that of the report, or one for all")
    absent: int = Field(1, ge=0, le=10, description="questions per frame about an object that is not there")
    measures_per_frame: int = Field(4, ge=0, le=100, description="measurement pairs of a frame at most")
    polygon_points: int = Field(32, ge=4, le=400, description="corners of an answered polygon at most")
    rationales: bool = Field(True, description="ask the endpoints why, where there are any")
    max_tokens: int = Field(200, ge=32, le=4096)
    seed: int = 0


class Rate(StageModel):
    """Levels of picture quality, from endpoints with vision."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"chunk_images"})

    chunk_images: int = Field(200, ge=1, le=10_000)
    frames: Literal["none", "annotated", "all"] = Field("none", description="frames that are judged")
    max_tokens: int = Field(32, ge=16, le=1024)
    seed: int = 0
