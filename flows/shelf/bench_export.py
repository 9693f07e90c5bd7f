"""`make bench-warehouse PARTS=export`: what an export costs, and how fast it is read. Run it with nothing else running.

Flows in: an invented release of 10,000 frames (30 KB). Flows out: tables on standard output. Peers run on the same
bytes in the same process: file copy for `--images files`, a folder
of PNGs for a shuffled read, raw pyarrow for random images.
"""

import argparse
import io
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from rich.table import Table

from flows.shelf.export import Wanted, export_release
from flows.shelf.invented import Invented, write_tables
from flows.shelf.invented_release import write_invented_release
from flows.show import console
from warehouse.export.source import Source
from warehouse.tables import Shelf

CASES = 5000
IMAGE_BYTES = 30_000
READS = 3000
ROUNDS = 5


def _timed(action: Callable[[], object]) -> float:
    start = time.monotonic()
    action()
    return time.monotonic() - start


def _best(action: Callable[[int], object]) -> float:
    """Give the shortest of some rounds: what others do on the machine only ever adds time."""
    return min(_timed(partial(action, number)) for number in range(ROUNDS))


def files(root: Path, scratch: Path) -> None:
    """Print an export with pictures as files beside a copy of the same files, in turns; the quickest of each counts.

    Where the system must first find memory for what is written, either takes up to four times as long.
    """
    base = scratch / "files"
    _export(root, base, Wanted("ms-swift"))
    pictures = sorted((base / "images").rglob("*.png"))
    size = sum(path.stat().st_size for path in pictures)

    def copy(target: Path) -> None:
        for path in pictures:
            place = target / path.relative_to(base)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)

    ways = {"copy": copy, "export": lambda target: _export(root, target, Wanted("ms-swift"))}
    spent: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(ROUNDS):
        for way, write in ways.items():
            spent[way].append(_timed(partial(write, scratch / f"{way}{number}")))
    copied, exported = (min(spent[way]) for way in ways)
    table = Table("pictures as files", "files", "MB/s", "share of file copy", "asked")
    table.add_row("file copy", str(len(pictures)), f"{size / copied / 1e6:.0f}", "100 %", "")
    share = f"{100 * copied / exported:.0f} %"
    table.add_row(
        "sonocurate export --images files", str(len(pictures)), f"{size / exported / 1e6:.0f}", share, ">= 70 %"
    )
    console().print(table)
    for way in ways:
        for number in range(ROUNDS):
            shutil.rmtree(scratch / f"{way}{number}")


def shuffled(root: Path, scratch: Path) -> None:
    """Print a map-style shuffled read of an export by `datasets` beside a folder of PNGs."""
    import datasets  # noqa: PLC0415

    _export(root, scratch / "hf", Wanted("hf", None, ("train",), "task = 'judge'"))
    loaded = datasets.load_dataset(str(scratch / "hf"), cache_dir=str(scratch / "cache"))["train"]
    loaded = loaded.select_columns(["images"])
    raw = loaded.cast_column("images", datasets.List(datasets.Image(decode=False)))
    order = random.Random(1).sample(range(len(loaded)), min(READS, len(loaded)))
    pictures = sorted((scratch / "files" / "images" / "train").rglob("*.png"))
    chosen = random.Random(1).sample(pictures, min(len(order), len(pictures)))
    images = sum(len(raw[number]["images"]) for number in order)
    seconds = {
        "datasets, decoded": (_best(lambda _: _all_pixels(loaded, order)), images),
        "datasets, bytes": (_best(lambda _: [raw[number]["images"] for number in order]), images),
        "folder of PNGs, decoded": (_best(lambda _: [Image.open(path).load() for path in chosen]), len(chosen)),
        "folder of PNGs, bytes": (_best(lambda _: [path.read_bytes() for path in chosen]), len(chosen)),
    }
    table = Table("shuffled read, one process", "img/s", "times the folder", "asked")
    for name, (spent, count) in seconds.items():
        kind = name.partition(", ")[2]
        peer_seconds, peer_count = seconds[f"folder of PNGs, {kind}"]
        speed, peer = count / spent, peer_count / peer_seconds
        asked = ">= 3000 img/s-class" if name == "datasets, bytes" else ""
        table.add_row(name, f"{speed:.0f}", f"{speed / peer:.2f}", asked)
    console().print(table)


def _all_pixels(rows: Any, order: Sequence[int]) -> None:  # noqa: ANN401 - a `datasets` dataset is untyped here
    for number in order:
        for image in rows[number]["images"]:
            image.load()


def random_images(root: Path, _scratch: Path) -> None:
    """Print the read of random frames by id beside raw pyarrow, which knows the row group."""
    source = Source(root / "releases" / "bench", mapped=True)  # as exports read
    index = source.index("images", "train")
    places = [(place, row) for place, group in enumerate(index.groups) for row in range(group.rows)]
    drawn = random.Random(2).sample(places, min(400, len(places)))
    opened = {group.path: pq.ParquetFile(group.path) for group in index.groups}
    names = [source.read(group, ["frame_id"])["frame_id"] for group in index.groups]
    ids = [names[place][row].as_py() for place, row in drawn]

    def raw(_: int) -> None:
        for place, row in drawn:
            group = index.groups[place]
            rows: pa.Table = opened[group.path].read_row_group(group.number, columns=["image"])
            io.BytesIO(rows["image"][row]["bytes"].as_py())

    ours, peer = _best(lambda _: [index.take([frame_id], "image") for frame_id in ids]), _best(raw)
    table = Table("random frames", "img/s", "times raw pyarrow's time", "asked")
    table.add_row("raw pyarrow, place known", f"{len(ids) / peer:.0f}", "1.00", "")
    table.add_row("release by frame id", f"{len(ids) / ours:.0f}", f"{ours / peer:.2f}", "<= 1.25")
    console().print(table)


def _export(root: Path, out: Path, wanted: Wanted) -> None:
    export_release(root, "bench", out, wanted)


def main(arguments: Sequence[str]) -> None:
    """Run the export part of the warehouse bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["export"], default="export")
    parser.add_argument("--cases", type=int, default=CASES)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as folder:
        scratch = Path(folder)
        shelf = Shelf(scratch / "warehouse")
        write_tables(shelf, options.cases, Invented(image_bytes=IMAGE_BYTES))
        write_invented_release(shelf, "bench")
        for part in (files, shuffled, random_images):
            part(shelf.root, scratch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    console().print(f"memory at most {peak:.2f} GB, with the making of the release")


if __name__ == "__main__":
    main(sys.argv[1:])
