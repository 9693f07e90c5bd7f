"""`sonocurate doctor`: is everything here that a night run needs? Says what to do where it is not; changes nothing.

Flows in: a config. Flows out: findings: versions, config, key and secrets, server, models, annotations, disk,
permissions.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from curation.generate.embedded import model_path
from curation.ground.read.source import open_source
from curation.image.engines import check_engines, load_tools
from curation.text.ner import load_redactor
from flows.key import load_key
from flows.pool.keys import keys_of
from flows.preflight import check_root
from flows.server import check_configured_server, set_quiet
from schemas.annotated import Annotations
from schemas.config import Pipeline
from schemas.errors import ConfigError
from schemas.load import load

#: Room for tables, the catalog and the log beside what is copied of the archive: masked frames are about as large.
LEAST_FREE_GB = 5.0
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``trouble`` says what to do."""

    what: str
    found: str
    trouble: str | None = None

    def line(self) -> str:
        """Say it in one line."""
        return f"FIX {self.what}: {self.trouble}" if self.trouble else f"ok  {self.what}: {self.found}"


def examine(config_path: Path) -> Iterator[Finding]:
    """Look at everything; a finding that needs the config is left out where there is none."""
    yield _looked("python", lambda: sys.version.split()[0])
    yield _looked("packages", _packages)
    found: list[Pipeline] = []

    def read() -> str:
        found.append(load(config_path))
        return str(config_path)

    yield _looked("config", read)
    yield _looked("prefect server", _server)
    if found:
        yield from _of_config(found[0])


def _of_config(config: Pipeline) -> Iterator[Finding]:
    yield _looked("pseudonym key", lambda: _said(load_key(config), "found, private"))
    yield _looked(
        "endpoint keys", lambda: f"{len(keys_of(config.endpoints))} of {len(config.endpoints)} endpoints need one"
    )
    yield _looked("text recognition", lambda: _ocr(config))
    yield _looked("names in reports", lambda: _said(load_redactor(ner=config.scrub.ner), "rules and models load"))
    yield _looked("demo model", lambda: "not needed" if config.endpoints else model_path().name)
    yield _looked("warehouse", lambda: _root(config))
    yield _looked("disk", lambda: _disk(config.warehouse.root))
    yield _looked("input", lambda: _input(config))
    for number, source in enumerate(config.annotations, start=1):
        yield _looked(f"annotations {number} ({source.layout})", partial(_annotations, source))
    if config.rate.frames != "none":
        yield _looked("quality of frames", lambda: _seeing(config))
    if config.run.task_runner == "dask":
        yield _looked("dask", _dask)


def _looked(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except ConfigError as error:
        return Finding(what, "", str(error))
    except Exception as error:  # noqa: BLE001 - whatever is broken must not stop the other findings
        return Finding(what, "", f"failed with {type(error).__name__}: install again with `make setup`")


def _said(_looked_at: object, text: str) -> str:
    return text


def _root(config: Pipeline) -> str:
    check_root(config.warehouse.root, config.input.images)
    return "can be written, apart from the input"


def _packages() -> str:
    """Compare what is installed with what the project asks for.

    Raises: ConfigError naming what is missing or of another version.
    """
    wrong, right = [], 0
    for text in requires("sonocurate") or ():
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            there = version(wanted.name)
        except PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if wanted.specifier.contains(there, prereleases=True):
            right += 1
        else:
            wrong.append(f"{wanted.name} is {there}, needed is {wanted.specifier}")
    if wrong:
        raise ConfigError(f"{'; '.join(wrong[:5])}: install from requirements.lock (`make setup`)")
    return f"{right} as pinned, prefect {version('prefect')}"


def _server() -> str:
    set_quiet()
    check_configured_server()
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415 - after the environment is set

    url = PREFECT_API_URL.value()
    return f"{url} answers" if url else "none is configured; a run starts its own"


def _ocr(config: Pipeline) -> str:
    check_engines(config.desensitize)
    tools = load_tools(config.desensitize)
    return f"{config.desensitize.engine}, audit by {type(tools.second or tools.ocr).__name__}"


def _disk(root: Path) -> str:
    nearest = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(nearest).free / _GB
    if free < LEAST_FREE_GB:
        raise ConfigError(f"{free:.1f} GB are free below {nearest}: make room for at least {LEAST_FREE_GB:.0f} GB")
    return f"{free:.0f} GB free"


def _input(config: Pipeline) -> str:
    if not config.input.table.is_file():
        raise ConfigError(f"input.table: {config.input.table} is not a file")
    if not config.input.images.is_dir():
        raise ConfigError(f"input.images: {config.input.images} is not a folder")
    return "table and images are there"


def _annotations(source: Annotations) -> str:
    pictures = len(open_source(source).images())
    if not pictures:
        raise ConfigError(f"annotations: {source.path} names no picture: see its layout")
    return f"{pictures} pictures in {source.path}"


def _seeing(config: Pipeline) -> str:
    seeing = [one.name for one in config.endpoints if "vision" in one.capabilities]
    if not seeing:
        raise ConfigError(
            f'rate.frames is "{config.rate.frames}", but no endpoint sees: name one with the capability "vision", or '
            "no frame is judged"
        )
    return f"judged by {', '.join(seeing)}"


def _dask() -> str:
    try:
        return f"distributed {version('distributed')}"
    except PackageNotFoundError:
        raise ConfigError("Dask is not installed: pip install 'sonocurate[dask]'") from None
