"""`make bench-warehouse`: what tables and releases cost beside raw pyarrow, and what they withstand.

Flows in: invented rows. Flows out: lines with ratios against pyarrow on the same data in the same run, peak memory,
commits of concurrent writers, kills, and the latency of a thousandth commit. Parts: tables, release, writers, kills,
latency.
"""

import multiprocessing
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from flows.releases.invented import Plan, case_ids, fill, tables_of
from schemas.shelf import shelved
from warehouse.shards import Source
from warehouse.tables import Commit, Shelf

ROUNDS = 5
SIDE_PX = 152  # PNGs of about 30 KB
WRITERS, COMMITS = 4, 200
LATENCY_COMMITS = 1000
COMMITS_PER_KILL = 20
KILLS = int(os.environ.get("SONOCURATE_KILLS", "3"))


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def best(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Time an action: the fastest of some rounds, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def compare(what: str, ours: Callable[[], object], raw: Callable[[], object], rounds: int = ROUNDS) -> None:
    """Print our time beside raw pyarrow's, taking turns."""
    mine, theirs = zip(*((best(ours, 1), best(raw, 1)) for _ in range(rounds)), strict=True)
    a, b = min(mine), min(theirs)
    say(f"{what:<48} {a * 1000:9.1f} ms   pyarrow {b * 1000:9.1f} ms   ratio {a / b:.2f}")


def bench_tables(root: Path) -> None:
    """Append, scan, filtered scan and random image reads against raw pyarrow on the same data."""
    pictures, texts = _chunks(pictures=True), _chunks(pictures=False)
    for name, chunks in (("images", pictures), ("instruction_pairs", texts)):
        shelf, raw = Shelf(root / f"ours-{name}"), root / f"raw-{name}"
        raw.mkdir(parents=True)
        shelf.open(name)
        _bench_append(shelf, raw, name, chunks)
        _bench_scans(shelf, raw, name)
    _bench_random(Shelf(root / "ours-images"), root / "raw-images")


def _chunks(*, pictures: bool) -> list[pa.Table]:
    """Make chunks as stages commit them: 2,000 frames of about 30 KB, or 20,000 pairs."""
    made, wanted = [], "images" if pictures else "instruction_pairs"
    ids = sorted(case_ids(6_000 if pictures else 100_000))
    size = 2_000 if pictures else 20_000
    plan = Plan(len(ids), pairs_per_case=0 if pictures else 1, frames_per_case=int(pictures), side_px=SIDE_PX)
    for start in range(0, len(ids), size):
        rng = np.random.default_rng(start)
        tables = {name: (rows, schema) for name, rows, schema in tables_of(ids[start : start + size], plan, rng)}
        made.append(pa.Table.from_pylist(tables[wanted][0], schema=tables[wanted][1]))
    return made


def _bench_append(shelf: Shelf, raw: Path, name: str, chunks: list[pa.Table]) -> None:
    mine, theirs = [], []
    options = {"compression": "NONE", "row_group_size": 64} if name == "images" else {"compression": "ZSTD"}
    for at, chunk in enumerate(chunks):
        full = chunk
        for field, value in zip(list(shelved(name))[-3:], (0, "f", f"k{at}"), strict=True):
            full = full.append_column(field, pa.array([value] * chunk.num_rows, field.type))
        theirs.append(best(partial(pq.write_table, full, raw / f"{at:05d}.parquet", **options), 1))
        commit = Commit("bench", 0, "f", f"k{at}")
        mine.append(best(partial(shelf.append, name, chunk, commit), 1))
    a, b = statistics.median(mine), statistics.median(theirs)
    rows, size = chunks[0].num_rows, chunks[0].nbytes / 1e6
    what = f"append {rows} rows of {name} ({size:.0f} MB)"
    say(f"{what:<48} {a * 1000:9.1f} ms   pyarrow {b * 1000:9.1f} ms   ratio {a / b:.2f}")


def _bench_scans(shelf: Shelf, raw: Path, name: str) -> None:
    schema, paths = shelved(name), sorted(map(str, raw.glob("*.parquet")))
    key = "frame_id" if name == "images" else "instance_id"
    some = shelf.read(name, [key])[key].take(list(range(0, 500, 5)))
    where = pc.field(key).isin(some.combine_chunks())

    def scan(filtered: pc.Expression | None = None) -> pa.Table:
        return ds.dataset(paths, schema=schema, format="parquet").to_table(filter=filtered)

    compare(f"full scan of {name}", lambda: shelf.read(name), scan)
    compare(f"filtered scan of {name}", lambda: shelf.read(name, None, where), lambda: scan(where))


def _bench_random(shelf: Shelf, raw: Path) -> None:
    """Read pictures here and there: through our index, and through pyarrow with an index of row groups."""
    source = Source(shelf, "images", "frame_id")
    rng = random.Random(1)
    wanted = rng.sample(source.ids().to_pylist(), 64)
    place = {}
    files = [pq.ParquetFile(path) for path in sorted(raw.glob("*.parquet"))]
    for file in files:
        for group in range(file.num_row_groups):
            for at, row_id in enumerate(file.read_row_group(group, ["frame_id"])["frame_id"].to_pylist()):
                place[row_id] = (file, group, at)

    def read_raw() -> list[pa.Table]:
        return [
            file.read_row_group(group, ["image"]).slice(at, 1) for file, group, at in (place[one] for one in wanted)
        ]

    def read_ours() -> list[pa.Table]:
        return [source.rows([row_id], ["image"]) for row_id in wanted]

    compare("64 random pictures, one by one", read_ours, read_raw)
    compare("64 random pictures, together", lambda: source.rows(wanted, ["image"]), read_raw)


def bench_release(root: Path) -> None:
    """Release 1e6 text rows and 2e4 frames of 30 KB in a process of its own; print its peak memory."""
    shelf = Shelf(root / "release")
    start = time.perf_counter()
    fill(shelf, Plan(cases=20_000, pairs_per_case=49, side_px=SIDE_PX))
    rows = {
        name: sum(pq.ParquetFile(path).metadata.num_rows for path in shelf.files(name))
        for name in ("images", "reports", "instruction_pairs")
    }
    frame = shelf.read("images", ["image"]).slice(0, 1)["image"][0].as_py()["bytes"]
    say(f"filled {rows} in {time.perf_counter() - start:.0f} s; one picture {len(frame) / 1000:.0f} KB")
    done = subprocess.run(
        [sys.executable, "-m", "flows.releases.bench_release", str(shelf.root)],
        check=False,
        text=True,
        capture_output=True,
    )
    say(done.stdout.strip() or done.stderr[-2000:])


def _write(root: str, worker: int, count: int, told: str | None = None) -> None:
    """Commit rows one by one; write down every commit that was acknowledged."""
    shelf = Shelf(Path(root))
    for at in range(count):
        case = f"c{worker:02d}{at:06d}".ljust(33, "0")
        row = {"case_id": case, "site": "s", "language": "en", "findings": "f", "impression": "", "redactions": 0}
        table = pa.Table.from_pylist([row], schema=pa.schema(list(shelved("reports"))[:-3]))
        shelf.append("reports", table, Commit("bench", 0, "f", case))
        if told:
            with Path(told).open("a") as file:
                file.write(case + "\n")
                file.flush()
                os.fsync(file.fileno())


def bench_writers(root: Path) -> None:
    """Four writers, 200 commits: every acknowledged one is there, once."""
    shelf = Shelf(root / "writers")
    shelf.open("reports")
    context = multiprocessing.get_context("spawn")
    told = [root / f"told-{worker}" for worker in range(WRITERS)]
    each = COMMITS // WRITERS
    jobs = [context.Process(target=_write, args=(str(shelf.root), at, each, str(told[at]))) for at in range(WRITERS)]
    start = time.perf_counter()
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    acknowledged = sorted(line for path in told for line in path.read_text().split())
    there = sorted(shelf.read("reports", ["case_id"])["case_id"].to_pylist())
    lost, twice = len(set(acknowledged) - set(there)), len(there) - len(set(there))
    took = time.perf_counter() - start
    say(f"{WRITERS} writers, {len(acknowledged)} acknowledged commits in {took:.1f} s: {lost} lost, {twice} twice")


@dataclass(frozen=True, slots=True)
class Survived:
    """What kills left: how many landed, acknowledged commits that are lost, commits that are there twice, rows."""

    landed: int
    lost: int
    twice: int
    rows: int


def bench_kills(root: Path) -> None:
    """Kill a writer again and again at random moments, start it again: every commit is there once."""
    left = kill_writers(root, KILLS)
    found = f"{left.lost} acknowledged commits lost, {left.twice} twice, {left.rows} rows"
    say(f"{left.landed} kills of {KILLS} landed: {found}")


def kill_writers(root: Path, kills: int) -> Survived:
    """Let a writer of 20 commits a kill be killed so often, each time further on, and then finish."""
    shelf, told = Shelf(root / "kills"), root / "told"
    rng = random.Random(7)
    command = (
        "import sys; from flows.releases.bench import _write; _write(sys.argv[1], 0, int(sys.argv[2]), sys.argv[3])"
    )
    arguments = [sys.executable, "-c", command, str(shelf.root), str(COMMITS_PER_KILL * kills), str(told)]
    landed = 0
    for _ in range(kills):
        job = subprocess.Popen(arguments)
        seen = _commits(shelf)
        deadline = time.monotonic() + 120
        while job.poll() is None and _commits(shelf) < seen + 5 and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.2))
        landed += job.poll() is None
        job.kill()
        job.wait()
    subprocess.run(arguments, check=True)
    there = shelf.read("reports", ["case_id"])["case_id"].to_pylist()
    lost = len(set(told.read_text().split()) - set(there))
    return Survived(landed, lost, len(there) - len(set(there)), len(there))


