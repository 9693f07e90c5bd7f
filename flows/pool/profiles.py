"""Ready profiles of endpoints, shipped as TOML beside this file.

Flows in: a name. Flows out: the text, to be copied and adapted.
"""

from importlib.resources import files

from schemas.errors import ConfigError

_FOLDER = files("flows.pool") / "profiles"


def names() -> list[str]:
    """List the profiles."""
    return sorted(entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))


def profile(name: str) -> str:
    """Read a profile.

    Raises: ConfigError.
    """
    if name not in names():
        raise ConfigError(f"there is no profile of this name; there is: {', '.join(names())}")
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
