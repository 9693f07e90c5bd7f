"""Sealed crops: pictures that may show PHI, encrypted for a limited time under a key that only the project has.

In: the pseudonym key, a picture, an opaque id. Out: `crops/ID.bin`, opened in memory until it expires.
Each token seals its own id and lifetime, so crops cannot change places and nobody can prolong them.
Source: RFC 5869 (HKDF-SHA256); Fernet specification (AES-128-CBC, HMAC-SHA256, timestamp in bytes 1 to 8).
"""

import base64
import binascii
import hmac
import json
import re
import time
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flows.masks.readers.sheets import write_private
from schemas.errors import ConfigError

CROPS = "crops"
CONTEXT = b"sonocurate mask review"
ID_CONTEXT = b"sonocurate mask review id"
ID_HEX = 32
MOST_TTL_HOURS = 24 * 90
_ID = re.compile(rf"[0-9a-f]{{{ID_HEX}}}")
_VERSION, _STAMP = 0x80, slice(1, 9)


def derive(key: bytes, context: bytes) -> bytes:
    """Derive 32 bytes for one purpose from the pseudonym key."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=context).derive(key)


def review_id(key: bytes, *parts: object) -> str:
    """Code what a review is about; who lacks the key can neither read it nor make another."""
    message = "\x1f".join(map(str, parts)).encode()
    return hmac.new(derive(key, ID_CONTEXT), message, "sha256").hexdigest()[:ID_HEX]


def check_ttl(ttl_hours: float) -> int:
    """Give a lifetime in seconds.

    Raises: ConfigError when it is not above 0 or longer than crops may live.
    """
    if not 0 < ttl_hours <= MOST_TTL_HOURS:
        raise ConfigError(f"the lifetime of crops must be above 0 and at most {MOST_TTL_HOURS} hours")
    return max(1, round(ttl_hours * 3600))


def seal_crop(out_dir: Path, name: str, png: bytes, key: bytes, *, ttl_s: int) -> None:
    """Encrypt a picture to `crops/NAME.bin` (mode 600)."""
    head = json.dumps({"review_id": name, "ttl_s": ttl_s}).encode()
    token = _fernet(key).encrypt_at_time(head + b"\n" + png, _now())
    write_private(out_dir / CROPS / f"{name}.bin", token)


def open_crop(out_dir: Path, name: str, key: bytes, *, now: int | None = None) -> bytes:
    """Decrypt a picture in memory: the PNG bytes.

    Raises: ConfigError when it is not there, expired, changed, or sealed under another key.
    """
    again = "export the queue again"
    if not _ID.fullmatch(name):
        raise ConfigError("the review id is malformed")
    try:
        token = (out_dir / CROPS / f"{name}.bin").read_bytes()
    except OSError:
        raise ConfigError(f"crop {name} is not there (expired and purged?): {again}") from None
    try:
        head, _, png = _fernet(key).decrypt(token).partition(b"\n")
        fields = json.loads(head)
        sealed, ttl_s = fields["review_id"] == name, int(fields["ttl_s"])
    except (InvalidToken, ValueError, KeyError, TypeError):
        raise ConfigError(f"crop {name} was changed or sealed under another key: {again}") from None
    if not sealed:
        raise ConfigError(f"crop {name} was changed or sealed under another key: {again}")
    try:
        _fernet(key).decrypt_at_time(token, ttl=ttl_s, current_time=_now() if now is None else now)
    except InvalidToken:
        raise ConfigError(f"crop {name} has expired: {again}") from None
    return png


def purge_crops(out_dir: Path, ttl_s: int, *, now: int | None = None) -> int:
    """Delete crops that have expired or are no crops; needs no key. Give their number."""
    expired = 0
    current = _now() if now is None else now
    for path in sorted((out_dir / CROPS).glob("*.bin")):
        stamp = _stamp(path)
        if stamp is None or stamp + ttl_s < current:
            path.unlink(missing_ok=True)
            expired += 1
    return expired


def _stamp(path: Path) -> int | None:
    """Read when a token was made; None where it is no token."""
    try:
        data = base64.urlsafe_b64decode(path.read_bytes())
    except (OSError, binascii.Error, ValueError):
        return None
    return int.from_bytes(data[_STAMP], "big") if len(data) > _STAMP.stop and data[0] == _VERSION else None


def _fernet(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive(key, CONTEXT)))


def _now() -> int:
    return int(time.time())