def _commits(shelf: Shelf) -> int:
    return sum(1 for _ in Path(shelf.uri("reports")).glob("_delta_log/*.json"))


def bench_latency(root: Path) -> None:
    """A thousand commits to one table: the last hundred beside the first."""
    shelf = Shelf(root / "latency")
    times = []
    for at in range(LATENCY_COMMITS):
        case = f"c{at:032d}"
        row = {"case_id": case, "site": "s", "language": "en", "findings": "f", "impression": "", "redactions": 0}
        table = pa.Table.from_pylist([row], schema=pa.schema(list(shelved("reports"))[:-3]))
        times.append(best(partial(shelf.append, "reports", table, Commit("bench", 0, "f", case)), 1))
    for name, summed in (("median", statistics.median), ("mean", statistics.fmean)):
        first, last = (summed(times[part]) * 1000 for part in (slice(0, 100), slice(-100, None)))
        ratio = last / first
        say(f"{LATENCY_COMMITS} commits, {name}: first 100 {first:.1f} ms, last 100 {last:.1f} ms, ratio {ratio:.2f}")
    say(f"{len(shelf.files('reports'))} files hold {shelf.read('reports').num_rows} rows")


PARTS = {
    "tables": bench_tables,
    "writers": bench_writers,
    "kills": bench_kills,
    "latency": bench_latency,
    "release": bench_release,
}


def main() -> None:
    """Run the parts that were asked for, or all."""
    chosen = sys.argv[1:] or list(PARTS)
    unknown = sorted(set(chosen) - set(PARTS))
    if unknown:
        raise SystemExit(f"no part {', '.join(unknown)}: {', '.join(PARTS)}")
    for part in chosen:
        with tempfile.TemporaryDirectory(prefix="bench-warehouse-") as folder:
            PARTS[part](Path(folder))
    say(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
