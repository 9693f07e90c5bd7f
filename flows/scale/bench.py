"""`make bench-flows`: what orchestration costs, a rerun without news, two Dask workers against one.

Flows in: invented hospitals. Flows out: lines that say what was asked and what was measured. Parts: images, texts (the
flow's time less that of the same steps called directly), rerun, dask-images, dask-texts; kills are in `make chaos`.
The input is cut into rounds; in each the flow and the direct calls do the same chunks on as many threads, in turns who
is first. A direct call reads, works and commits as a chunk of the flow does, without Prefect, progress and catalog.
SONOCURATE_BENCH_IMAGES, SONOCURATE_BENCH_TEXTS (2,000 and 10,000) and SONOCURATE_BENCH_ROUNDS (2) set the size; Dask
gets all texts and a quarter of the images, so that loading models is a small part of both.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from flows.key import init_key
from flows.sample.hospital import build
from flows.server import prefect_server
from flows.stage import Context, Receipt, context_of, forget_contexts
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from flows.parameters import StageRun

IMAGES = int(os.environ.get("SONOCURATE_BENCH_IMAGES", "2000"))
TEXTS = int(os.environ.get("SONOCURATE_BENCH_TEXTS", "10000"))
ROUNDS = int(os.environ.get("SONOCURATE_BENCH_ROUNDS", "2"))
WORKERS = 2
#: Of so many rows Dask gets one.
DASK_SHARE = {"desensitize": 4, "scrub": 1}
#: Chunks of a run: even, so that two workers can share them.
CHUNKS = 20
IMAGES_PER_CASE = 3
MOST_OVERHEAD, MOST_RERUN_S, LEAST_GAIN = 0.03, 10.0, 1.7
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
[intake]
chunk_cases = 5000
[desensitize]
chunk_images = {size}
[scrub]
chunk_reports = {size}
[generate]
max_tokens = 96
[release]
k = 1
"""


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def verdict(what: str, asked: str, measured: str) -> None:
    """Print what was asked and what was measured."""
    say(f"{what} | asked {asked} | measured {measured}")


@dataclass(frozen=True, slots=True)
class Steps:
    """A stage: its flow, the function of a chunk without Prefect, its ids and the rows of a chunk."""

    name: str
    flow: "Callable[[StageRun], Receipt]"
    chunk: Callable[[str, str], Receipt]
    ids: Callable[[Context], list[str]]
    size: Callable[[Context], int]

    @classmethod
    def of(cls, name: str) -> "Steps":
        """Find the steps of desensitize or scrub."""
        from flows import desensitize, scrub  # noqa: PLC0415 - Prefect reads its settings at import

        if name == "desensitize":
            flow: Any = desensitize.desensitize_flow
            chunk: Any = desensitize.desensitize_chunk
            return cls(name, flow, chunk.fn, desensitize.ids_of, lambda c: c.config.desensitize.chunk_images)
        flow, chunk = scrub.scrub_flow, scrub.scrub_chunk
        return cls(name, flow, chunk.fn, scrub.ids_of, lambda c: c.config.scrub.chunk_reports)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a way of working took."""

    receipt: Receipt
    wall_s: float
    cpu_s: float


def config_of(folder: Path, runner: str, workers: int, rows: int, way: str = "flow") -> Path:
    """Write a config with a warehouse of its own; its rows are cut into as many chunks whatever their number."""
    name, size = f"{runner}-{workers}-{way}", max(1, rows // CHUNKS)
    path = folder / f"{name}.toml"
    text = CONFIG.format(root=f"warehouse-{name}", runner=runner, workers=workers, size=size)
    path.write_text(text, encoding="utf-8")
    return path


def invent_images(folder: Path, images: int, seed: int) -> Path:
    """Invent a hospital of about so many images."""
    folder.mkdir()
    init_key(folder / "pseudonym.key")
    build(folder / "hospital", folder / "truth", cases=max(1, images // IMAGES_PER_CASE), seed=seed)
    return folder


def invent_texts(folder: Path, texts: int, seed: int) -> Path:
    """Invent a hospital of so many reports, each with a small picture of its own."""
    written = folder.parent / "written"
    if not written.exists():
        invent_images(written, 150, seed)
    with (written / "hospital" / "cases.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("findings")]
    (folder / "hospital" / "images").mkdir(parents=True)
    init_key(folder / "pseudonym.key")
    pixels = np.zeros((48, 48, 3), np.uint8)
    with (folder / "hospital" / "cases.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        for at in range(texts):
            Image.fromarray(pixels).save(folder / "hospital" / "images" / f"{at}.png")
            out.writerow({**rows[at % len(rows)], "case_id": f"n{at}", "images": f"{at}.png"})
    return folder


INVENT = {"desensitize": (invent_images, IMAGES), "scrub": (invent_texts, TEXTS)}


def taken_in(config: Path) -> "StageRun":
    """Take the cases in, before anything is timed; gives the parameters of the next stage."""
    from flows.intake import intake_flow  # noqa: PLC0415 - Prefect reads its settings at import
    from flows.parameters import StageRun  # noqa: PLC0415

    run = StageRun(config_path=str(config))
    intake_flow(run)
    forget_contexts()
    return run


def timed(work: Callable[[], Receipt]) -> Spent:
    """Time some work: wall, and processor time of this process."""
    wall, cpu = time.monotonic(), time.process_time()
    receipt = work()
    return Spent(receipt, time.monotonic() - wall, time.process_time() - cpu)


def by_flow(config: Path, steps: Steps) -> Spent:
    """Run a stage as its flow."""
    run = taken_in(config)
    return timed(lambda: steps.flow(run))


def directly(config: Path, steps: Steps) -> Spent:
    """Call the steps of a stage, chunk by chunk, on as many threads."""
    path = taken_in(config).config_path

    def work() -> Receipt:
        context = context_of(path)
        chunks = context.journal(steps.name).plan(steps.ids(context), steps.size(context))
        with ThreadPoolExecutor(WORKERS) as threads:
            done = list(threads.map(lambda chunk: steps.chunk(path, chunk.commit.chunk_id), chunks))
        return sum(done, Receipt(steps.name, 0, 0, 0))

    return timed(work)


def bench_overhead(folder: Path, stage: str) -> None:
    """Print what a stage's flow takes beyond the same steps called directly."""
    steps, (invent, rows) = Steps.of(stage), INVENT[stage]
    ways: dict[str, Callable[[Path, Steps], Spent]] = {"flow": by_flow, "direct": directly}
    by_flow(config_of(invent(folder / f"{stage}-warm", 6, 0), "threads", WORKERS, 6), steps)  # loads the models
    spent: dict[str, list[Spent]] = {way: [] for way in ways}
    for number in range(ROUNDS):
        part = rows // ROUNDS
        place = invent(folder / f"{stage}-{number}", part, number + 1)
        for way in sorted(ways, reverse=number % 2 == 1):
            spent[way].append(ways[way](config_of(place, "threads", WORKERS, part, way), steps))
        flow, direct = spent["flow"][-1], spent["direct"][-1]
        if (flow.receipt.kept, flow.receipt.rejected) != (direct.receipt.kept, direct.receipt.rejected):
            raise ConfigError(f"{stage}: the flow and the direct calls gave different rows")
        done = flow.receipt.kept + flow.receipt.rejected
        say(f"{stage} {number + 1}/{ROUNDS}: {done} rows, flow {flow.wall_s:.1f} s, directly {direct.wall_s:.1f} s")
    wall = {way: sum(one.wall_s for one in found) for way, found in spent.items()}
    cpu = {way: sum(one.cpu_s for one in found) for way, found in spent.items()}
    total = sum((one.receipt for one in spent["direct"]), Receipt(stage, 0, 0, 0))
    say(f"{stage}: of the direct calls {1 - total.step_s / total.seconds:.1%} is reading plans and committing")
    verdict(
        f"{stage}: flow beyond direct calls, {total.kept + total.rejected} rows in {total.chunks} chunks",
        f"<= {MOST_OVERHEAD:.0%}",
        f"{(wall['flow'] - wall['direct']) / wall['direct']:.1%} wall ({wall['flow']:.1f} and {wall['direct']:.1f} s), "
        f"{(cpu['flow'] - cpu['direct']) / cpu['direct']:.1%} CPU ({cpu['flow']:.1f} and {cpu['direct']:.1f} s)",
    )


