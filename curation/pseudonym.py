"""Keyed pseudonyms: the same patient always has the same code, and nobody without the key can tell which.

In: identifiers and the project's key. Out: HMAC-SHA256 codes of 128 bits, a date shift per patient.
Source: RFC 2104 (HMAC); 45 CFR 164.514(c): codes derived from identifiers need the key to stay undisclosed.
"""

import hashlib
import hmac
import secrets

from schemas.errors import ConfigError

KEY_BYTES = 32
CODE_HEX_DIGITS = 32
MIN_SHIFT_DAYS = 30
MAX_SHIFT_DAYS = 365


class Pseudonymizer:
    """Gives codes under one key. The key never shows in a repr."""

    def __init__(self, key: bytes) -> None:
        """Raises: ConfigError for a key of less than 32 bytes."""
        if len(key) < KEY_BYTES:
            raise ConfigError(f"pseudonym key: needs {KEY_BYTES} bytes, has {len(key)}")
        self._key = key

    def __repr__(self) -> str:
        return f"Pseudonymizer(key_id={self.key_id!r})"

    @property
    def key_id(self) -> str:
        """Eight hex digits that name the key without revealing it."""
        return self._digest("key-id").hex()[:8]

    def code(self, domain: str, site: str, value: str) -> str:
        """Give the pseudonym of a value within a domain and site: 32 hex digits."""
        return self._digest(domain, site, value).hex()[:CODE_HEX_DIGITS]

    def date_shift_days(self, site: str, patient: str) -> int:
        """Give the days by which all dates of a patient move: 30 to 365, forth or back; intervals survive."""
        number = int.from_bytes(self._digest("date-shift", site, patient)[:8], "big")
        days = MIN_SHIFT_DAYS + number // 2 % (MAX_SHIFT_DAYS - MIN_SHIFT_DAYS + 1)
        return days if number % 2 else -days

    def _digest(self, *parts: str) -> bytes:
        """Hash parts, each with its length before it, so that no two lists of parts read the same."""
        message = b"".join(len(data).to_bytes(8, "big") + data for data in (part.encode() for part in parts))
        return hmac.new(self._key, message, hashlib.sha256).digest()


def new_key() -> bytes:
    """Make a random key of 32 bytes."""
    return secrets.token_bytes(KEY_BYTES)


def read_key(text: str) -> bytes:
    """Read a key written as hex digits.

    Raises: ConfigError when the text is not hex or too short; the text is not repeated.
    """
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        raise ConfigError("pseudonym key: must be hex digits (make one with `sonocurate key init`)") from None
    if len(key) < KEY_BYTES:
        raise ConfigError(f"pseudonym key: needs {KEY_BYTES} bytes, has {len(key)}")
    return key
