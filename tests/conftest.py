"""Which tests share a process and which come first; SIGINT reaches what tests start, wherever they are run from.

`pytest -n 2` keeps files whole, all files that need a finished run together, and those that need a server only.
"""

import re
import signal
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

#: Fixtures of tests/flows/conftest.py that are built once: a run of the whole pipeline, a server.
SHARED = {"whole run": r"model|finished", "server": r"site"}
ROOT = Path(__file__).parents[1]

# A shell's background jobs ignore SIGINT, and so would their children: Prefect's workers, which then never end.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Scheduling(LoadScopeScheduling):
    """Hand out files, not tests."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid.partition("::")[0])


@cache
def scope_of(path: str) -> str:
    if path.startswith("tests/flows/") and not path.startswith("tests/flows/masks/"):
        text = (ROOT / path).read_text(encoding="utf-8")
        for scope, fixtures in SHARED.items():
            if re.search(rf"^def \w+\([^)]*\b(?:{fixtures})\b", text, re.MULTILINE):
                return scope
    return path


def rank_of(path: str) -> int:
    """What takes long begins first, so that no process is left with it at the end."""
    ranks = {scope: rank for rank, scope in enumerate(SHARED)}
    return ranks.get(scope_of(path), len(ranks) + (not path.startswith("tests/flows/")))


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: rank_of(item.nodeid.partition("::")[0]))


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return Scheduling(config, log)
