"""One case as the generate step sees it: a row of ``GENERATE_INPUT``."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from schemas.case import Language


@dataclass(frozen=True, slots=True)
class Case:
    """A scrubbed report and its key frames. Texts never show in a repr."""

    case_id: str
    site: str
    language: Language
    findings: str = field(repr=False)
    impression: str = field(repr=False)
    systems: tuple[str, ...]
    frame_ids: tuple[str, ...]
    value_texts: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Read a row; offsets of answers count in the section exactly as it stands in the row."""
        return cls(
            case_id=row["case_id"],
            site=row["site"],
            language=Language(row["language"]),
            findings=row["findings"] or "",
            impression=row["impression"] or "",
            systems=tuple(row["systems"] or ()),
            frame_ids=tuple(row["frame_ids"] or ()),
            value_texts=tuple(tuple(texts or ()) for texts in row["value_texts"] or ()),
        )

    @property
    def sections(self) -> dict[str, str]:
        """The sections of the report by name."""
        return {"findings": self.findings, "impression": self.impression}

    @property
    def shown(self) -> dict[str, tuple[str, ...]]:
        """The measurements that can be read on each frame that shows any."""
        return {frame: texts for frame, texts in zip(self.frame_ids, self.value_texts, strict=False) if texts}

    @property
    def text(self) -> str:
        """The whole report, for prompts."""
        return "\n".join(section.strip() for section in self.sections.values() if section.strip())


def draw(seed: int, *what: str | int) -> int:
    """Draw a number that depends on nothing but the seed and the names: the same in any order, batch and process."""
    text = "\x1f".join(str(part) for part in (seed, *what))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
