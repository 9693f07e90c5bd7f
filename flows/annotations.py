"""The annotations of an export by id of their picture, as rows that the annotate step reads.

In: an export and the published frames. Out: ``RAW_ANNOTATION`` rows, and rejects for what belongs to no such frame.
Names of files stay in memory: an annotation whose picture is not known gets a keyed id.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from curation.ground.annotate import rejected_row
from curation.ground.masks import box_of_rle
from curation.ground.read.raw import UNKNOWN, PixelSize, Raw
from curation.ground.words import Words
from curation.image.decode import DecodeError, probe
from curation.image.regions import FORMAT_2D, ScanRegion
from curation.intake.intake import image_id_of
from curation.pseudonym import Pseudonymizer
from flows.export import Export
from schemas.config import Pipeline, limits_of
from schemas.errors import ConfigError
from schemas.grounding import RAW_ANNOTATION, Role
from schemas.reject import RejectReason

#: Ids of this form are pictures that are not published; ids of images start with ``c``.
MISSING = "a"


@dataclass(frozen=True, slots=True)
class Frame:
    """A published frame: its case, site and size."""

    case_id: str
    site: str
    size_px: tuple[int, int]


class Annotated:
    """The annotated pictures of an export."""

    def __init__(self, config: Pipeline, export: Export, coder: Pseudonymizer) -> None:
        self._config, self._export = config, export
        cases = export.cases.select(["case_id", "site", "image_paths", "defect"]).to_pylist()
        self._sites = {case["case_id"]: case["site"] for case in cases}
        own = {
            path: image_id_of(case["case_id"], position)
            for case in cases
            if case["defect"] is None
            for position, path in enumerate(case["image_paths"])
        }
        paths = export.annotations.match(export.files.paths)
        site = config.input.site
        self._paths = {own[path]: path for path in paths if path in own}
        unlisted = {f"{MISSING}{coder.code('annotation', site, path)}": path for path in paths if path not in own}
        places = {
            f"{MISSING}{coder.code('annotation', site, f'{number}|{image}')}": (number, image)
            for number, image in export.annotations.missing
        }
        self._unlisted, self._places = unlisted, places
        self._known = frozenset((*self._paths, *unlisted, *places))

    def ids(self) -> list[str]:
        """List all annotated pictures: images by id, the others by keyed id."""
        return sorted(self._known)

    def rows(self, ids: Sequence[str], frames: Mapping[str, Frame]) -> tuple[pa.Table, list[dict[str, Any]]]:
        """Give the annotations of published frames, and rejects for the others.

        Rejects: ANNOTATED_IMAGE_MISSING; ANNOTATION_GONE for ids that an earlier run planned (``ID/gone``).
        """
        found: list[dict[str, Any]] = []
        rejected: list[dict[str, Any]] = []
        for picture in ids:
            if picture not in self._known:
                rejected.append(self._missing(picture, f"{picture}/gone", RejectReason.ANNOTATION_GONE))
                continue
            for number, (layout, raw) in enumerate(self._read(picture)):
                frame_id = f"{picture}/f{raw.frame:03d}"
                frame = frames.get(frame_id)
                parent = picture if picture.startswith(MISSING) else frame_id
                name = f"{parent}/a{number:03d}"
                if frame is not None:
                    found.append({**_columns(raw), **_frame_columns(frame), "layout": layout})
                    found[-1] |= {"annotation_id": name, "frame_id": frame_id}
                else:
                    rejected.append(self._missing(picture, name, RejectReason.ANNOTATED_IMAGE_MISSING))
        self._measure(found)
        return pa.Table.from_pylist(found, schema=RAW_ANNOTATION), rejected

    def _missing(self, picture: str, annotation_id: str, reason: RejectReason) -> dict[str, Any]:
        case_id = None if picture.startswith(MISSING) else picture.partition("/")[0]
        site = self._sites.get(case_id or "", self._config.input.site)
        return rejected_row({"annotation_id": annotation_id, "site": site, "case_id": case_id}, reason)

    def _read(self, picture: str) -> list[tuple[str, Raw]]:
        if picture in self._places:
            return self._export.annotations.of_place(*self._places[picture])
        return self._export.annotations.of_picture(self._paths.get(picture) or self._unlisted[picture])

    def _measure(self, rows: Sequence[dict[str, Any]]) -> None:
        """Fill in the size of a pixel from the header's region that an annotation lies in, where nothing else tells."""
        regions: dict[str, tuple[ScanRegion, ...]] = {}
        for row in rows:
            if (row["px_mm_x"], row["px_mm_y"]) != UNKNOWN:
                continue
            image_id = row["frame_id"].rpartition("/")[0]
            if image_id not in regions:
                regions[image_id] = self._regions(image_id)
            row["px_mm_x"], row["px_mm_y"] = pixel_size(regions[image_id], _centre(row))

    def _regions(self, image_id: str) -> tuple[ScanRegion, ...]:
        try:
            return probe(self._export.path_of(image_id), **limits_of(self._config.intake)).regions
        except DecodeError:
            return ()


