"""Seeded ways to break an image file, and what must hold for every broken one."""

import logging
import os
import random
import resource
import struct
import sys
import time
import traceback
import zlib
from pathlib import Path

import numpy as np

from curation.image.decode import DecodeError, decode
from schemas.reject import RejectReason
from tests.curation.image.fakes import LIMITS
from tests.curation.image.seeds import LONG_VRS, seed_of

#: What one broken file may cost.
MOST_SECONDS, MOST_MB = 2.0, 1500
#: Frames that are decoded of one file.
_MOST_FRAMES = 4
#: What a transfer syntax may be swapped for: every decoder that is installed, and some that are not.
_SYNTAXES = tuple(
    f"1.2.840.10008.1.2{end}"
    for end in (
        "",
        ".1",
        ".1.99",
        ".2",
        ".5",
        *(f".4.{n}" for n in (50, 51, 57, 70, 80, 81, 90, 91, 92, 100, 102, 201)),
    )
)
#: Elements that steer decoding: representation, group, element.
_STEERING = (
    *(("US", 0x0028, e) for e in (0x0002, 0x0006, 0x0010, 0x0011, 0x0100, 0x0101, 0x0102, 0x0103)),
    ("IS", 0x0028, 0x0008),
    ("CS", 0x0028, 0x0004),
    *(("DS", 0x0028, e) for e in (0x1050, 0x1051, 0x1052, 0x1053)),
    *(("US", 0x0028, e) for e in (0x1101, 0x1102, 0x1103)),
    *(("OW", 0x0028, e) for e in (0x1201, 0x1202, 0x1203, 0x1221)),
    *(("SQ", g, e) for g, e in ((0x0028, 0x3000), (0x0028, 0x3010), (0x0018, 0x6011), (0x0008, 0x1140))),
    *(("OV", 0x7FE0, e) for e in (0x0001, 0x0002, 0x0003)),
    *((vr, 0x7FE0, e) for vr, e in (("OF", 0x0008), ("OD", 0x0009), ("OW", 0x0010))),
)
_VALUES = {
    "IS": (b"0", b"-1", b"2", b"31", b"4096", b"4097", b"2147483648", b"1e3", b"1.5", b"abc", b"", b"1\\2", b"NaN"),
    "DS": (b"0", b"-1", b"1e308", b"-1e308", b"1e-320", b"nan", b"inf", b"", b"abc", b"1\\2\\3", b"0.5"),
    "CS": (
        b"MONOCHROME1",
        b"MONOCHROME2",
        b"RGB",
        b"YBR_FULL",
        b"YBR_FULL_422",
        b"PALETTE COLOR",
        b"XYB",
        b"",
        b"\xff",
    ),
    "SQ": (
        b"",
        b"\xfe\xff\x00\xe0\xff\xff\xff\xff",
        b"\xfe\xff\x00\xe0\x0a\x00\x00\x00\x28\x00\x10\x00US\x02\x00\x00\x00",
    ),
}
_SHORTS = (0, 1, 2, 3, 31, 32, 4096, 16_384, 16_385, 32_767, 32_768, 65_535)
_LENGTHS = (0, 1, 2, 3, 7, 0x7FFF, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)


def broken(name, number):
    """Break a file in one to three ways that its number decides; give what was done, and the bytes."""
    seed, rng = seed_of(name), random.Random(f"{name}/{number}")
    data, done = bytearray(seed.data), []
    ways = _ANY if not seed.elements else _ANY + _DICOM
    for way in rng.choices(ways, k=rng.choice((1, 1, 1, 2, 3))):
        way(data, seed, rng)
        done.append(way.__name__.strip("_"))
    if name.endswith(".png") and rng.random() < 0.5:  # else most broken PNG files fall at the first check
        _repair_checksums(data)
        done.append("repair_checksums")
    return " + ".join(done), bytes(data)


def _truncate(data, seed, rng):
    share = rng.choice((rng.random(), rng.uniform(0.95, 1), rng.random() / 100))
    del data[int(len(data) * share) :]


def _flip(data, rng, start, end):
    end = min(end, len(data))
    for _ in range(rng.choice((1, 2, 4, 8, 32)) if start < end else 0):
        data[rng.randrange(start, end)] ^= 1 << rng.randrange(8)


def _flip_header(data, seed, rng):
    _flip(data, rng, 0, seed.pixels_at)


def _flip_pixels(data, seed, rng):
    _flip(data, rng, seed.pixels_at, len(data))


def _flip_codec_header(data, seed, rng):
    _flip(data, rng, seed.pixels_at, seed.pixels_at + 400)


def _place(data, rng):
    """Choose a place anywhere, as often as not near the start, and a size."""
    end = rng.choice((len(data), min(len(data), 1500)))
    return rng.randrange(end + 1), rng.choice((1, 2, 8, 100, 4096))


def _delete_chunk(data, seed, rng):
    start, size = _place(data, rng)
    del data[start : start + size]


def _repeat_chunk(data, seed, rng):
    start, size = _place(data, rng)
    data[start:start] = data[start : start + size] * rng.choice((1, 1, 3))


