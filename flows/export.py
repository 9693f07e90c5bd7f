"""The hospital's export, opened in memory: identified cases, their files, and what is known about each patient.

Nothing of it is written anywhere: every worker process opens the export itself and recomputes the same pseudonyms.
"""

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from curation.ground.read.source import Sources
from curation.image.decode import DecodedImage, DecodeError, decode, probe
from curation.image.screen import region_layout
from curation.intake.cases import build_cases
from curation.intake.files import FileIndex, list_files
from curation.intake.intake import Claim, claims_of, image_id_of
from curation.intake.table import read_table
from curation.pseudonym import Pseudonymizer
from schemas.case import RAW_CASE, RAW_REPORT, SOURCE_IMAGE
from schemas.config import Pipeline, limits_of
from schemas.errors import ConfigError
from schemas.reject import RejectReason


class Export:
    """One hospital export: the table and the image folder."""

    def __init__(self, config: Pipeline, coder: Pseudonymizer) -> None:
        source = config.input
        if not source.images.is_dir():
            raise ConfigError(f"input.images: {source.images} is not a folder")
        table = read_table(source.table, encoding=source.encoding, columns=source.columns)
        self.ignored_columns = table.ignored_columns
        self.annotations = Sources(config.annotations)
        apart = {source.table.resolve(), *self.annotations.files()}
        self.files = FileIndex(source.images, _image_files(source.images, apart))
        self.cases = build_cases(table.rows, self.files, default_site=source.site, coder=coder)
        self.claims: dict[str, Claim] = claims_of(self.cases)
        self._limits = config.intake
        self._position = {case_id: row for row, case_id in enumerate(self.cases["case_id"].to_pylist())}
        self._orphans = {
            f"o{coder.code('orphan', source.site, path)}": path for path in self.files.paths if path not in self.claims
        }

    @property
    def case_ids(self) -> list[str]:
        """Ids of all table rows, in table order."""
        return list(self._position)

    @property
    def orphan_ids(self) -> list[str]:
        """Keyed ids of the files that no row lists."""
        return sorted(self._orphans)

    def raw_cases(self, case_ids: Iterable[str]) -> pa.Table:
        """Give RAW_CASE rows."""
        rows = [self._position[case_id] for case_id in case_ids]
        return self.cases.take(pa.array(rows, pa.int64()))  # typed: a chunk of orphans alone has no case

    def raw_reports(self, case_ids: Sequence[str]) -> pa.Table:
        """Give RAW_REPORT rows."""
        return self.raw_cases(case_ids).select(RAW_REPORT.names).cast(RAW_REPORT)

    def source_images(self, image_ids: Sequence[str]) -> pa.Table:
        """Give SOURCE_IMAGE rows: image ids with the known PHI of their case."""
        cases = self.raw_cases(_case_of(image_id) for image_id in image_ids)
        columns = [pa.array(image_ids, pa.string()), *(cases[name] for name in SOURCE_IMAGE.names[1:])]
        return pa.Table.from_arrays(columns, schema=SOURCE_IMAGE)

    def known_phi(self) -> pa.Table:
        """Give case_id and known_phi of every case."""
        return self.cases.select(["case_id", "known_phi"])

    def path_of(self, image_id: str) -> Path:
        """Give the file of an image id."""
        case_id, _, position = image_id.rpartition("/i")
        paths = self.cases["image_paths"][self._position[case_id]].as_py()
        return self.files.locate(str(paths[int(position)]))

    def defect(self, path: str) -> RejectReason | None:
        """Look at an image file's header (ImageProbe of intake)."""
        if path not in self.files:
            return RejectReason.IMAGE_NOT_FOUND
        try:
            found = probe(self.files.locate(path), **limits_of(self._limits))
        except DecodeError as error:
            return error.reason
        return RejectReason.MULTI_REGION if region_layout(found.regions) in ("dual", "quad") else None

    def open(self, image_id: str) -> DecodedImage:
        """Open an image for decoding (PixelSource of desensitize).

        Raises: DecodeError.
        """
        return decode(self.path_of(image_id), **limits_of(self._limits))


def image_ids_of(case_id: str, count: int) -> list[str]:
    """List the ids that a case's files would have."""
    return [image_id_of(case_id, position) for position in range(count)]


def _case_of(image_id: str) -> str:
    return image_id.rpartition("/i")[0]


def _image_files(folder: Path, apart: Collection[Path]) -> list[str]:
    """List the folder's files without the table itself and the files of annotations, which may lie among them."""
    base = os.path.realpath(folder)
    own = {os.path.relpath(path, base) for path in apart}
    return [path for path in list_files(folder) if path not in own]


assert set(RAW_REPORT.names) <= set(RAW_CASE.names)  # noqa: S101 - a schema slip should fail at import
