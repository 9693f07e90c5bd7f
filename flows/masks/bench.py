"""`make bench-desensitize`: what masking leaks, keeps and costs, printed as tables. Run it with nothing else running.

Flows in: the generator of ``flows.planted``. Flows out: lines on standard output. Costs are CPU seconds of one thread
against one plain full-frame rapidocr call on the same frames, in the same run.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, UltrasoundMultiFrameImageStorage, generate_uid
from rich.table import Table

from curation.image.decode import DecodedImage, Probe
from curation.image.desensitize import encode_png
from curation.image.overlay import Tools, masked_frames
from curation.image.rapidocr import RapidOcr, load_engine
from flows.masks.audit.commands import print_figures
from flows.masks.audit.figures import figures
from flows.masks.audit.measure import LEAK_SHARE, seen_share
from flows.masks.audit.planted import Plan, run_audit
from flows.masks.folder.tree import desensitize_folder
from flows.planted import CINE_VARIANTS, draw_cine, draw_frame
from flows.show import console
from schemas.case import KNOWN_PHI_KINDS
from schemas.config import Desensitize, Masking
from schemas.region import RegionKind

Pixels = npt.NDArray[np.uint8]
_NOTHING: dict[str, list[str]] = {kind: [] for kind in KNOWN_PHI_KINDS}


class Frames(DecodedImage):
    """Frames in memory, so that decoding is not measured."""

    def __init__(self, frames: Sequence[Pixels]) -> None:
        rows, cols = frames[0].shape[:2]
        super().__init__(Path(), Probe("png", rows, cols, len(frames)), _NOTHING)
        object.__setattr__(self, "frames", frames)

    def _read(self, index: int) -> Pixels:
        return self.frames[index]

    frames: Sequence[Pixels]


def read_s(ocr: RapidOcr, pixels: Pixels) -> float:
    """Measure the CPU seconds of one plain full-frame call."""
    start = time.process_time()
    ocr.read(pixels)
    return time.process_time() - start


def mask_s(ocr: RapidOcr, image: DecodedImage, config: Desensitize, *, out: list[Pixels] | None = None) -> float:
    """Measure the CPU seconds of masking an image; its frames are put into ``out`` where it is given."""
    start = time.process_time()
    for frame in masked_frames(image, range(image.n_frames), _NOTHING, Tools(ocr, config)):
        if out is not None:
            out.append(frame.pixels)
    return time.process_time() - start


def quality(n: int, *, stress: bool) -> None:
    """Print leaks with their bound, and what is kept."""
    console().print(f"\nPlanted PHI, {n} frames{' of the stress set (9-11 px, faint, JPEG 60)' if stress else ''}")
    print_figures(figures(run_audit(Plan(n, 7, stress=stress), Masking(), {})))


def stills(n: int) -> None:
    """Print the cost of one still against one plain call of the engine."""
    ocr = load_engine(1)
    frames = [draw_frame(900_000 + i).pixels for i in range(n)]
    ocr.read(frames[0])
    images = [Frames([frame]) for frame in frames]
    plain = sum(read_s(ocr, frame) for frame in frames)
    table = Table("cost of a still", "CPU s", "times a plain rapidocr call", "asked")
    table.add_row("plain rapidocr call", f"{plain / n:.2f}", "1.00", "")
    for name, asked, config in (
        (
            "without rotated-text and audit passes",
            "<= 1.5",
            Desensitize(residual_audit=False, rotated_text=False, single_region_only=False),
        ),
        ("with both (default)", "<= 2.5", Desensitize(single_region_only=False)),
    ):
        ours = sum(mask_s(ocr, image, config) for image in images)
        table.add_row(name, f"{ours / n:.2f}", f"{ours / plain:.2f}", asked)
    console().print(table)


def cines(n_frames: int) -> None:
    """Print the cost per frame of cines against reading every frame, and their leaks."""
    ocr = load_engine(1)
    table = Table(f"cines of {n_frames} frames", "CPU s / frame", "reading every frame / ours", "PHI leaked", "asked")
    for number, variant in enumerate(CINE_VARIANTS):
        cine, items = draw_cine(700 + number, n_frames, variant=variant)
        frames = [np.ascontiguousarray(cine.frame(i)) for i in range(n_frames)]
        probes = range(0, n_frames, max(1, n_frames // 6))
        every = sum(read_s(ocr, frames[i]) for i in probes) / len(probes)
        out: list[Pixels] = []
        ours = mask_s(ocr, Frames(frames), Desensitize(single_region_only=False), out=out) / n_frames
        phi = [(i, item) for i in range(n_frames) for item in items[i] if item.kind is RegionKind.PHI]
        leaked = sum(seen_share(item, out[i]) > LEAK_SHARE for i, item in phi)
        table.add_row(variant, f"{ours:.3f}", f"{every / ours:.1f}", f"{leaked} of {len(phi)}", ">= 20, 0")
    console().print(table)


def workers(n: int) -> None:
    """Print how much faster two worker processes are than one."""
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        source = Path(scratch, "in")
        source.mkdir()
        for i in range(n):
            (source / f"{i:04d}.png").write_bytes(encode_png(draw_frame(910_000 + i).pixels))
        seconds = {}
        for count in (1, 2):
            config = Masking(desensitize=Desensitize(workers=count, single_region_only=False))
            start = time.monotonic()
            desensitize_folder(source, Path(scratch, f"out{count}"), known_phi=None, config=config)
            seconds[count] = time.monotonic() - start
    table = Table("workers", "s", "times one", "asked")
    table.add_row("1", f"{seconds[1]:.1f}", "1.00", "")
    table.add_row("2", f"{seconds[2]:.1f}", f"{seconds[1] / seconds[2]:.2f}", ">= 1.8")
    console().print(table)


def _peak_gb(path: str) -> float:
    """Mask one file in this process and give its largest resident size."""
    from curation.image.decode import decode  # noqa: PLC0415 - measured in a fresh process
    from schemas.config import Intake, limits_of  # noqa: PLC0415

    mask_s(load_engine(1), decode(Path(path), **limits_of(Intake())), Desensitize(single_region_only=False))
    status = Path("/proc/self/status").read_text(encoding="ascii")  # getrusage would count the parent's memory, too
    return int(status.split("VmHWM:")[1].split()[0]) / 1024**2


def memory(n_frames: int) -> None:
    """Print the largest resident size of a worker on large stills and a long cine."""
    frame = draw_frame(920_000, layout="centred_wide").pixels
    large = np.asarray(Image.fromarray(frame).resize((1920, 1080)))
    table = Table("memory of one worker", "GB", "asked")
    with tempfile.TemporaryDirectory(prefix="sonocurate-bench-") as scratch:
        still, cine = Path(scratch, "still.png"), Path(scratch, "cine.dcm")
        still.write_bytes(encode_png(large))
        _write_cine(cine, large, n_frames)
        for name, path in (("1920x1080 still", still), (f"1920x1080 cine of {n_frames} frames", cine)):
            with get_context("spawn").Pool(1) as pool:
                table.add_row(name, f"{pool.apply(_peak_gb, (str(path),)):.2f}", "<= 1.2")
    console().print(table)


def _write_cine(path: Path, frame: Pixels, n_frames: int) -> None:
    """Write a JPEG-compressed cine of one frame under moving noise."""
    from io import BytesIO  # noqa: PLC0415

    encoded = []
    for number in range(n_frames):
        moved = np.roll(frame, number % 3, axis=0) if number else frame
        sink = BytesIO()
        Image.fromarray(np.where(frame > 150, frame, moved)).save(sink, "JPEG", quality=90)
        encoded.append(sink.getvalue())
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.Modality, data.Rows, data.Columns, data.NumberOfFrames = "US", *frame.shape[:2], n_frames
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PlanarConfiguration = 3, "YBR_FULL_422", 0
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    data.PixelData = encapsulate(encoded)
    data["PixelData"].VR = "OB"
    data.save_as(path, enforce_file_format=True)


def main(arguments: Sequence[str]) -> None:
    """Run the parts that are asked for; all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["stills", "cines", "workers", "memory", "quality", "stress"])
    parser.add_argument("--n", type=int, default=600, help="frames of the planted audit")
    options = parser.parse_args(arguments)
    runs: dict[str, Callable[[], None]] = {
        "stills": lambda: stills(24),
        "cines": lambda: cines(120),
        "workers": lambda: workers(40),
        "memory": lambda: memory(300),
        "quality": lambda: quality(options.n, stress=False),
        "stress": lambda: quality(max(60, options.n // 5), stress=True),
    }
    for part in options.parts:
        runs[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
