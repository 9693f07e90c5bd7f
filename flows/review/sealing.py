"""Codes of tasks, and the seal on what was planted: who lacks the pseudonym key can read or make neither.

Flows in: the pseudonym key, a sample, a pair, a kind of error. Flows out: a task id and a token of fixed length.
Source: RFC 5869 (HKDF-SHA256); RFC 2104 (HMAC); Fernet specification.
"""

import base64
import hmac
import re
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken

from flows.masks.review.seal import derive
from schemas.errors import ConfigError
from schemas.expert import ExpertError

ID_CONTEXT, SEAL_CONTEXT = b"sonocurate expert review id", b"sonocurate expert review"
TASK_ID = re.compile(r"[0-9a-f]{32}")
#: All seals are of this length before encryption, so that their length tells nothing.
_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Planted:
    """An error that was planted in a task, and the seed that makes it again."""

    kind: ExpertError
    seed: int


def task_id_of(key: bytes, *parts: object) -> str:
    """Code a task."""
    return hmac.new(derive(key, ID_CONTEXT), "\x1f".join(map(str, parts)).encode(), "sha256").hexdigest()[:32]


def seal(key: bytes, planted: Planted | None) -> bytes:
    """Encrypt what is planted in a task, or that nothing is."""
    words = f"{planted.kind.value} {planted.seed}" if planted else ""
    return _fernet(key).encrypt(words.ljust(_LENGTH).encode())


def unseal(key: bytes, token: bytes) -> Planted | None:
    """Open a seal.

    Raises: ConfigError when it was changed or made under another key.
    """
    try:
        words = _fernet(key).decrypt(token).decode().split()
    except InvalidToken:
        raise ConfigError("review: the sample was sealed under another pseudonym key: draw a new one") from None
    return Planted(ExpertError(words[0]), int(words[1])) if words else None


def _fernet(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive(key, SEAL_CONTEXT)))
