"""Everything that is written over an image, over all its frames: what to mask and what to keep.

Flows in: frames one at a time. Flows out: masked frames, which share one union of masks. Source: spec rules 6 to 8:
union of boxes over frames, every frame checked, a second look at every frame that was read.
"""

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rapidfuzz.fuzz import ratio

from curation.image.audit import Look, audit
from curation.image.band import find_band
from curation.image.cine import Seen, has_ink, same_text
from curation.image.classify import classify
from curation.image.codes import find_codes
from curation.image.decision import Decision
from curation.image.decode import DecodedImage
from curation.image.errors import DecodeError
from curation.image.graphics import NOT_READ, is_hardly_read, spare_graphics, without_specks
from curation.image.known import KnownPhi
from curation.image.layout import is_picture, usual_height
from curation.image.lexicon import fold
from curation.image.mask import Box, area, clip, core, cut_out, join, mask, mask_lines, overlap, widen
from curation.image.ocr import LineReader, OcrEngine, Pixels, read_part, stretch, without_lines
from curation.image.rows import Scene
from curation.image.screen import is_blank, is_document, panels
from curation.image.split import split_lines
from schemas.config import Desensitize
from schemas.region import RegionAction, RegionKind, TextRegion
from schemas.reject import RejectReason

#: Versions of a changing text that are remembered (a frame counter has one per frame).
_MOST_VERSIONS = 64
#: Kept text in the header band keeps this rim, because boxes may cut antialiased edges.
_KEPT_RIM_PX = 2
#: A kept line of which masks clip more than this share is masked as a whole.
_CLIPPED = 0.25
#: How many times frames of the deep sample are enlarged.
_DEEP = (2.0, 3.0)
#: Texts this alike (rapidfuzz ratio) at one place are one text.
_ALIKE = 80.0
_MARKS = frozenset({"caliper", "graphic"})


@dataclass(frozen=True, slots=True)
class MaskedFrame:
    """One frame that may leave.

    Shapes: ``pixels`` uint8[H, W, 3] RGB.
    """

    index: int
    pixels: Pixels
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Tools:
    """What a look at a frame needs: the reader, the settings, and a second reader for the residual audit."""

    ocr: OcrEngine
    config: Desensitize
    second: OcrEngine | None = None


def masked_frames(
    image: DecodedImage, wanted: Sequence[int], known_phi: Mapping[str, Sequence[str]], tools: Tools
) -> Iterator[MaskedFrame]:
    """Look at every frame, then give the wanted ones masked; nothing is given before all of them were looked at.

    Rejects: BLANK_IMAGE, DOCUMENT_SCREEN, MULTI_REGION, RESIDUAL_PHI, and what decoding rejects.
    """
    scene = Scene((image.probe.rows, image.probe.cols), image.regions, KnownPhi(known_phi), tools.config.keep_min_score)
    overlay = Overlay(scene, tools)
    for index in dict.fromkeys([*wanted[:1], *range(image.n_frames)]):
        overlay.check(image.frame(index))
    if overlay.is_blank:
        raise DecodeError(RejectReason.BLANK_IMAGE)
    for index in wanted:
        yield overlay.render(image.frame(index), index)


