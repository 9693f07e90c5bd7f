"""Model endpoints, as `[[endpoints]]` tables of a pipeline's TOML or of a file of their own.

Flows in: TOML tables. Flows out: models; keys of endpoints are never among them, only the names of their places.
"""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from schemas.instruction import Tier
from schemas.model import StageModel

Capability = Literal["text", "vision", "json_schema", "logprobs", "batch"]

#: Qwen-VL reads patches of 28 x 28 px; the paper's budget is 196 of them (its public repository).
PATCH_PX = 28
MAX_PATCHES = 196


class Endpoint(StageModel):
    """One OpenAI-compatible endpoint of the pool. ``api_key_env`` names an environment variable, never the key.

    Limits hold over any sliding minute; prices are per million tokens. Without a limit there is none.
    """

    not_meaning = frozenset(
        {"max_concurrency", "rpm", "tpm_input", "tpm_output", "timeout_s", "api_key_env", "api_key_secret"}
        | {"price_input_usd_per_mtok", "price_output_usd_per_mtok"}
    )

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")
    base_url: str = Field(min_length=8)
    model: str = Field(min_length=1)
    api_key_env: str | None = Field(None, description="environment variable that holds the key")
    api_key_secret: str | None = Field(None, description="Prefect Secret block that holds the key")
    capabilities: tuple[Capability, ...] = ("text",)
    weight: float = Field(1.0, gt=0, allow_inf_nan=False)
    max_concurrency: int = Field(8, ge=1, le=4096)
    rpm: int | None = Field(None, ge=1)
    tpm_input: int | None = Field(None, ge=1)
    tpm_output: int | None = Field(None, ge=1)
    price_input_usd_per_mtok: float = Field(0.0, ge=0, allow_inf_nan=False)
    price_output_usd_per_mtok: float = Field(0.0, ge=0, allow_inf_nan=False)
    timeout_s: float = Field(120.0, gt=0, allow_inf_nan=False, description="the longest one call may take")
    tier: Tier = Tier.RESEARCH
    image_side_multiple: int = Field(PATCH_PX, ge=1, le=512)
    image_max_px: int = Field(MAX_PATCHES * PATCH_PX * PATCH_PX, ge=1)
    max_images: int = Field(8, ge=1, le=256, description="images of one request")

    @field_validator("base_url")
    @classmethod
    def _plain_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise ValueError("must be http(s)://HOST[:PORT]/PATH without user and password (use api_key_env)")
        if not 0 <= (parts.port or 0) <= 65_535:
            raise ValueError("has no valid port")
        return value

    @property
    def host(self) -> str:
        """The host of ``base_url``, in lower case."""
        return (urlsplit(self.base_url).hostname or "").lower().rstrip(".")

    def cost_usd(self, tokens_in: int, tokens_out: int) -> float:
        """Price a call."""
        return (tokens_in * self.price_input_usd_per_mtok + tokens_out * self.price_output_usd_per_mtok) / 1e6


class AllowedHost(StageModel):
    """A host off this machine that data may be sent to, and the data-processing agreement that says so."""

    host: str = Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:-]+$")
    agreement: str = Field(min_length=3, max_length=200)


class Endpoints(StageModel):
    """A file of endpoints: what `sonocurate pool run --endpoints` reads."""

    endpoints: tuple[Endpoint, ...] = Field(min_length=1)
    allowed: tuple[AllowedHost, ...] = ()
    budget_usd: float | None = Field(None, ge=0, allow_inf_nan=False, description="spending of a ledger stops here")
