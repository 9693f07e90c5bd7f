"""Compile a kernel with numba, once per machine.

The cache lies in ``NUMBA_CACHE_DIR``, else below the user's cache folder, else in a private temporary folder: never in
the package, which may be read-only. Its name holds a hash of all kernels and of what they use, because numba itself
does not see that a kernel that another one calls has changed. Numba is imported here and nowhere else.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.extending import intrinsic, register_jitable

Function = TypeVar("Function", bound=Callable[..., Any])


#: Modules of this folder that kernels use; a change of one of them compiles anew.
_COMPILED_WITH = ("compiled", "rouge", "rows", "segment", "simhash", "tokens")


def _cache_dir() -> Path | None:
    """Find a folder that can be written; None where there is none (then every process compiles anew)."""
    here = Path(__file__).parent
    sources = [here / f"{name}.py" for name in _COMPILED_WITH] + sorted((here / "kernels").glob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    private = Path(tempfile.gettempdir(), f"sonocurate-{os.getuid()}")
    for base in (Path(home, "sonocurate"), private):
        folder = base / f"numba-{numba.__version__}-{digest}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        mine = all(place.stat().st_uid == os.getuid() for place in (base, folder))  # what it holds will be run
        if mine and os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None


def _choose() -> bool:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return True
    folder = _cache_dir()
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    return folder is not None


_CACHED = _choose()


def is_warm() -> bool:
    """Say whether there is compiled code in the cache."""
    return bool(numba.config.CACHE_DIR) and any(Path(numba.config.CACHE_DIR).rglob("*.nbi"))


def compiled(function: Function) -> Function:
    """Compile a function that holds no Python object; it releases the interpreter lock while it runs."""
    return cast("Function", numba.njit(nogil=True, cache=_CACHED, error_model="numpy")(function))


def callable_from_kernels(function: Function) -> Function:
    """Let kernels call a function that stays plain Python for everybody else."""
    return cast("Function", register_jitable(function))


@intrinsic  # type: ignore[untyped-decorator]
def popcount(_context: Any, _word: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Count the set bits of a uint64."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.ctpop(arguments[0])

    return numba.types.int64(numba.types.uint64), build
