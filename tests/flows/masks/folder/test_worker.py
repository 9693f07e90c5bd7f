"""Worker processes: one that dies costs the file that killed it, and nothing else."""

import multiprocessing
import shutil
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from curation.pseudonym import Pseudonymizer, new_key
from flows.masks.folder.worker import WORK, Job, run_jobs
from schemas.case import KNOWN_PHI_KINDS
from schemas.config import Desensitize, Intake, Masking
from schemas.reject import RejectReason
from tests.curation.image.test_decode import write_dicom

NOTHING = {kind: [] for kind in KNOWN_PHI_KINDS}
KEY = new_key()
DEADLY, FRAMES = "b.dcm", 40_000
ORDER = ["a.png", DEADLY, "c.png", "d.png", "e.png"]


def picture(seed):
    return np.random.default_rng(seed).integers(20, 90, (64, 96, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Four small pictures, and one file that takes long (empty frames): its worker can be killed while it works on it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    for number, name in enumerate(ORDER):
        if name != DEADLY:
            Image.fromarray(picture(number)).save(tmp_path / "in" / name)
    empty = np.zeros((32, 32), np.uint8)
    write_dicom(tmp_path / "in" / DEADLY, pixels=empty, NumberOfFrames=FRAMES, PixelData=bytes(empty.size * FRAMES))
    return tmp_path


def run(folder, names, *, workers=2):
    config = Masking(desensitize=Desensitize(workers=workers), intake=Intake(max_frames=FRAMES))
    jobs = [Job(name, folder / "in" / name, NOTHING) for name in names]
    return list(run_jobs(jobs, folder / "out", config, KEY))


def pictures(folder):
    return sorted(path.relative_to(folder / "out").as_posix() for path in (folder / "out").rglob("*.png"))


@contextmanager
def killing(folder, *, ready):
    """Kill all workers (SIGKILL) whenever the deadly file is being worked on; the first time only once it is ready."""
    scratch = folder / "out" / WORK / Pseudonymizer(KEY).code("scratch", "", DEADLY)
    kills, stop = [], threading.Event()

    def watch():
        while not stop.is_set():
            time.sleep(0.005)
            if scratch.exists() and (kills or ready()):
                kills.append(time.monotonic())
                for worker in multiprocessing.active_children():
                    worker.kill()
                    worker.join()
                shutil.rmtree(scratch, ignore_errors=True)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield kills
    finally:
        stop.set()
        thread.join()


@pytest.mark.slow
def test_a_file_that_kills_its_worker_twice_is_quarantined_and_no_other(folder):
    done = folder / "out" / "c.png.png"  # finished, but its outcome waits behind the deadly file's
    with killing(folder, ready=done.exists) as kills:
        outcomes = run(folder, ORDER)
    assert len(kills) == 2
    assert [outcome.image for outcome in outcomes] == ORDER
    reasons = {outcome.image: outcome.reason for outcome in outcomes}
    assert reasons == {name: RejectReason.UNREADABLE_IMAGE if name == DEADLY else None for name in ORDER}
    assert pictures(folder) == [f"{name}.png" for name in ORDER if name != DEADLY]
    for number, name in enumerate(ORDER):
        if name != DEADLY:
            assert (np.asarray(Image.open(folder / "out" / f"{name}.png")) == picture(number)).mean() > 0.5
    assert not (folder / "out" / WORK).exists()


def test_two_images_never_share_a_name(folder):
    pages = [Image.fromarray(picture(number)) for number in range(2)]
    pages[0].save(folder / "in" / "p.tiff", save_all=True, append_images=pages[1:])
    write_dicom(folder / "in" / "p.tiff.000", pixels=picture(3))
    outcomes = run(folder, ["p.tiff", "p.tiff.000"], workers=1)
    assert [outcome.reason for outcome in outcomes] == [None, RejectReason.NAME_TAKEN]
    assert pictures(folder) == ["p.tiff.000.png", "p.tiff.001.png"]


def test_jobs_without_images_start_no_work(folder):
    assert run(folder, []) == []
