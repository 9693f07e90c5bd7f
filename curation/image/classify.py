"""Decide for every text region: keep or mask, what it is, and by which rule.

Flows in: text regions, known PHI and geometry of one frame. Flows out: one decision per region, in input order.
Default deny: a region stays only in a group of one row that a keep rule proves as a whole, read with confidence, that
is not known PHI and does not stand in the header band, after a cue or beside unknown text that could make it a name.
Source: EchoVLM App. A, Fig. 4; spec rules 1 to 5.
"""

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from curation.image import layout
from curation.image.company import keep_company
from curation.image.cues import holds_cue
from curation.image.decision import Decision
from curation.image.forbidden import FORBIDDEN
from curation.image.lexicon import fold, has_hanzi, load_lexicon
from curation.image.rows import Group, Order, Row, Scene, after_cue, beside_unknown, continues_name, is_unproven
from curation.image.rules import Proof, prove
from schemas.region import RegionAction, RegionKind, TextRegion

#: Most boxes one statement is spread over.
_MAX_GROUP = 8
#: Widest gap inside a phrase, and between a label and its value (two-column result boxes), in text heights.
_PHRASE_GAP, _VALUE_GAP = 2.5, 16.0
#: A number that may be one of a column of settings: never an age over 89.
_BARE_NUMBER = re.compile(r"[1-8]?\d|\d{1,2}\.\d{1,2}|1[2-9]\d")

#: Least length of an anatomical phrase that may stand in the header band or after a cue: nobody is called that.
_CLEAR_LETTERS, _CLEAR_HANZI = 8, 4
#: Least length of a proven setting that may stand in the header band.
_CLEAR_DEVICE, _CLEAR_HANZI_DEVICE = 3, 2
#: A misread name does not come out as a value with its unit; caliper marks are read badly, and proven by place.
_VALUE_SCORE, _CALIPER_SCORE = 0.55, 0.3
#: Sides stand at any corner of a picture; labels so short ("BPD") are written on the scan.
_SIDES, _SHORT_LABEL = frozenset({"lt", "rt", "left", "right", "左", "右", "左侧", "右侧", "双侧"}), 4
#: Text that is written downwards is this much higher than wide; a letter is at most this long, in text heights.
_UPRIGHT, _LONGEST_LETTER = 2.0, 1.0
#: Doubts that company of proven settings removes.
_LONELY = ("collision",)
#: Anatomy over the top of the scan stands in the middle (share of the columns), far from unknown text (heights).
_SIDE, _ALONE_GAP = 0.2, 6.0


def classify(regions: Sequence[TextRegion], scene: Scene) -> list[Decision]:
    """Decide for every region of a frame."""
    identity = {i for i, region in enumerate(regions) if _is_identity(region, scene)}
    band = layout.header_end(scene.shape[0], scene.scan, [regions[i] for i in identity])
    ticks = layout.find_ticks(regions)
    stacked = _prove_columns(regions)
    decisions: dict[int, Decision] = {}
    rows: list[Row] = []
    for order in layout.find_rows(regions):
        proofs = _prove_row(order, regions)
        proofs |= {i: found for i, found in stacked.items() if i not in proofs or not proofs[i][0].valued}
        rows.append(Row(order, proofs, regions, scene, band, ticks, identity))
        decisions |= {index: _decide(index, rows[-1]) for index in order}
    decided = [decisions[i] for i in range(len(regions))]
    return keep_company(decided, {i for row in rows for i in row.order if _wants_company(i, row)}, band)


