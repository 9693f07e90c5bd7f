"""Which tests share a process: `pytest -n 2` keeps files whole, and all files that need a finished run together."""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

#: Fixtures of tests/flows/conftest.py that cost a run of the whole pipeline: built once.
WHOLE_RUN = re.compile(r"^def \w+\([^)]*\b(?:model|finished)\b", re.MULTILINE)
ROOT = Path(__file__).parents[1]


class Scheduling(LoadScopeScheduling):
    """Hand out files, not tests."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid.partition("::")[0])


@cache
def scope_of(path: str) -> str:
    whole = path.startswith("tests/flows/") and WHOLE_RUN.search((ROOT / path).read_text(encoding="utf-8"))
    return "whole run" if whole else path


def pytest_xdist_make_scheduler(config, log):
    return Scheduling(config, log)
