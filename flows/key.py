"""The pseudonym key: made once per project, kept outside the warehouse, mode 600.

Source: 45 CFR 164.514(c): whoever holds the key can link pseudonyms to patients; keep it like the patient records.
"""

import os
import stat
from pathlib import Path

from curation.pseudonym import new_key, read_key
from flows.server import set_quiet
from schemas.config import Pipeline, Pseudonym
from schemas.errors import ConfigError

KEY_MODE = 0o600


def load_key(config: Pipeline) -> bytes:
    """Load the key of a pipeline, which must lie outside its warehouse.

    Raises: ConfigError as ``find_key``.
    """
    return find_key(config.pseudonym, config.warehouse.root)


def find_key(settings: Pseudonym, warehouse: Path | None = None) -> bytes:
    """Load the key from the environment, the key file, or a Prefect Secret block, in this order.

    Raises: ConfigError when there is none, it is malformed, readable by others, or inside the warehouse.
    """
    if text := os.environ.get(settings.key_env):
        return read_key(text)
    if settings.key_file is not None:
        return _from_file(settings.key_file, warehouse)
    if settings.secret_block:
        return read_key(_from_block(settings.secret_block))
    raise ConfigError(
        f"pseudonym: no key. Run `sonocurate key init FILE` and set pseudonym.key_file, or set ${settings.key_env}"
    )


def init_key(path: Path) -> None:
    """Write a new key to a file that must not exist.

    Raises: ConfigError when the file exists or cannot be written.
    """
    _write(path, new_key())


def rotate_key(path: Path) -> Path:
    """Put a new key in the place of the old one, which stays beside it; all pseudonyms change.

    Raises: ConfigError when there is no key to rotate.
    """
    if not path.is_file():
        raise ConfigError(f"key {path} does not exist: run `sonocurate key init` first")
    number = 1
    while (old := path.with_name(f"{path.name}.{number}")).exists():
        number += 1
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    _write(aside, new_key())
    os.link(path, old)
    aside.replace(path)
    return old


def _write(path: Path, key: bytes) -> None:
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_MODE)
    except FileExistsError:
        if not path.exists():
            raise ConfigError(f"key {path} cannot be written (a folder in its path is a file)") from None
        raise ConfigError(f"key {path} exists already; use `sonocurate key rotate` to replace it") from None
    except OSError as error:
        raise ConfigError(f"key {path} cannot be written ({error.strerror})") from None
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)  # part of a key is none, and would stand in the way
        raise ConfigError(f"key {path} cannot be written ({error.strerror})") from None


def _from_file(path: Path, warehouse: Path | None) -> bytes:
    if warehouse is not None and path.resolve().is_relative_to(warehouse.resolve()):
        raise ConfigError("pseudonym.key_file must lie outside the warehouse")
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise ConfigError(f"pseudonym.key_file {path} does not exist: run `sonocurate key init {path}`") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"pseudonym.key_file {path} cannot be read") from None
    if mode & 0o077:
        raise ConfigError(f"pseudonym.key_file {path} can be read by others: run `chmod 600 {path}`")
    return read_key(text)


def _from_block(name: str) -> str:
    set_quiet()
    from prefect.blocks.system import Secret  # noqa: PLC0415 - needs a Prefect server

    try:
        return str(Secret.load(name).get())  # type: ignore[union-attr]
    except Exception:  # noqa: BLE001 - server answers carry the block's document
        raise ConfigError(f"pseudonym.secret_block: Prefect Secret '{name}' cannot be loaded") from None
