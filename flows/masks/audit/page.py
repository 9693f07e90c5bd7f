"""The page a privacy officer reads: one self-contained HTML file without scripts or outside resources.

Flows in: the figures of an audit and its pictures. Flows out: HTML text.
"""

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from flows.page import page, percent, table


def render_page(numbers: dict[str, Any], gallery: Sequence[tuple[str, bytes, bytes]]) -> str:
    """Render the report."""
    parts = [
        "<h1>Masking audit</h1>",
        _headline(numbers),
        f"<p class=note>{escape(numbers['scope'])}</p>",
        _plan(numbers),
        "<h2>Methods on the same frames</h2>",
        _methods(numbers),
    ]
    for name, groups in numbers["by"].items():
        parts += [f"<h2>By {escape(name.replace('_', ' '))}</h2>", _groups(name, groups)]
    parts += ["<h2>Before and after</h2>", *(_figure(*entry) for entry in gallery)]
    return page("Masking audit", parts)


def _headline(numbers: dict[str, Any]) -> str:
    ours = next(iter(numbers["methods"].values()))
    bound = bound_of(ours)
    leaks = bound["leaking_frames"]
    text = (
        f"{bound['leaked_items']} of {bound['items']} planted PHI items leaked, in {leaks} of {bound['frames']} "
        f"frames: with 95 % confidence fewer than {percent(bound['upper_95_by_frame'])} of such frames leak."
    )
    return f'<p class="big{" leak" if leaks else ""}">{escape(text)}</p>'


def bound_of(method: dict[str, Any]) -> dict[str, Any]:
    """Give the bound of a method's figures."""
    return next(dict(value) for key, value in method.items() if key.startswith("bound"))


def _plan(numbers: dict[str, Any]) -> str:
    plan = numbers["plan"]
    rows = [(key.replace("_", " "), plan[key]) for key in plan]
    rows += [(f"in quarantine: {reason}", count) for reason, count in sorted(numbers["quarantined"].items())]
    rows += [("comparison not installed", name) for name in numbers["absent_peers"]]
    return table(("audited", ""), rows)


def _methods(numbers: dict[str, Any]) -> str:
    methods = numbers["methods"]
    kinds = list(next(iter(methods.values()))["kept"])
    rows: list[tuple[str, ...]] = [
        ("PHI items leaked", *(f"{bound_of(m)['leaked_items']} of {bound_of(m)['items']}" for m in methods.values())),
        (
            "frames with a leak",
            *(f"{bound_of(m)['leaking_frames']} of {bound_of(m)['frames']}" for m in methods.values()),
        ),
        ("at most, 95 %", *(percent(bound_of(m)["upper_95_by_frame"]) for m in methods.values())),
        (
            "fainter or smaller: leaked",
            *(f"{m['fainter_or_smaller']['leaked']} of {m['fainter_or_smaller']['items']}" for m in methods.values()),
        ),
        *((f"kept: {kind}", *(_kept(m["kept"][kind]) for m in methods.values())) for kind in kinds),
        (
            "scan pixels changed outside PHI",
            *(percent(m["scan_pixels_changed_outside_phi"], 3) for m in methods.values()),
        ),
    ]
    return table(("", *methods), rows)


def _groups(name: str, groups: dict[str, Any]) -> str:
    kinds = list(next(iter(groups.values()))["kept"]) if groups else []
    rows = [
        (key, f"{group['leaked_items']} of {group['phi_items']}", *(_kept(group["kept"][kind]) for kind in kinds))
        for key, group in groups.items()
    ]
    return table((name.replace("_", " "), "PHI leaked", *(f"kept: {kind}" for kind in kinds)), rows)


def _kept(rate: dict[str, Any]) -> str:
    return "–" if rate["share"] is None else f"{percent(rate['share'])} of {rate['items']}"


def _figure(title: str, before: bytes, after: bytes) -> str:
    pictures = "".join(
        f'<img alt="{when}" src="data:image/png;base64,{base64.b64encode(data).decode()}">'
        for when, data in (("before", before), ("after", after))
    )
    return f"<figure>{pictures}<figcaption>{escape(title)}</figcaption></figure>"
