"""Errors, named by what the caller should do.

```
CurationError
|- ConfigError      fix the input, nothing ran          (bad template, unknown key, missing secret)
|  `- BudgetError   raise the budget, then go on        (nothing is paid twice)
|- ChunkError       this chunk fails, the rest go on    (corrupt shard, schema mismatch)
|- RetryableError   try again later                     (429, timeout; carries retry_after_s)
`- LeakError        stop, publish nothing               (raised by the release gate alone)
```
A bad row is a reject, never an exception. Messages say what, which id, what to do; never row content.
"""


class CurationError(Exception):
    """Base of every error we raise on purpose."""


class ConfigError(CurationError):
    """The input must be fixed by a person; nothing was written."""


class BudgetError(ConfigError):
    """What asking models may cost is spent."""


class ChunkError(CurationError):
    """One chunk failed; the other chunks go on."""


class RetryableError(CurationError):
    """The same call may succeed later."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class LeakError(CurationError):
    """PHI was found where it must not be: publish nothing."""
