"""Which tests share a process: `pytest -n 2` keeps files whole, and all tests of the finished run together."""

import pytest

#: Fixtures that cost a run of the whole pipeline: built once, so their tests stay in one process.
WHOLE_RUN = {"site", "model", "finished"}


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs
        shared = any(fixtures[name][-1].baseid == "tests/flows" for name in WHOLE_RUN & fixtures.keys())
        item.add_marker(pytest.mark.xdist_group("whole run" if shared else item.location[0]))
