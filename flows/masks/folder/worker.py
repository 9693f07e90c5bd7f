"""Worker processes that mask one image file at a time.

Flows in: jobs (a file and its known PHI). Flows out: outcomes in the order of the jobs. A decoder that takes its
process down costs one image, which is quarantined; it never stops the run.
"""

import hashlib
import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from curation.image.decode import DecodedImage, DecodeError, decode
from curation.image.desensitize import encode_png, merge_known
from curation.image.dicom import read_header
from curation.image.engines import load_tools
from curation.image.header import collect_known_phi
from curation.image.known import KnownPhi
from curation.image.overlay import MaskedFrame, masked_frames
from curation.image.sniff import sniff
from curation.pseudonym import Pseudonymizer
from flows.known import Known
from flows.masks.folder.paths import mirror, picture_names
from schemas.config import Masking, limits_of
from schemas.reject import RejectReason

#: Jobs given to every worker ahead of time.
_AHEAD = 2
WORK, _CLAIMS = ".unfinished", "claims"


@dataclass(frozen=True)
class Job:
    """One image file."""

    path: str = field(repr=False)
    file: Path = field(repr=False)
    known: Known = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What became of an image: its boxes per frame, or a reason. ``image`` is its path without identity."""

    image: str = field(repr=False)
    frames: tuple[list[dict[str, Any]], ...] = ()
    reason: str | None = None
    hashed: bool = False


#: A job that waits, and its future where it is finished already.
Slot = tuple[Job | None, Future[Outcome] | None]


def run_jobs(jobs: Iterable[Job], out_dir: Path, config: Masking, key: bytes) -> Iterator[Outcome]:
    """Mask files in worker processes; outcomes come in the order of the jobs.

    When a worker dies, what was not finished is done again, one file at a time: the file that kills it again is named.
    """
    todo, again = iter(jobs), deque[Slot]()
    running: deque[tuple[Job, Future[Outcome]]] = deque()
    workers = config.desensitize.workers
    pool = _start_pool(workers, out_dir, config, key)
    try:
        while True:
            alone = bool(again)
            while len(running) < (1 if alone else workers * _AHEAD):
                job, future = again.popleft() if again else (next(todo, None), None)
                if job is None:
                    break
                running.append((job, future or _submit(pool, job)))
            if not running:
                return
            job, future = running.popleft()
            try:
                yield future.result()
            except BrokenProcessPool:
                pool.shutdown()  # no worker of the broken pool is left when this returns
                pool = _start_pool(workers, out_dir, config, key)
                if alone:  # nothing else was being worked on: this file did it
                    yield _crashed(job, key)
                else:
                    again.extend([(job, None), *((other, _finished(done)) for other, done in running)])
                    running.clear()
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(out_dir / WORK, ignore_errors=True)


def _finished(future: Future[Outcome]) -> Future[Outcome] | None:
    """Give a future whose outcome is there; None where the work must be done again."""
    return future if future.done() and future.exception() is None else None


def _start_pool(workers: int, out_dir: Path, config: Masking, key: bytes) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start, initargs=(out_dir, config, key)
    )


def _submit(pool: ProcessPoolExecutor, job: Job) -> Future[Outcome]:
    """Submit a job; a pool that broke in the meantime fails the job's future."""
    try:
        return pool.submit(_work, job)
    except BrokenProcessPool as error:
        failed: Future[Outcome] = Future()
        failed.set_exception(error)
        return failed


def _crashed(job: Job, key: bytes) -> Outcome:
    return _quarantined(job, RejectReason.UNREADABLE_IMAGE, Pseudonymizer(key))


def _quarantined(job: Job, reason: RejectReason, coder: Pseudonymizer) -> Outcome:
    """Name an image that is not published; its path may hold what only its header tells, also where it is broken."""
    image = mirror(job.path, KnownPhi(merge_known(job.known, _header_phi(job.file))), coder)
    return Outcome(image, reason=reason.value, hashed=image != job.path)


def _header_phi(file: Path) -> Known:
    try:
        return collect_known_phi(read_header(file)) if sniff(file) == "dicom" else {}
    except Exception:  # noqa: BLE001 - no header, nothing known
        return {}


#: What a worker process was started with.
_setting: tuple[Path, Masking, bytes] | None = None


def _start(out_dir: Path, config: Masking, key: bytes) -> None:
    global _setting  # noqa: PLW0603 - set once per worker process
    _setting = (out_dir, config, key)


def _work(job: Job) -> Outcome:
    """Mask one file; whatever fails, no picture is left."""
    if _setting is None:
        raise RuntimeError("a worker was not started")
    out_dir, config, key = _setting
    coder = Pseudonymizer(key)
    scratch = out_dir / WORK / coder.code("scratch", "", job.path)
    reason = RejectReason.OCR_FAILED
    try:
        source = decode(job.file, **limits_of(config.intake))
        known = merge_known(job.known, source.known_phi)
        image = mirror(job.path, KnownPhi(known), coder)
        boxes = _mask_all(source, known, config, scratch)
        _publish(scratch, out_dir, picture_names(image, source.n_frames))
        return Outcome(image, tuple(boxes), hashed=image != job.path)
    except DecodeError as error:
        reason = error.reason
    except Exception:  # noqa: BLE001, S110 - whatever fails, the image is not published and nothing is printed
        pass
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _quarantined(job, reason, coder)


def _mask_all(source: DecodedImage, known: Known, config: Masking, scratch: Path) -> list[list[dict[str, Any]]]:
    """Write all masked frames into the scratch folder; give their boxes."""
    shutil.rmtree(scratch, ignore_errors=True)  # a worker that died may have left it
    scratch.mkdir(parents=True)
    boxes = []
    for frame in masked_frames(source, range(source.n_frames), known, load_tools(config.desensitize)):
        (scratch / str(frame.index)).write_bytes(encode_png(frame.pixels))
        boxes.append(_boxes(frame))
    return boxes


def _publish(scratch: Path, out_dir: Path, names: list[str]) -> None:
    """Move pictures to their places.

    Rejects: NAME_TAKEN when another image has one of the names.
    """
    _claim(out_dir / WORK / _CLAIMS, names, owner=scratch.name)
    for number, name in enumerate(names):
        place = out_dir / name
        place.parent.mkdir(parents=True, exist_ok=True)
        (scratch / str(number)).replace(place)


def _claim(claims: Path, names: list[str], *, owner: str) -> None:
    """Claim names for an image, which keeps them when it is done again after a crash.

    Rejects: NAME_TAKEN.
    """
    for name in names:
        claim = claims / hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        try:
            claim.mkdir(parents=True)
        except FileExistsError:
            if not (claim / owner).exists():
                raise DecodeError(RejectReason.NAME_TAKEN) from None
        (claim / owner).touch()


def _boxes(frame: MaskedFrame) -> list[dict[str, Any]]:
    return [
        {"box": list(d.region.box_px), "kind": d.kind.value, "action": d.action.value, "rule": d.rule}
        for d in frame.decisions
    ]
