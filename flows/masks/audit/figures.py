"""The numbers of a mask audit: leaks with a bound, retention per kind, and both by layout, language, size and contrast.

Flows in: findings. Flows out: plain numbers. Source: Clopper and Pearson 1934, one-sided 95 %; items of one frame are
correlated, so the bound counts frames. It holds for planted PHI of this generator only.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from curation.statistics import clopper_pearson
from flows.masks.audit.measure import BOUND_CONTRAST, BOUND_SIZE_PX, Finding
from flows.masks.audit.planted import OURS, Audit

SCOPE = (
    "The bound holds for PHI planted by this generator, not for your hospital: for that, draw a sample for two human "
    "readers with `sonocurate audit-masks --real N`."
)
_KEPT_KINDS = ("measurement", "landmark", "device", "tick", "pictogram", "header field")
_GROUPS: dict[str, Callable[[Finding], str]] = {
    "layout": lambda f: f.layout,
    "language": lambda f: f.language,
    "size_px": lambda f: _range(f.size_px, (9, 11, 14, 18, 23)),
    "contrast": lambda f: _range(abs(f.contrast), (0, 25, 60, 100, 150, 200)),
}


def figures(audit: Audit) -> dict[str, Any]:
    """Sum an audit up."""
    methods = {name: _method(found, audit.changed_px[name]) for name, found in audit.findings.items()}
    ours = audit.findings.get(OURS, [])
    return {
        "scope": SCOPE,
        "plan": {
            "frames": audit.frames,
            "layouts": len(audit.layouts),
            "canvases": len(audit.canvases),
            "seed": audit.plan.seed,
            "stress": audit.plan.stress,
            "source": "own frames" if audit.plan.frames else "generator",
        },
        "leaks": [_leak(f) for f in ours if f.kind == "phi" and not f.ok],
        "quarantined": dict(Counter(audit.quarantined.values())),
        "methods": methods,
        "absent_peers": audit.absent_peers,
        "by": {name: _grouped(ours, key) for name, key in _GROUPS.items()},
    }


def _leak(f: Finding) -> dict[str, Any]:
    """Say where a leak stands, for whoever draws the frame again; the text is not repeated."""
    shown = ("frame", "layout", "language", "role", "size_px", "contrast")
    return {**{name: getattr(f, name) for name in shown}, "box": list(f.box)}


def _method(found: list[Finding], changed: tuple[int, int]) -> dict[str, Any]:
    phi = [f for f in found if f.kind == "phi"]
    bound = [f for f in phi if f.in_bound]
    return {
        "phi_items": len(phi),
        "leaked_items": sum(not f.ok for f in phi),
        f"bound (>= {BOUND_SIZE_PX} px, contrast >= {BOUND_CONTRAST})": _bound(bound),
        "fainter_or_smaller": {"items": len(phi) - len(bound), "leaked": sum(not f.ok for f in phi if not f.in_bound)},
        "kept": {kind: rate(f for f in found if f.kind == kind) for kind in _KEPT_KINDS},
        "scan_pixels_changed_outside_phi": round(changed[0] / changed[1], 6) if changed[1] else None,
    }


def _bound(phi: list[Finding]) -> dict[str, Any]:
    """Bound the share of frames with a leak from above (one-sided 95 %)."""
    frames = {f.frame for f in phi}
    leaking = {f.frame for f in phi if not f.ok}
    return {
        "items": len(phi),
        "leaked_items": sum(not f.ok for f in phi),
        "frames": len(frames),
        "leaking_frames": len(leaking),
        "upper_95_by_frame": round(clopper_pearson(len(leaking), len(frames), sided="upper").high, 5),
    }


def rate(found: Iterable[Finding]) -> dict[str, Any]:
    """Count items and the share that is as it should be."""
    verdicts = [f.ok for f in found]
    return {"items": len(verdicts), "share": round(sum(verdicts) / len(verdicts), 4) if verdicts else None}


def _grouped(found: list[Finding], key: Callable[[Finding], str]) -> dict[str, Any]:
    groups: dict[str, list[Finding]] = defaultdict(list)
    for f in found:
        groups[key(f)].append(f)
    return {
        name: {
            "phi_items": sum(f.kind == "phi" for f in members),
            "leaked_items": sum(f.kind == "phi" and not f.ok for f in members),
            "kept": {kind: rate(f for f in members if f.kind == kind) for kind in _KEPT_KINDS[:3]},
        }
        for name, members in sorted(groups.items())
    }


def _range(value: int, limits: tuple[int, ...]) -> str:
    """Name the half-open range that a value lies in."""
    low = max((limit for limit in limits if limit <= value), default=0)
    high = min((limit for limit in limits if limit > value), default=None)
    return f"{low:03d}-{high - 1:03d}" if high is not None else f"{low:03d}+"
