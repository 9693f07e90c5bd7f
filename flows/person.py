"""Codes that stand for people on record: reviewers and approvers are never named."""

import re

from schemas.errors import ConfigError

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,32}")


def check_code(code: object, role: str) -> str:
    """See that a person on record is a code; ``role`` says who it is.

    Raises: ConfigError.
    """
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise ConfigError(f"the {role} must be a code of letters, digits, '_', '.' or '-' (at most 32), not a name")
    return code