def _prove_row(row: Order, regions: Sequence[TextRegion]) -> dict[int, tuple[Proof, Group]]:
    """Cut a row into groups so that as many boxes as possible are proven, in as few groups as possible."""
    best: list[tuple[int, int, dict[int, tuple[Proof, Group]]]] = [(0, 0, {})]
    for end in range(1, len(row) + 1):
        options = [best[end - 1]]
        for start in range(max(0, end - _MAX_GROUP), end):
            group = tuple(row[start:end])
            proof = _prove_group(group, regions)
            if proof:
                covered, groups, chosen = best[start]
                weight = covered + len(group) * (1 if proof.weak else 2)
                options.append((weight, groups - 1, {**chosen, **dict.fromkeys(group, (proof, group))}))
        best.append(max(options, key=lambda option: option[:2]))
    return best[-1][2]


def _prove_columns(regions: Sequence[TextRegion]) -> dict[int, tuple[Proof, Group]]:
    """Join a label with the number right below it, where together they are a value."""
    found: dict[int, tuple[Proof, Group]] = {}
    for upper, lower in layout.stacked_pairs(regions):
        proof = prove(f"{regions[upper].text} {regions[lower].text}")
        if proof and proof.valued and upper not in found:
            found |= dict.fromkeys((upper, lower), (proof, (upper, lower)))
    return found


def _prove_group(group: Group, regions: Sequence[TextRegion]) -> Proof | None:
    texts = [regions[i].text for i in group]
    widest = max((layout.gap_in_heights(regions[a], regions[b]) for a, b in pairwise(group)), default=0.0)
    if widest > _VALUE_GAP or not all(text.strip() for text in texts):
        return None
    proof = prove(" ".join(texts))
    return None if proof and widest > _PHRASE_GAP and not proof.valued else proof


def _decide(index: int, row: Row) -> Decision:
    region = row.regions[index]
    if index in row.identity:
        return Decision(region, RegionKind.PHI, RegionAction.MASK, "identity")
    doubt = None
    if index in row.proofs:
        proof, group = row.proofs[index]
        doubt = _doubt(proof, group, row)
        if doubt is None or index not in row.ticks:
            return _verdict(region, proof.kind, doubt or proof.rule, keep=doubt is None)
    if index in row.ticks:
        sure = region.score >= row.scene.keep_min_score and region.box_px[1] >= row.band
        return _verdict(region, RegionKind.DEVICE, "axis_tick" if sure else "axis_tick_doubtful", keep=sure)
    return _verdict(region, RegionKind.UNKNOWN, "default_deny", keep=False)


def _verdict(region: TextRegion, kind: RegionKind, rule: str, *, keep: bool) -> Decision:
    if keep:
        return Decision(region, kind, RegionAction.KEEP, rule)
    return Decision(region, RegionKind.UNKNOWN, RegionAction.MASK, rule)


def _doubt(proof: Proof, group: Group, row: Row) -> str | None:
    """Name what speaks against keeping a proven group, or None."""
    members = [row.regions[i] for i in group]
    line = " ".join(region.text for region in members)
    checks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("low_score", lambda: _weakest(members) < _least_score(proof, row.scene)),
        ("known_phi", lambda: row.scene.known.hits(line, valued=is_clear(proof, line))),
        (
            "header_band",
            lambda: min(r.box_px[1] for r in members) < row.band and not _may_stand_high(proof, group, row),
        ),
        ("after_cue", lambda: not _is_phrase(proof, line) and after_cue(group, row)),
        (
            "beside_unknown",
            lambda: continues_name(group, row) if proof.valued else beside_unknown(group, row, proof),
        ),
        ("collision", lambda: proof.weak and not _is_placed(proof, members, row.scene)),
    )
    return next((name for name, speaks in checks if speaks()), None)


def is_clear(proof: Proof, line: str) -> bool:
    """Say whether a proven line may stand among identities: a value, a phrase or a setting that no name could be."""
    setting = proof.kind is RegionKind.DEVICE or fold(line) in load_lexicon().presets
    least = _CLEAR_HANZI_DEVICE if has_hanzi(line) else _CLEAR_DEVICE
    return (setting and not proof.weak and len(fold(line)) >= least) or _is_phrase(proof, line)


