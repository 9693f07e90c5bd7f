"""An invented warehouse with a release, and its exports, each written once."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.shelf.export import Wanted, export_release
from flows.shelf.invented import invent
from warehouse.export.run import Exported


@dataclass
class Shop:
    """Writes every export once."""

    root: Path
    folder: Path
    done: dict[tuple[str, str | None], Exported]

    @property
    def release(self) -> Path:
        return self.root / "releases" / "demo"

    def export(self, name: str, images: str | None = None) -> Path:
        out = self.folder / f"{name}-{images}"
        if (name, images) not in self.done:
            splits = ("train", "validation", "test")
            self.done[name, images] = export_release(self.root, "demo", out, Wanted(name, images, splits))
        return out


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    base = tmp_path_factory.mktemp("shop")
    invent(base / "warehouse", cases=60)
    return Shop(base / "warehouse", base, {})


@pytest.fixture(scope="session")
def pairs(shop):
    """Give the published pairs by split."""
    import pyarrow.dataset as ds

    return {
        split: ds.dataset([str(path) for path in sorted((shop.release / "pairs").glob(f"{split}-*"))])
        .to_table()
        .to_pylist()
        for split in ("train", "validation", "test")
    }


@pytest.fixture(scope="session")
def png(shop):
    """Give the published PNG of a frame."""
    import pyarrow.dataset as ds

    rows = ds.dataset([str(path) for path in (shop.release / "images").glob("*.parquet")]).to_table()
    frames = dict(zip(rows["frame_id"].to_pylist(), rows["image"].to_pylist(), strict=True))
    return lambda frame_id: frames[frame_id]["bytes"]
