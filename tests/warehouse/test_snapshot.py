"""A version that a table never had is named."""

import pytest

from flows.shelf.invented import invent
from schemas.errors import ConfigError
from warehouse.snapshot import Snapshot
from warehouse.tables import Shelf


@pytest.mark.parametrize("version", [-1, 7_000, 2**63 - 1, 2**63, 10**20 - 1])
def test_a_version_that_is_not_there(tmp_path, version):
    invent(tmp_path, cases=8)
    with pytest.raises(ConfigError, match=f"table cases has no readable version {version}"):
        Snapshot(Shelf(tmp_path), {"cases": version}).read("cases")
