"""What `sonocurate train` needs of its TOML: the model, the release, the experts, the optimiser.

Source: EchoVLM sections 3.2-3.4 (dual-path experts, balance loss, two stages) and its public repository (image budget).
"""

from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from schemas.endpoint import MAX_PATCHES
from schemas.model import StageModel


class Stage(StrEnum):
    """What is trained, on which view of a release."""

    ONE = "1"
    TWO = "2"
    GROUNDED = "grounded"

    @property
    def view(self) -> str:
        """Name the view of a release that the stage reads."""
        return {"1": "stage1", "2": "stage2"}.get(self.value, self.value)


class Experts(StageModel):
    """The dual-path block that takes the place of every FFN of the language model.

    Widths are the paper's: 1408 and 5632 for the 7B base, 768 and 1536 for the 2B base.
    """

    count: int = Field(4, ge=0, le=256, description="routing experts; 0: the shared expert alone")
    top_k: int = Field(2, ge=1, description="routing experts per token")
    width: int = Field(1408, ge=1, description="inner width of a routing expert")
    shared: bool = Field(True, description="an expert for all tokens")
    shared_width: int = Field(5632, ge=1, description="inner width of the shared expert")
    alpha: float = Field(0.5, ge=0, le=1, description="weight of the frozen FFN at the start; 1: the base model")
    lambda_: float = Field(0.5, gt=0, lt=1, alias="lambda", description="weight of the shared expert at the start")
    balance: float = Field(0.001, ge=0, description="weight of the load balance in the loss")

    @model_validator(mode="after")
    def _something_is_added(self) -> "Experts":
        if not self.count and not self.shared:
            raise ValueError("count = 0 and shared = false add nothing to the base")
        if self.count and self.top_k > self.count:
            raise ValueError("top_k is larger than count")
        return self


class Lora(StageModel):
    """Low-rank adapters of stage II on vision encoder, projector and attention."""

    rank: int = Field(8, ge=1)
    alpha: int = Field(16, ge=1)
    dropout: float = Field(0.05, ge=0, lt=1)


class MaskDecoder(StageModel):
    """The dynamic-convolution mask decoder of the grounded stage."""

    token: str = Field("<|quad_start|>", min_length=1, description="token whose hidden state makes the kernels")
    channels: int = Field(16, ge=1, description="channels of the image features, and of the convolutions")
    layers: int = Field(3, ge=1, description="1x1 convolutions")
    upsample: int = Field(4, ge=1, description="cells of the mask per side of a patch of 14 px")
    weight: float = Field(1.0, ge=0, description="weight of dice + cross-entropy beside the loss of the text")


class Training(StageModel):
    """One run. Relative paths are relative to the TOML."""

    not_meaning: ClassVar[frozenset[str]] = frozenset({"out", "root", "workers", "log_every", "save_every", "keep"})

    model: Path = Field(description="folder with config.json, weights and tokenizer; an export of stage 1 for stage 2")
    release: str = Field(min_length=1, description="name of a release, or the folder of a copy")
    root: Path = Field(Path("warehouse/data"), description="warehouse")
    out: Path = Field(description="folder of the run: checkpoints and logs")
    experts: Experts = Experts()
    lora: Lora = Lora()
    mask: MaskDecoder = MaskDecoder()
    max_tokens: int = Field(32_768, ge=16, description="longer rows are left out, and counted")
    max_patches: int = Field(MAX_PATCHES, ge=4, description="most patches of 28 x 28 px of an image")
    max_rows: int | None = Field(None, ge=1, description="train on the first rows only, to try things out")
    batch: int = Field(1, ge=1, description="rows per step and device")
    accumulate: int = Field(1, ge=1, description="batches per update of the weights")
    epochs: int = Field(1, ge=1)
    max_steps: int | None = Field(None, ge=1, description="updates; default: what the epochs give")
    learning_rate: float | None = Field(None, gt=0, description="default: 1e-3 in stage 1, 2e-5 after it")
    warmup: float = Field(0.03, ge=0, lt=1, description="share of the updates")
    weight_decay: float = Field(0.0, ge=0)
    max_norm: float = Field(1.0, gt=0, description="gradients are clipped to it")
    precision: Literal["auto", "bf16", "no"] = Field("auto", description="auto: bf16 where the device has it")
    checkpointing: bool = Field(True, description="gradient checkpointing: less memory, a third more time")
    seed: int = Field(0, ge=0)
    workers: int = Field(2, ge=0, le=64, description="processes that read and decode")
    log_every: int = Field(1, ge=1)
    save_every: int = Field(100, ge=1, description="updates between checkpoints")
    keep: int = Field(2, ge=1, description="checkpoints that stay")

    def rate(self, stage: Stage) -> float:
        """Give the peak learning rate of a stage."""
        return self.learning_rate or (1e-3 if stage is Stage.ONE else 2e-5)
