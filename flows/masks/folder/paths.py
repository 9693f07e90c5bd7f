"""Where a masked image goes: its own path, without identity in it.

Flows in: a relative path and the known PHI of its image. Flows out: the same path with every component that holds known
PHI replaced by its keyed hash.
"""

from pathlib import PurePosixPath

from curation.image.known import KnownPhi
from curation.pseudonym import Pseudonymizer


def mirror(path: str, known: KnownPhi, coder: Pseudonymizer) -> str:
    """Mirror a path; a component that holds known PHI becomes its keyed hash, without its extension."""
    parts = PurePosixPath(path).parts
    return "/".join(coder.code("path", "", part) if _holds(part, known) else part for part in parts)


def _holds(part: str, known: KnownPhi) -> bool:
    """Say whether a component holds known PHI; initials alone are too short to mean anybody in a path."""
    return known.hits(part, valued=True)


def picture_names(image: str, n_frames: int) -> list[str]:
    """Name the pictures of an image: one for a still, numbered ones for frames."""
    if n_frames == 1:
        return [f"{image}.png"]
    return [f"{image}.{index:03d}.png" for index in range(n_frames)]
