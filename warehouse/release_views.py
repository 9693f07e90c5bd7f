"""Views `release_images`, `release_reports`, `release_pairs`, …: rows of all releases, with their split.

In: the root of a warehouse. Out: SQL over the shards as they lie now. A release that is being written does not count.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from schemas.case import REPORT
from schemas.grounding import ANNOTATION
from schemas.instruction import INSTRUCTION_PAIR
from schemas.released import RELEASED_CASE, RELEASED_GROUNDED, RELEASED_IMAGE

#: View -> folder of a release, columns where there is no release yet.
COMPONENTS: dict[str, tuple[str, pa.Schema]] = {
    "release_images": ("images", RELEASED_IMAGE),
    "release_reports": ("reports", REPORT),
    "release_pairs": ("pairs", INSTRUCTION_PAIR),
    "release_cases": ("cases", RELEASED_CASE),
    "release_annotations": ("annotations", ANNOTATION),
    "release_grounded": ("grounded", RELEASED_GROUNDED),
}
_PLACE = r".*/releases/([^/]+)/[^/]+/([a-z]+)-[^/]*$"


def release_shards(root: Path, folder: str) -> list[Path]:
    """List the shards of a component, of all published releases."""
    return sorted(path for path in root.glob(f"releases/[!.]*/{folder}/*.parquet") if re.match(_PLACE, path.as_posix()))


def release_views(root: Path) -> Iterator[tuple[str, str | pa.Schema]]:
    """Give name and query of every view, or the columns of a table that has no rows yet."""
    root = root.resolve()  # a query may come from another folder
    for view, (folder, schema) in COMPONENTS.items():
        shards = release_shards(root, folder)
        if shards:
            yield view, _query(shards)
        else:
            names = pa.schema([pa.field("release", pa.string()), pa.field("split", pa.string())])
            yield view, pa.schema([*names, *schema])


def _query(shards: Sequence[Path]) -> str:
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in shards)
    release, split = (f"regexp_extract(filename, '{_PLACE}', {number})" for number in (1, 2))
    return (
        f"SELECT {release} AS release, {split} AS split, * EXCLUDE (filename) "  # noqa: S608 - our own file names
        f"FROM read_parquet([{listed}], union_by_name = true, filename = true)"
    )