def _may_stand_high(proof: Proof, group: Group, row: Row) -> bool:
    """Say whether a group may stand in the header band: clear by itself, or anatomy alone in the middle of its row."""
    members = [row.regions[i] for i in group]
    line = " ".join(region.text for region in members)
    if is_clear(proof, line):
        return True
    if proof.kind is not RegionKind.LANDMARK or proof.weak or len(fold(line)) < _CLEAR_DEVICE:
        return False
    cols = row.scene.shape[1]
    middle = members[0].box_px[0] > _SIDE * cols and members[-1].box_px[2] < (1 - _SIDE) * cols
    first, last = row.order.index(group[0]), row.order.index(group[-1])
    before = [i for i in row.order[:first] if is_unproven(i, row)]
    after = [i for i in row.order[last + 1 :] if is_unproven(i, row)]
    gaps = [row.gap(i, group[0]) for i in before] + [row.gap(group[-1], i) for i in after]
    return middle and min(gaps, default=math.inf) > _ALONE_GAP


def _is_phrase(proof: Proof, line: str) -> bool:
    """Say whether a proven line may even follow a cue: it has a value, or is an anatomical phrase."""
    least = _CLEAR_HANZI if has_hanzi(line) else _CLEAR_LETTERS
    phrase = proof.kind is RegionKind.LANDMARK or proof.rule == "device_line"
    return proof.valued or (phrase and not proof.weak and len(fold(line)) >= least)


def _is_placed(proof: Proof, members: Sequence[TextRegion], scene: Scene) -> bool:
    """Say whether a weak proof stands where it needs no other: landmarks and calipers on the scan."""
    line = " ".join(region.text for region in members)
    if fold(line) in _SIDES:
        return True
    anywhere = proof.kind is RegionKind.DEVICE or (proof.rule == "label" and len(fold(line)) > _SHORT_LABEL)
    return not anywhere and all(_in_scan(region, scene) for region in members)


def _in_scan(region: TextRegion, scene: Scene) -> bool:
    return layout.in_scan(region, scene.scan, scene.shape)


def _weakest(members: Sequence[TextRegion]) -> float:
    """Give the lowest score of a group; a lone mark before a label is read badly and says nothing by itself."""
    if any(_is_cut_short(region) for region in members):
        return 0.0
    words = [r.score for r in members if len(r.text.strip()) > 1 or r.text.strip().isdigit()]
    return min(words or [r.score for r in members])


def _is_cut_short(region: TextRegion) -> bool:
    """Say whether an upright strip is much longer than its text: "CS16" for "CS182766" written downwards."""
    x0, y0, x1, y1 = region.box_px
    return y1 - y0 > _UPRIGHT * (x1 - x0) and len(region.text.strip()) * _LONGEST_LETTER * (x1 - x0) < y1 - y0


def _least_score(proof: Proof, scene: Scene) -> float:
    """Give how sure the reader must have been."""
    least = _CALIPER_SCORE if proof.rule == "caliper" else _VALUE_SCORE if proof.valued else 1.0
    return min(least, scene.keep_min_score)


def _wants_company(index: int, row: Row) -> bool:
    """Say whether a region is masked only because nothing proves it alone, and settings beside it would."""
    if index in row.identity:
        return False
    found = row.proofs.get(index)
    if found is None:
        return bool(_BARE_NUMBER.fullmatch(row.regions[index].text.strip()))
    proof, group = found
    return proof.weak and proof.rule != "caliper" and _doubt(proof, group, row) in _LONELY


def _is_identity(region: TextRegion, scene: Scene) -> bool:
    """Say whether a region itself shows a cue, a date, a time, a long number or known PHI."""
    proof = prove(region.text)
    if proof and is_clear(proof, region.text):
        return scene.known.hits(region.text, valued=True)
    if proof is None and (FORBIDDEN.search(fold(region.text)) or holds_cue(region.text)):
        return True
    return scene.known.hits(region.text)
