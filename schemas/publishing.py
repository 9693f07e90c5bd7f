"""What a release needs of the TOML: its name and tier, splits, look-alikes, weights, and who allowed it.

Source: EchoVLM section 3.1 (held-out test set, long tail of vessel cases; ethics approval of the study); Sweeney 2002
(k-anonymity).
"""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from schemas.case import AnatomicalSystem
from schemas.instruction import Tier
from schemas.model import StageModel

#: Weights of systems are copies of training rows, so large ones are a slip of the pen.
Weight = Annotated[float, Field(ge=0, le=100)]
Written = Annotated[str, Field(min_length=3, max_length=500)]


class Governance(StageModel):
    """On whose word rows may be published. All of it is needed for the tiers research and production."""

    ethics_reference: Written | None = Field(None, description="approval of the ethics board, by its number")
    consent_basis: Written | None = Field(None, description="consent given, or the waiver and its legal basis")
    licence: Written | None = Field(None, description="licence of the release, for example an SPDX identifier")
    sites: tuple[str, ...] = Field((), description="hospital codes that the approval covers; other sites stay behind")

    def missing(self) -> list[str]:
        """List the fields that are not filled in."""
        return [name for name in type(self).model_fields if not getattr(self, name)]


class Release(StageModel):
    """A named, immutable release."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"approval_timeout_s"})

    name: str = Field("demo", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    tier: Tier = Tier.DEMO
    split_validation: float = Field(0.1, ge=0, lt=1)
    split_test: float = Field(0.1, ge=0, lt=1)
    split_seed: int = 0
    rows_per_shard: int = Field(5000, ge=1)
    alike_bits: int = Field(
        2, ge=-1, le=16, description="frames whose hashes differ in so few bits share a split; -1: off"
    )
    near_rouge: float = Field(0.7, ge=0, le=1, description="text of train nearer than this to text of test leaves")
    near_simhash: int = Field(3, ge=-1, le=64, description="or at most so many bits from it")
    system_weights: dict[AnatomicalSystem, Weight] = Field(
        default_factory=dict, description="copies of training rows of a system in stage1 and stage2; 1 where absent"
    )
    k: int = Field(5, ge=1, le=1000, description="fewest patients that a published combination of attributes may have")
    max_error_rate: float = Field(
        0.05, gt=0, lt=1, description="production is refused where experts prove a larger share of pairs wrong"
    )
    min_reviewed: int = Field(50, ge=0, description="fewest pairs of a production release that experts reviewed")
    approval_timeout_s: int = Field(86_400, ge=1, description="how long a production release waits for a person")
    governance: Governance = Governance()

    @model_validator(mode="after")
    def _splits_leave_training(self) -> "Release":
        if self.split_validation + self.split_test >= 1:
            raise ValueError("split_validation and split_test leave no rows for training")
        return self