class Overlay:
    """The text of an image, found frame by frame."""

    def __init__(self, scene: Scene, tools: Tools) -> None:
        self._scene, self._tools = scene, tools
        self._seen = Seen()
        self._decisions: list[Decision] = []
        self._versions: dict[Box, list[Pixels]] = {}
        self._masks: list[Box] = []
        self._band: Box | None = None
        self._text_px = math.inf
        self.is_blank = True

    def check(self, pixels: Pixels) -> None:
        """Read a frame where it shows new ink; else look only whether kept text still says the same.

        Rejects: DOCUMENT_SCREEN, MULTI_REGION, RESIDUAL_PHI.
        """
        if is_blank(pixels):
            return
        self.is_blank = False
        self._recheck(pixels)
        margin = self._tools.config.margin_px
        placed = [*self._masks, *self._versions, *([self._band] if self._band else [])]
        new = self._seen.find_new(pixels, [widen(box, margin) for box in placed])
        if new and isinstance(self._tools.ocr, LineReader):
            self._look(pixels, [self._whole_lines(part) for part in new])
        elif new:  # other engines read whole frames only
            self._look(pixels, [(0, 0, pixels.shape[1], pixels.shape[0])])

    def render(self, pixels: Pixels, index: int) -> MaskedFrame:
        """Mask a frame by everything found in any frame.

        Shapes: uint8[H, W, 3].
        """
        return MaskedFrame(index, self._mask(pixels), tuple(self._final()))

    def _final(self) -> list[Decision]:
        """Give all decisions; kept text that another frame's mask covers is masked."""
        visible = {id(d) for d in self._visible()}
        band = [_unread(box, "header_geometry", RegionKind.UNKNOWN) for box in self._band_pieces()]
        return band + [d if id(d) in visible or not d.kept else _masked(d) for d in self._decisions]

    def _band_pieces(self) -> list[Box]:
        kept = [widen(d.region.box_px, _KEPT_RIM_PX) for d in self._visible()]
        return cut_out(self._band, kept) if self._band else []

    def _visible(self) -> list[Decision]:
        cores = [core(box) for box in self._masks]
        return [d for d in self._decisions if d.kept and _covered(d.region.box_px, cores) <= _CLIPPED]

    def _mask(self, pixels: Pixels) -> Pixels:
        visible = self._visible()
        shown = {id(d) for d in visible}
        hidden = [d.region.box_px for d in self._decisions if d.kept and id(d) not in shown]
        spare = [d.region.box_px for d in visible]
        lines = mask_lines(pixels, [*self._masks, *hidden], margin_px=self._tools.config.margin_px, spare=spare)
        return mask(lines, self._band_pieces())

    def _whole_lines(self, part: Box) -> Box:
        """Widen a part of the frame so that it cuts no line that is known."""
        touched = [d.region.box_px for d in self._decisions if overlap(d.region.box_px, part)]
        x0, y0, x1, y1 = join([part, *(widen(box, _KEPT_RIM_PX) for box in touched)])
        return clip((x0, y0, x1, y1), *self._scene.shape)

    def _look(self, pixels: Pixels, parts: Sequence[Box]) -> None:
        """Read parts of a frame, decide, and look again at what would be published."""
        config, ocr = self._tools.config, self._tools.ocr
        found = [r for part in parts for r in read_part(ocr, pixels, part, upscale_below_px=config.upscale_below_px)]
        whole = (0, 0, pixels.shape[1], pixels.shape[0]) in parts
        self._text_px = usual_height(found) if whole else self._text_px
        read = [region for region in found if not is_picture(region, self._scene.shape, self._text_px)]
        if whole:
            self._screen(pixels, read)
        clear = without_lines(pixels)  # a frame that strikes through a name must not make one drawing of both
        decisions = spare_graphics(self._classify(split_lines(pixels, read, ocr)), clear, self._text_px)
        decisions += [_unread(box, "code", RegionKind.PHI) for box in find_codes(pixels)]
        self._add(self._without_doubles(decisions), pixels)
        self._find_band(pixels, decisions)
        if config.residual_audit:
            masked = self._mask(pixels)
            second, scales = self._tools.second or ocr, _DEEP if self._is_deep(pixels) else ()
            residue = audit(masked, self._visible(), self._scene, second, Look(parts, config.rotated_text, scales))
            if residue.identified:
                raise DecodeError(RejectReason.RESIDUAL_PHI)
            self._add([d for d in residue.missed if d.kept], pixels)
            missed = without_specks([d for d in residue.missed if not d.kept], self._masks)
            missed = spare_graphics(missed, clear, self._text_px)
            self._add(self._beside_kept([d for d in missed if not d.kept]), pixels)
        self._seen.add(pixels, parts)

    def _classify(self, lines: Sequence[TextRegion]) -> list[Decision]:
        """Decide for lines of a part beside what is known of the rest."""
        known = [d.region for d in self._decisions]
        around = [region for region in known if not any(overlap(region.box_px, line.box_px) for line in lines)]
        return classify([*around, *lines], self._scene)[len(around) :]

    def _is_deep(self, pixels: Pixels) -> bool:
        """Say whether a frame is in the sample that is looked at most closely; the same frame always is or is not."""
        share = self._tools.config.deep_audit_share
        return share > 0 and zlib.crc32(np.ascontiguousarray(pixels).tobytes()) < share * 2**32

    def _without_doubles(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Cut kept lines out of boxes that overlap them and in which next to nothing was read."""
        kept = [d.region.box_px for d in decisions if d.kept]
        found: list[Decision] = []
        for d in decisions:
            hardly = d.rule in NOT_READ and is_hardly_read(d, self._text_px)
            pieces = cut_out(d.region.box_px, kept) if hardly else [d.region.box_px]
            found += [replace(d, region=replace(d.region, box_px=piece)) for piece in pieces]
        return found

    def _beside_kept(self, missed: Sequence[Decision]) -> list[Decision]:
        """Cut proven text out of newly found boxes: a second look often doubles or widens lines that were read."""
        visible = self._visible()
        kept = [d.region.box_px for d in visible]
        real = [d for d in missed if not is_picture(d.region, self._scene.shape, self._text_px)]
        fresh = [d for d in real if not any(_is_doubling(d.region, v) for v in visible)]
        pieces = [(d, piece) for d in fresh for piece in cut_out(d.region.box_px, kept)]
        return [replace(d, region=replace(d.region, box_px=piece)) for d, piece in pieces]

    def _screen(self, pixels: Pixels, read: Sequence[TextRegion]) -> None:
        visible = stretch(pixels)
        if is_document(visible, read):
            raise DecodeError(RejectReason.DOCUMENT_SCREEN)
        if self._tools.config.single_region_only and panels(visible, self._scene.scan) in ("dual", "quad"):
            raise DecodeError(RejectReason.MULTI_REGION)

    def _find_band(self, pixels: Pixels, decisions: Sequence[Decision]) -> None:
        identity = [d.region.box_px for d in decisions if d.kind is RegionKind.PHI]
        rows = max(find_band(pixels, self._scene.scan, identity), self._band[3] if self._band else 0)
        self._band = (0, 0, pixels.shape[1], rows) if rows else None

    def _add(self, decisions: Sequence[Decision], pixels: Pixels) -> None:
        """Add what a look found; text that stands where it stood before is the same region."""
        for decision in decisions:
            box = decision.region.box_px
            if not decision.kept:
                self._masks.append(box)
            elif box in self._versions or any(_same_place(box, other) for other in self._versions):
                continue
            else:
                self._versions[box] = [_crop(pixels, box)]
            self._decisions.append(decision)

    def _recheck(self, pixels: Pixels) -> None:
        """Read kept text again where its ink changed; what is no longer proven is masked in all frames."""
        kept = self._visible()
        changed = [d for d in kept if not self._is_version(pixels, d.region.box_px)]
        if not changed:
            return
        boxes = [d.region.box_px for d in changed]
        read = self._read_boxes(pixels, boxes)
        fresh = {box: TextRegion(box, r.text, r.score) for box, r in zip(boxes, read, strict=True)}
        regions = [fresh.get(d.region.box_px, d.region) for d in self._decisions]
        for old, new in zip(list(self._decisions), classify(regions, self._scene), strict=True):
            box = old.region.box_px
            if box not in fresh:
                continue
            if new.kept or not has_ink(_crop(pixels, box)):
                versions = self._versions.setdefault(box, [])
                versions.append(_crop(pixels, box))
                del versions[1:-_MOST_VERSIONS]
            else:
                self._masks.append(box)

    def _read_boxes(self, pixels: Pixels, boxes: list[Box]) -> list[TextRegion]:
        """Read kept boxes; an engine that cannot read single lines has read nothing, so they are masked."""
        ocr = self._tools.ocr
        return ocr.read_boxes(pixels, boxes) if isinstance(ocr, LineReader) else [TextRegion(b, "", 0.0) for b in boxes]

    def _is_version(self, pixels: Pixels, box: Box) -> bool:
        crop = _crop(pixels, box)
        return any(same_text(crop, version) for version in reversed(self._versions.get(box, ())))


def _crop(pixels: Pixels, box: Box) -> Pixels:
    x0, y0, x1, y1 = clip(box, *pixels.shape[:2])
    return pixels[y0:y1, x0:x1].copy()


def _is_doubling(found: TextRegion, decision: Decision) -> bool:
    """Say whether a new line is a known one read again with graphics around it, or known marks as one letter."""
    known = decision.region
    if decision.rule in _MARKS and len(found.text.strip()) <= 1 and overlap(found.box_px, known.box_px):
        return True
    return 10 * overlap(found.box_px, known.box_px) >= 7 * area(known.box_px) and (
        ratio(fold(found.text), fold(known.text)) >= _ALIKE
    )


def _covered(box: Box, masks: Sequence[Box]) -> float:
    """Measure the share of a line's core that masks cover."""
    inner = core(box)
    return sum(overlap(inner, other) for other in masks) / max(1, area(inner))


def _same_place(box: Box, other: Box) -> bool:
    """Say whether two kept boxes are readings of one line: most of each lies in the other."""
    shared = 10 * overlap(box, other)
    return shared >= 8 * area(box) and shared >= 8 * area(other)


def _unread(box: Box, rule: str, kind: RegionKind) -> Decision:
    return Decision(TextRegion(box, "", 1.0), kind, RegionAction.MASK, rule)


def _masked(decision: Decision) -> Decision:
    return replace(decision, kind=RegionKind.UNKNOWN, action=RegionAction.MASK, rule="changes_in_cine")