def check_words(config: Pipeline) -> None:
    """See that every word that the config uses is known: measures, their keypoints, labels, categories of masks.

    Raises: ConfigError naming the word.
    """
    words = Words(config.annotate)
    for source in config.annotations:
        for name in filter(None, (source.label, *source.values.values())):
            if words.find(name, Role.OBJECT.value) is None:
                raise ConfigError(f"annotations: {name} is no object of the vocabulary: map it in annotate.labels")


def pixel_size(regions: Sequence[ScanRegion], centre: tuple[float, float] | None) -> PixelSize:
    """Give the size of the pixels of the two-dimensional region that holds a point; of the only one without a point.

    Source: DICOM PS3.3 C.8.5.5: deltas hold within their region only.
    """
    flat = [region for region in regions if region.spatial_format == FORMAT_2D]
    if centre is not None:
        flat = [region for region in flat if _holds(region, centre)]
    sizes = {region.pixel_mm for region in flat}
    return next(iter(sizes)) if len(sizes) == 1 else UNKNOWN


def _holds(region: ScanRegion, point: tuple[float, float]) -> bool:
    x0, y0, x1, y1 = region.box_px
    return x0 <= point[0] < x1 and y0 <= point[1] < y1


def _centre(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """Give the middle of an annotation's box; None for a label of the whole picture, or what cannot be placed."""
    numbers = list(_extent(row))
    xs, ys = numbers[::2], numbers[1::2]
    return ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2) if xs and ys else None


def _extent(row: Mapping[str, Any]) -> Iterator[float]:
    if row["rle"] is not None:
        try:
            x, y, width, height = box_of_rle(row["rle"])
        except (ValueError, TypeError, KeyError, UnicodeError):
            return
        yield from (x, y, x + width, y + height)
    for ring in row["polygon_px"] or ():
        yield from ring
    yield from row["bbox_xyxy_px"] or ()
    for point in row["keypoints"] or ():
        yield from (point["x_px"], point["y_px"])


def _columns(raw: Raw) -> dict[str, Any]:
    points = [{"name": n, "x_px": x, "y_px": y, "visible": seen} for n, x, y, seen in raw.points or ()]
    return {
        "role": raw.role.value,
        "name": raw.name,
        "width_px": raw.size_px[0] if raw.size_px else None,
        "height_px": raw.size_px[1] if raw.size_px else None,
        "bbox_xyxy_px": None if raw.box is None else list(raw.box),
        "polygon_px": None if raw.rings is None else [list(ring) for ring in raw.rings],
        "rle": raw.rle,
        "keypoints": points,
        "px_mm_x": raw.px_mm[0],
        "px_mm_y": raw.px_mm[1],
        "defect": None if raw.defect is None else raw.defect.value,
    }


def _frame_columns(frame: Frame) -> dict[str, Any]:
    width, height = frame.size_px
    return {"case_id": frame.case_id, "site": frame.site, "frame_width_px": width, "frame_height_px": height}
