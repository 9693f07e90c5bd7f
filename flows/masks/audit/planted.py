"""`sonocurate audit-masks`: plant invented PHI, run the real step, count what stayed visible and what was lost.

Flows in: the generator of ``flows.planted``, or a folder of own frames. Flows out: `audit.json` and a self-contained
`audit.html`. The step runs as `sonocurate desensitize` runs it, on files. Own frames are masked once before anything is
planted, so that the pictures of the report show invented identity only.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from curation.image.desensitize import encode_png
from flows.masks.audit.measure import Finding, Pixels, measure, scan_change
from flows.masks.audit.peers import Peer
from flows.masks.folder.tree import desensitize_folder
from flows.planted import draw_frame, plant_on
from flows.planted.frame import PlantedFrame
from schemas.config import Masking
from schemas.errors import ConfigError

#: Frames whose pictures the report shows.
_GALLERY = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """What to plant. ``frames``: a folder of own images; None: the generator's consoles."""

    n: int
    seed: int
    stress: bool = False
    language: str | None = None
    frames: Path | None = None


@dataclass
class Audit:
    """Everything that was found, per method; the first method is ours."""

    plan: Plan
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    changed_px: dict[str, tuple[int, int]] = field(default_factory=dict)
    quarantined: dict[str, str] = field(default_factory=dict)
    layouts: set[str] = field(default_factory=set)
    canvases: set[str] = field(default_factory=set)
    frames: int = 0
    gallery: list[tuple[str, bytes, bytes]] = field(default_factory=list, repr=False)
    absent_peers: list[str] = field(default_factory=list)


OURS = "sonocurate"


def run_audit(plan: Plan, config: Masking, peers: Mapping[str, Peer]) -> Audit:
    """Plant, mask by the real step and by every peer, and measure.

    Raises: ConfigError when no frame could be planted.
    """
    audit = Audit(plan, findings={OURS: []}, changed_px={OURS: (0, 0)})
    with tempfile.TemporaryDirectory(prefix="sonocurate-audit-") as scratch:
        source, masked = Path(scratch, "in"), Path(scratch, "out")
        source.mkdir()
        names = _write_frames(plan, config, source, Path(scratch))
        known = Path(scratch, "known.jsonl")
        desensitize_folder(source, masked, known_phi=known, config=config)
        audit.quarantined = _quarantined(masked)
        for frame in _frames(plan, Path(scratch)):
            if frame.name in names:
                _judge(audit, frame, masked / f"{names[frame.name]}.png", peers)
    if not audit.frames:
        raise ConfigError("no frame to audit: the folder holds no readable image")
    return audit


def _frames(plan: Plan, scratch: Path) -> Iterator[PlantedFrame]:
    """Give the planted frames, always the same for one plan."""
    for number in range(plan.n):
        seed = plan.seed * 1_000_003 + number
        if plan.frames is None:
            yield draw_frame(seed, stress=plan.stress, language=plan.language)
            continue
        own = sorted((scratch / "own").rglob("*.png"))
        if number >= len(own):
            return
        yield plant_on(_read(own[number]), seed, language=plan.language or ("zh" if number % 2 else "en"))


def _write_frames(plan: Plan, config: Masking, source: Path, scratch: Path) -> dict[str, str]:
    """Write frames as files without identity in their names, and what is known about them."""
    if plan.frames is not None:
        desensitize_folder(plan.frames, scratch / "own", known_phi=None, config=config)
    names: dict[str, str] = {}
    with (scratch / "known.jsonl").open("w", encoding="utf-8") as known:
        for number, frame in enumerate(_frames(plan, scratch)):
            names[frame.name] = f"frame-{number:05d}.png"
            (source / names[frame.name]).write_bytes(encode_png(frame.pixels))
            known.write(json.dumps({"image": names[frame.name], "known_phi": frame.known_phi}) + "\n")
    return names


def _quarantined(masked: Path) -> dict[str, str]:
    rows = (json.loads(line) for line in (masked / "quarantine.jsonl").read_text(encoding="utf-8").splitlines())
    return {row["image"]: row["reason"] for row in rows}


def _judge(audit: Audit, frame: PlantedFrame, path: Path, peers: Mapping[str, Peer]) -> None:
    audit.frames += 1
    audit.layouts.add(frame.layout)
    audit.canvases.add(frame.canvas)
    if not path.exists():  # in quarantine: no method is measured on it
        return
    outputs: dict[str, Pixels] = {OURS: _read(path), **{name: peer(frame.pixels) for name, peer in peers.items()}}
    for method, published in outputs.items():
        found = measure(frame, published)
        audit.findings.setdefault(method, []).extend(found)
        before = audit.changed_px.get(method, (0, 0))
        now = scan_change(frame, published)
        audit.changed_px[method] = (before[0] + now[0], before[1] + now[1])
    leaked = any(f.kind == "phi" and not f.ok for f in audit.findings[OURS] if f.frame == frame.name)
    _show(audit, frame, outputs[OURS], leaked=leaked)


def _show(audit: Audit, frame: PlantedFrame, published: Pixels, *, leaked: bool) -> None:
    """Keep pictures of the first frames, and of every frame that leaks."""
    if leaked or len(audit.gallery) < _GALLERY:
        title = f"{frame.layout}, {frame.language}" + (" — LEAK" if leaked else "")
        audit.gallery.append((title, encode_png(frame.pixels), encode_png(published)))


def _read(path: Path) -> Pixels:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise ConfigError(f"{path.name} cannot be read back")
    return np.asarray(pixels, dtype=np.uint8)
