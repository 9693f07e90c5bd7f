"""`make bench-flows`: what orchestration costs, a rerun without news, two Dask workers against one.

Flows in: an invented hospital. Flows out: lines. Parts: overhead, rerun, dask; kills are in `make chaos`.
Overhead is the flow's time less the time of its chunks (read, step, commit), on one worker, wall and processor time of
this process: the chunks are the same steps that a caller without Prefect would run.
SONOCURATE_BENCH_IMAGES and SONOCURATE_BENCH_TEXTS set the size: 2,000 and 10,000.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from flows.key import init_key
from flows.sample.hospital import build
from flows.server import prefect_server
from flows.stage import Receipt, forget_contexts
from schemas.errors import ConfigError

IMAGES = int(os.environ.get("SONOCURATE_BENCH_IMAGES", "2000"))
TEXTS = int(os.environ.get("SONOCURATE_BENCH_TEXTS", "10000"))
IMAGES_PER_CASE = 3
CONFIG = """
[input]
table = "hospital/cases.csv"
images = "hospital/images"
[pseudonym]
key_file = "pseudonym.key"
[warehouse]
root = "{root}"
[run]
task_runner = "{runner}"
workers = {workers}
[desensitize]
chunk_images = {chunk_images}
[scrub]
chunk_reports = {chunk_reports}
[generate]
max_tokens = 96
[release]
k = 1
"""


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def config_of(folder: Path, runner: str, workers: int) -> Path:
    """Write a config with a warehouse of its own; one worker's chunks are as large as two workers'."""
    path = folder / f"{runner}-{workers}.toml"
    chunks = {"chunk_images": max(1, min(32, IMAGES // 8)), "chunk_reports": max(1, min(1000, TEXTS // 8))}
    text = CONFIG.format(root=f"warehouse-{runner}-{workers}", runner=runner, workers=workers, **chunks)
    path.write_text(text, encoding="utf-8")
    return path


def invent(folder: Path) -> tuple[Path, Path]:
    """Invent a hospital of so many images, and one of so many reports, each with a picture of its own."""
    pictures, reports = folder / "pictures", folder / "reports"
    for place in (pictures, reports):
        place.mkdir()
        init_key(place / "pseudonym.key")
    build(pictures / "hospital", pictures / "truth", cases=max(1, IMAGES // IMAGES_PER_CASE), seed=1)
    _reports(pictures / "hospital" / "cases.csv", reports / "hospital")
    return pictures, reports


def _reports(table: Path, folder: Path) -> None:
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("findings")]
    (folder / "images").mkdir(parents=True)
    pixels = np.zeros((48, 48, 3), np.uint8)
    with (folder / "cases.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        for at in range(TEXTS):
            Image.fromarray(pixels).save(folder / "images" / f"{at}.png")
            out.writerow({**rows[at % len(rows)], "case_id": f"n{at}", "images": f"{at}.png"})


def timed(config: Path, stages: Sequence[str]) -> dict[str, tuple[Receipt, float, float]]:
    """Run stages as flows inside one flow; give receipt, wall and processor seconds of each."""
    from prefect import flow  # noqa: PLC0415 - Prefect reads its settings at import

    from flows.desensitize import desensitize_flow  # noqa: PLC0415
    from flows.intake import intake_flow  # noqa: PLC0415
    from flows.parameters import StageRun  # noqa: PLC0415
    from flows.scrub import scrub_flow  # noqa: PLC0415
    from flows.working import working  # noqa: PLC0415

    flows: dict[str, Callable[[StageRun], Receipt]] = {
        "intake": intake_flow,
        "desensitize": desensitize_flow,
        "scrub": scrub_flow,
    }
    found: dict[str, tuple[Receipt, float, float]] = {}

    @flow(name="bench", persist_result=False)
    def bench(run: StageRun) -> None:
        with working(run, "bench"):
            for stage in stages:
                wall, cpu = time.monotonic(), time.process_time()
                receipt = flows[stage](run)
                found[stage] = receipt, time.monotonic() - wall, time.process_time() - cpu

    forget_contexts()
    bench(StageRun(config_path=str(config)))
    return found


def bench_overhead(pictures: Path, reports: Path) -> None:
    """Print what a stage's flow takes beyond its chunks."""
    for place, stage in ((pictures, "desensitize"), (reports, "scrub")):
        receipt, wall, cpu = timed(config_of(place, "threads", 1), ("intake", stage))[stage]
        rows = receipt.kept + receipt.rejected
        say(
            f"{stage}: {rows} rows in {receipt.chunks} chunks, flow {wall:.1f} s wall, {cpu:.1f} s CPU; beyond chunks "
            f"{wall - receipt.seconds:.1f} s wall ({(wall - receipt.seconds) / wall:.1%}), "
            f"{cpu - receipt.cpu_s:.1f} s CPU ({(cpu - receipt.cpu_s) / cpu:.1%}); <= 3 % asked"
        )


def bench_rerun(folder: Path, url: str) -> None:
    """Print how long `sonocurate run` takes where nothing is new, beside a running server."""
    place = folder / "rerun"
    place.mkdir()
    init_key(place / "pseudonym.key")
    build(place / "hospital", place / "truth", cases=2, seed=1)
    config = config_of(place, "threads", 2)
    command = [sys.executable, "-m", "flows.cli", "run", "--config", str(config)]
    for what in ("first run of 2 cases", "rerun without news"):
        wall, cpu = time.monotonic(), os.times().children_user + os.times().children_system
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PREFECT_API_URL": url})
        spent = os.times().children_user + os.times().children_system - cpu
        say(f"{what}: {time.monotonic() - wall:.1f} s wall, {spent:.1f} s CPU; <= 10 s asked of a rerun")


def bench_dask(pictures: Path, reports: Path) -> None:
    """Print the rate of two Dask workers over that of one."""
    for place, stage in ((pictures, "desensitize"), (reports, "scrub")):
        walls = {}
        for workers in (1, 2):
            receipt, walls[workers], _ = timed(config_of(place, "dask", workers), ("intake", stage))[stage]
            say(f"{stage}: {workers} Dask workers: {walls[workers]:.1f} s wall, {receipt.cpu_s:.1f} s CPU of chunks")
        say(f"{stage}: two Dask workers are {walls[1] / walls[2]:.2f} times one; >= 1.7 asked")


def main(parts: Sequence[str]) -> None:
    """Run the parts that are named, or all.

    Raises: ConfigError for an unknown part.
    """
    known = ("overhead", "rerun", "dask")
    if unknown := set(parts) - set(known):
        raise ConfigError(f"parts: {', '.join(sorted(unknown))} is none of {', '.join(known)}")
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        folder = Path(scratch)
        with prefect_server(folder / "server.log") as url:
            wanted = parts or known
            if {"overhead", "dask"} & set(wanted):
                pictures, reports = invent(folder)
            if "overhead" in wanted:
                bench_overhead(pictures, reports)
            if "rerun" in wanted:
                bench_rerun(folder, url)
            if "dask" in wanted:
                bench_dask(pictures, reports)


if __name__ == "__main__":
    main(sys.argv[1:])
