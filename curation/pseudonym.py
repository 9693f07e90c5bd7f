"""Keyed pseudonyms and date shifts: the same key gives the same codes, no key gives none.

In: site, value and a key of at least 32 bytes. Out: 32 hex digits, or a number of days.
Source: HMAC-SHA256 (RFC 2104), first 128 bits; one key per project, from a secret, never in config or warehouse.
"""

import hashlib
import hmac
import secrets

from schemas.errors import ConfigError

KEY_BYTES = 32
_CODE_HEX = 32
_KEY_ID_HEX = 8
_LEAST_DAYS, _MOST_DAYS = 30, 365


def new_key() -> bytes:
    """Draw a new key from the operating system's randomness."""
    return secrets.token_bytes(KEY_BYTES)


def read_key(text: str) -> bytes:
    """Read a key written as hex digits.

    Raises: ConfigError when the text is no hex or shorter than 32 bytes; the message never holds the text.
    """
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        raise ConfigError("the pseudonym key must be hex digits: write one with `sonocurate key`") from None
    if len(key) < KEY_BYTES:
        raise ConfigError(f"the pseudonym key must have at least {KEY_BYTES * 2} hex digits")
    return key


class Pseudonymizer:
    """Gives keyed codes. Its repr names the key and never shows it."""

    __slots__ = ("_key", "key_id")

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise ConfigError(f"the pseudonym key must have at least {KEY_BYTES} bytes")
        self._key = bytes(key)
        #: 8 hex digits that name the key without revealing it.
        self.key_id: str = self._digest("key-id").hex()[:_KEY_ID_HEX]

    def __repr__(self) -> str:
        return f"Pseudonymizer(key_id={self.key_id!r})"

    def __reduce__(self) -> str:
        raise TypeError("a pseudonymizer holds a key and is never pickled")

    def _digest(self, *parts: str) -> bytes:
        """Hash the parts, each with its length before it, so that no two lists of parts look alike."""
        message = bytearray()
        for part in parts:
            raw = part.encode("utf-8", "surrogatepass")
            message += len(raw).to_bytes(8, "big") + raw
        return hmac.new(self._key, bytes(message), hashlib.sha256).digest()

    def code(self, domain: str, site: str, value: str) -> str:
        """Code a value: HMAC-SHA256 over domain, site and value, first 128 bits as 32 hex digits."""
        return self._digest("code", domain, site, value).hex()[:_CODE_HEX]

    def date_shift_days(self, site: str, patient: str) -> int:
        """Return the patient's shift: 30 to 365 days, back or forth, always the same."""
        number = int.from_bytes(self._digest("date-shift", site, patient)[:8], "big")
        days = _LEAST_DAYS + (number >> 1) % (_MOST_DAYS - _LEAST_DAYS + 1)
        return days if number & 1 else -days
