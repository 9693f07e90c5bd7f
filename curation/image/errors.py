"""The one error of decoding: a reject reason, never content."""

from schemas.errors import CurationError
from schemas.reject import RejectReason


class DecodeError(CurationError):
    """An image file that cannot be used; ``reason`` says why and becomes the reject row's reason."""

    def __init__(self, reason: RejectReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
