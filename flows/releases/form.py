"""What a person fills in to decide about a release; apart, because importing Prefect is slow."""

from prefect.input import RunInput
from pydantic import Field


class Decision(RunInput):
    """A decision; every field is checked again after it came in."""

    approve: bool = Field(False, description="publish the release")
    approver: str = Field("", description="your code: letters, digits, '_', '.', '-'; never a name")
    figures_sha256: str = Field("", description="the figures that you looked at; leave it as it is")