def bench_rerun(folder: Path, url: str) -> None:
    """Print how long `sonocurate run` takes where nothing is new, beside a running server."""
    place = invent_images(folder / "rerun", 6, 1)
    config = config_of(place, "threads", WORKERS, 6)
    command = [sys.executable, "-m", "flows.cli", "run", "--config", str(config)]
    walls = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PREFECT_API_URL": url})
        walls.append(time.monotonic() - began)
    say(f"rerun: the first run of 2 cases took {walls[0]:.1f} s")
    verdict("rerun without news, the slower of two", f"<= {MOST_RERUN_S:.0f} s", f"{max(walls[1:]):.1f} s")


def on_workers(config: Path, steps: Steps) -> Spent:
    """Run a stage on workers that intake has started; loading models is part of it."""
    from prefect import flow  # noqa: PLC0415 - Prefect reads its settings at import

    from flows.intake import intake_flow  # noqa: PLC0415
    from flows.parameters import StageRun  # noqa: PLC0415
    from flows.working import working  # noqa: PLC0415

    found: list[Spent] = []

    @flow(name="bench", persist_result=False)
    def bench(run: StageRun) -> None:
        with working(run, "bench"):
            intake_flow(run)
            found.append(timed(lambda: steps.flow(run)))

    bench(StageRun(config_path=str(config)))
    return found[0]


def bench_dask(folder: Path, stage: str) -> None:
    """Print the rate of two Dask workers over that of one."""
    steps, (invent, rows) = Steps.of(stage), INVENT[stage]
    part = rows // DASK_SHARE[stage]
    place = invent(folder / f"dask-{stage}", part, 1)
    walls = {}
    for workers in (1, 2):
        spent = on_workers(config_of(place, "dask", workers, part), steps)
        walls[workers] = spent.wall_s
        done = spent.receipt.kept + spent.receipt.rejected
        say(f"{stage}: {done} rows by {workers} Dask workers in {spent.wall_s:.1f} s")
    verdict(f"{stage}: two Dask workers over one", f">= {LEAST_GAIN}", f"{walls[1] / walls[2]:.2f}")


def main(parts: Sequence[str]) -> None:
    """Run the parts that are named, or all.

    Raises: ConfigError for an unknown part.
    """
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        folder = Path(scratch)
        known: dict[str, Callable[[str], None]] = {
            "rerun": lambda url: bench_rerun(folder, url),
            "texts": lambda _: bench_overhead(folder, "scrub"),
            "dask-texts": lambda _: bench_dask(folder, "scrub"),
            "dask-images": lambda _: bench_dask(folder, "desensitize"),
            "images": lambda _: bench_overhead(folder, "desensitize"),
        }
        if unknown := set(parts) - set(known):
            raise ConfigError(f"parts: {', '.join(sorted(unknown))} is none of {', '.join(known)}")
        with prefect_server(folder / "server.log") as url:
            for part, bench in known.items():
                if not parts or part in parts:
                    bench(url)


if __name__ == "__main__":
    main(sys.argv[1:])
