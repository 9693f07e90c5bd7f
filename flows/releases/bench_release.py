"""One release in a process of its own, so that its peak memory is its own. Started by the bench.

Flows in: the root of a filled shelf. Flows out: one line: rows, seconds per step, peak memory.
"""

import resource
import sys
import time
from pathlib import Path

from flows.releases.against import HeldOut
from flows.releases.hashes import hash_frames
from flows.releases.select import select_rows
from schemas.publishing import Release
from schemas.shelf import TABLES
from warehouse.published import verify_release
from warehouse.release import write_release
from warehouse.snapshot import Snapshot
from warehouse.tables import Shelf


def main() -> None:
    """Hash, choose, write with the card, verify."""
    shelf, config = Shelf(Path(sys.argv[1])), Release(name="bench")
    marks = [time.perf_counter()]
    hash_frames(shelf)
    marks.append(time.perf_counter())
    snapshot = Snapshot.take(shelf, TABLES)
    selection = select_rows(snapshot, config, HeldOut())
    marks.append(time.perf_counter())
    chosen_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    facts = {"anonymity": {"k": config.k}, "left_behind": selection.left}
    published = write_release(snapshot, config, selection.chosen, facts, lambda *_: None)
    marks.append(time.perf_counter())
    verify_release(published.folder)
    marks.append(time.perf_counter())
    steps = (
        f"{name} {b - a:.0f} s"
        for name, a, b in zip(("hash", "choose", "write", "verify"), marks, marks[1:], strict=False)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    memory = f"peak memory {peak:.2f} GB ({chosen_gb:.2f} GB after choosing)"
    sys.stdout.write(f"release of {published.counts}: {', '.join(steps)}; {memory}\n")


if __name__ == "__main__":
    main()
