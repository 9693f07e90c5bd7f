"""The picture of a run is shown where it can be drawn, and otherwise left out: the release stands."""

from types import SimpleNamespace

import numpy as np
import pytest

from flows.summary import before_after
from warehouse.tables import Shelf


def test_without_its_source_or_a_place_there_is_no_picture(finished, tmp_path):
    def gone(_):
        raise KeyError("a case that has left the export")

    def there(_):
        return SimpleNamespace(frame=lambda _: np.zeros((480, 4, 3), np.uint8))

    for opened, folder in ((gone, tmp_path), (there, tmp_path / "not" / "there")):
        context = SimpleNamespace(shelf=Shelf(finished.root), export=SimpleNamespace(open=opened))
        assert before_after(context, folder) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_run_whose_source_left_the_export_ends_well(finished, site, tmp_path):
    """The next export holds other cases; what was published stays published."""
    import shutil

    folder = tmp_path / "moved"
    shutil.copytree(finished.folder, folder)
    (folder / "before_after.png").unlink()
    table = tmp_path / "cases.csv"
    lines = (site.hospital / "cases.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text(lines[0], encoding="utf-8")
    config = (folder / "pipeline.toml").read_text(encoding="utf-8")
    changed = config.replace(f'table = "{site.hospital}/cases.csv"', f'table = "{table}"').replace("first", "second")
    assert changed != config
    (folder / "pipeline.toml").write_text(changed, encoding="utf-8")
    done = site.cli("run", "--config", folder / "pipeline.toml")
    assert done.returncode == 0, done.stderr
    assert "Before/after" not in done.stdout
    assert (folder / "warehouse/releases/second/release.json").is_file()
