"""Read the pipeline's TOML, or the part of it that one command works with.

Flows in: a path. Flows out: config models with absolute paths. Messages name the key, never its value.
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from schemas.config import Deduplicate, Masking, Pipeline, Review, Scrub, Scrubbing, Warehouse
from schemas.endpoint import Endpoints
from schemas.errors import ConfigError
from schemas.publishing import Release
from schemas.training import Training


def load(path: Path) -> Pipeline:
    """Read and validate a pipeline TOML; relative paths in it are relative to the file.

    Raises: ConfigError with one line that names the key, never its value.
    """
    raw = _read_toml(path)
    try:
        return _absolute(Pipeline.model_validate(raw), path.resolve().parent)
    except ValidationError as error:
        raise ConfigError(f"config {path}: {_first_error(error, raw)}") from None
    except (OSError, RuntimeError, ValueError):
        raise ConfigError(f"config {path}: a path in it cannot exist") from None


def load_masking(path: Path) -> Masking:
    """Read what masking needs of a TOML, which may be a whole pipeline's.

    Raises: ConfigError with one line that names the key, never its value.
    """
    return _load_part(path, Masking)


def load_scrubbing(path: Path) -> Scrubbing:
    """Read what scrubbing needs of a TOML, which may be a whole pipeline's.

    Raises: ConfigError with one line that names the key, never its value.
    """
    return _load_part(path, Scrubbing)


def load_endpoints(path: Path) -> Endpoints:
    """Read a file of endpoints.

    Raises: ConfigError with one line that names the endpoint and the key, never its value.
    """
    raw = _read_toml(path)
    try:
        return Endpoints.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"endpoints {path}: {_first_error(error, raw)}") from None


def load_training(path: Path) -> Training:
    """Read the TOML of a training run; relative paths in it are relative to the file.

    Raises: ConfigError with one line that names the key, never its value.
    """
    raw = _read_toml(path)
    try:
        found = Training.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"config {path}: {_first_error(error, raw)}") from None
    base = path.resolve().parent
    places = {name: getattr(found, name) for name in ("model", "root", "out")}
    return found.model_copy(
        update={name: Path(os.path.normpath(base / place.expanduser())) for name, place in places.items()}
    )


def with_scrub(config: Scrubbing, **given: object) -> Scrubbing:
    """Put options of the command line in the place of the file's.

    Raises: ConfigError.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return config.model_copy(update={"scrub": Scrub.model_validate(config.scrub.model_dump() | chosen)})
    except ValidationError as error:
        raise ConfigError(f"options: {_first_error(error)}") from None


def release_of(config: Release, *, name: str, tier: str | None) -> Release:
    """Put the name and tier of the command line in the place of the file's.

    Raises: ConfigError.
    """
    given = {"name": name, **({"tier": tier} if tier else {})}
    try:
        return Release.model_validate(config.model_dump() | given)
    except ValidationError as error:
        raise ConfigError(f"release: {_first_error(error)}") from None


def review_of(config: Review, *, name: str, n: int | None, seed: int | None) -> Review:
    """Put the options of the command line in the place of the file's, and check a sample's name.

    Raises: ConfigError.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}", name):
        raise ConfigError("the name of a sample has letters, digits, '.', '_' and '-' only (at most 48)")
    given = {key: value for key, value in {"n": n, "seed": seed}.items() if value is not None}
    try:
        return Review.model_validate(config.model_dump() | given)
    except ValidationError as error:
        raise ConfigError(f"options: {_first_error(error)}") from None


def deduplicate_of(**given: object) -> Deduplicate:
    """Read the settings of deduplication from the options of a command.

    Raises: ConfigError.
    """
    try:
        return Deduplicate.model_validate(given)
    except ValidationError as error:
        raise ConfigError(f"options: {_first_error(error)}") from None


def root_of(config: Path, root: Path | None) -> Path:
    """Find the warehouse: the option, else the config's, else the default folder.

    Raises: ConfigError.
    """
    place = root or config
    try:
        there = place.exists()
    except OSError as error:  # a name that is too long, or a folder that may not be searched
        raise ConfigError(f"{place} cannot be read ({error.strerror})") from None
    if root is not None:
        return root
    return load(config).warehouse.root if there else Warehouse().root


#: One part of the TOML that a command works with.
Part = TypeVar("Part", Masking, Scrubbing)


def _load_part(path: Path, model: type[Part]) -> Part:
    others = set(Pipeline.model_fields) - set(model.model_fields)
    raw = {name: section for name, section in _read_toml(path).items() if name not in others}
    try:
        found = model.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"config {path}: {_first_error(error)}") from None
    key_file = found.pseudonym.key_file
    if key_file is None:
        return found
    place = Path(os.path.normpath(path.resolve().parent / key_file.expanduser()))
    return found.model_copy(update={"pseudonym": found.pseudonym.model_copy(update={"key_file": place})})


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path} not found; `sonocurate init` writes a pipeline's") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path} is not a readable UTF-8 file") from None
    return parse_toml(text, str(path))


def parse_toml(text: str, called: str) -> dict[str, Any]:
    """Read the text of a TOML file that messages call so.

    Raises: ConfigError with one line that says what is wrong.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{called} is nested too deep") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{called} is not valid TOML: {error}") from None
    except ValueError:  # Python reads no number of more than 4300 digits
        raise ConfigError(f"{called} holds a number with too many digits") from None


def _first_error(error: ValidationError, raw: dict[str, Any] | None = None) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    key = ".".join(_named(first["loc"], raw or {}))
    message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{key}: {message}{more}"


def _named(place: tuple[int | str, ...], raw: dict[str, Any]) -> list[str]:
    """Spell a place in the TOML; an endpoint is called by its name where it has a plain one."""
    parts = [str(part) for part in place]
    try:
        name = raw["endpoints"][place[1]]["name"] if place[0] == "endpoints" else None
    except (LookupError, TypeError):
        return parts
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
        return [f"endpoint {name}: {'.'.join(parts[2:])}"]
    return parts


def _absolute(pipeline: Pipeline, base: Path) -> Pipeline:
    """Resolve relative paths against the config's folder.

    Raises: OSError, RuntimeError or ValueError for a path that no file can have.
    """

    def place(path: Path) -> Path:
        return Path(os.path.normpath(base / path.expanduser()))

    table, images, key_file = pipeline.input.table, pipeline.input.images, pipeline.pseudonym.key_file
    root = place(pipeline.warehouse.root)
    annotations = tuple(one.model_copy(update={"path": place(one.path)}) for one in pipeline.annotations)
    for path in (place(table), place(images), root, *(one.path for one in annotations)):
        path.exists()  # a name that is too long or holds a zero raises here
    changes: dict[str, Any] = {
        "input": pipeline.input.model_copy(update={"table": place(table), "images": place(images)}),
        "annotations": annotations,
        "warehouse": pipeline.warehouse.model_copy(update={"root": root}),
        "pseudonym": pipeline.pseudonym.model_copy(update={"key_file": place(key_file) if key_file else None}),
    }
    return pipeline.model_copy(update=changes)
