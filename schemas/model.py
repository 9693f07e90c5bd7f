"""The base of all config models: unknown keys fail, values never change, a fingerprint covers what changes results."""

import hashlib
import json
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class StageModel(BaseModel):
    """Base of all config models: unknown keys fail, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    #: Fields that say where or how fast, not what.
    not_meaning: ClassVar[frozenset[str]] = frozenset()

    def fingerprint(self) -> str:
        """Hash what changes results: 16 hex digits of sha256 over canonical JSON."""
        meaning = self.model_dump(mode="json", exclude=set(self.not_meaning))
        return hashlib.sha256(json.dumps(meaning, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