def _overwrite_chunk(data, seed, rng):
    start, size = _place(data, rng)
    size = min(size, len(data) - start)
    data[start : start + size] = rng.choice((b"\x00", b"\xff", b"\x7f", b"\x80")) * size


def _append(data, seed, rng):
    data += rng.randbytes(rng.choice((1, 2, 100)))


def _break_length(data, seed, rng):
    """Write a wrong length into an element, or into an item of encapsulated pixels."""
    found = (data.find(mark, seed.pixels_at) for mark in (b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"))
    items = [at + 4 for at in found if at >= 0]
    if items and rng.random() < 0.3:
        at, size = rng.choice(items), 4
    else:
        element = rng.choice(seed.elements)
        at, size = element.length_at, element.value_at - element.length_at
    wrong = rng.choice((*_LENGTHS, rng.getrandbits(16))) & ((1 << 8 * size) - 1)
    if at + size <= len(data):
        data[at : at + size] = wrong.to_bytes(size, "big" if seed.big else "little")


def _insert_element(data, seed, rng):
    """Insert an element that steers decoding, or any other one."""
    element = rng.choice(_STEERING)
    if rng.random() < 0.25:
        element = (rng.choice(("PN", "LO", "SQ", "UN", "ZZ", "DA")), rng.getrandbits(16), rng.getrandbits(16))
    at = rng.choice(seed.elements).start
    data[at:at] = _element(*element, _value(element[0], rng), big=seed.big)


def _absurd_value(data, seed, rng):
    """Replace an element that steers decoding by one with an absurd value: rows, columns, frames, bits, windows."""
    steering = {(group, number) for vr, group, number in _STEERING if vr in ("US", "IS", "CS", "DS")}
    element = rng.choice([e for e in seed.elements if e.tag in steering] or seed.elements)  # deflated: file meta only
    data[element.start : element.end] = _element(element.vr, *element.tag, _value(element.vr, rng), big=seed.big)


def _swap_syntax(data, seed, rng):
    [element] = [e for e in seed.elements if e.tag == (0x0002, 0x0010)]
    wanted = rng.choice(_SYNTAXES).encode()
    data[element.start : element.end] = _element("UI", *element.tag, wanted + b"\0" * (len(wanted) % 2), big=False)


def _repair_checksums(data):
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 <= len(data):
            data[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4


def _element(vr, group, number, value, *, big):
    value += b" " * (len(value) % 2)
    order, long = ">" if big and group != 2 else "<", vr in LONG_VRS
    head = struct.pack(f"{order}HH2s", group, number, vr.encode())
    return head + struct.pack(f"{order}HI" if long else f"{order}H", *(0,) * long, len(value)) + value


def _value(vr, rng):
    if vr in ("US", "SS"):
        return b"".join(
            struct.pack(rng.choice("<<>") + "H", rng.choice(_SHORTS)) for _ in range(rng.choice((1, 1, 2, 3)))
        )
    return rng.choice(_VALUES[vr]) if vr in _VALUES else rng.randbytes(rng.choice((0, 1, 2, 8, 16, 512)))


_ANY = (
    *(_truncate, _flip_header, _flip_pixels, _flip_codec_header, _delete_chunk, _repeat_chunk, _overwrite_chunk),
    _append,
)
_DICOM = (_break_length, _insert_element, _absurd_value, _swap_syntax)


def listen(folder):
    """Send whatever a worker process writes or logs into a file; it may take 6 GB in all."""
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    file = os.open(Path(folder) / f"said.{os.getpid()}", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)


def check(name, numbers, folder):
    """Decode broken files: every one gives frames of the declared shape or a reason; give what else happened."""
    problems, decoded = [], 0
    for number in numbers:
        way, data = broken(name, number)
        path = Path(folder) / f"{name}.{os.getpid()}.{name.rsplit('.', 1)[1]}"
        path.write_bytes(data)
        path.with_suffix(".now").write_text(f"{name} {number}: {way}")  # found again when this process dies
        start, peak = time.process_time(), _peak_mb()
        problem = _try(path)
        decoded += problem is None
        if time.process_time() - start > MOST_SECONDS or max(peak, MOST_MB) < _peak_mb():
            problem = f"took {time.process_time() - start:.1f} s and {_peak_mb():.0f} MB"
        if problem:
            problems.append(f"{name} {number}: {way}: {problem}")
    path.with_suffix(".now").unlink()
    return problems, decoded


def _try(path):
    """Decode a file; None where it gave frames, "" where it gave a reason, else what went wrong."""
    try:
        image = decode(path, **LIMITS)
        for index in sorted({*range(min(image.n_frames, _MOST_FRAMES)), image.n_frames - 1}):
            frame = image.frame(index)
            if frame.shape != (image.probe.rows, image.probe.cols, 3) or frame.dtype != np.uint8:
                return f"a frame of {frame.shape}, {frame.dtype}"
    except DecodeError as error:
        content = error.__context__ is not None and not error.__suppress_context__
        return "" if isinstance(error.reason, RejectReason) and not content else f"an error that tells: {error!r}"
    except BaseException:  # noqa: BLE001 - this is what must not be
        return traceback.format_exc(limit=-3)
    return None


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
