"""Charts of the leaderboard: Vega-Altair, drawn to SVG on this machine, without a browser or network.

In: rows. Out: SVG texts.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert

from benchmark.metrics.u2_score import WEIGHTS, terms

_SIDE, _WIDTH, _STEP = 380, 460, 18


def intervals(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """Draw values with their intervals, one line per model. Rows: {model, value, low, high}."""
    data = alt.Data(values=[dict(row) for row in rows])
    order = [row["model"] for row in sorted(rows, key=lambda row: row["value"], reverse=True)]
    base = alt.Chart(data).encode(y=alt.Y("model:N", sort=order, title=None))
    lines = base.mark_rule(strokeWidth=2, color="#4c78a8").encode(
        x=alt.X("low:Q", title=title, scale=alt.Scale(zero=False)), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=60, color="#1b1f24").encode(x="value:Q")
    return svg((lines + points).properties(width=_WIDTH, height=alt.Step(_STEP)))


def radar(models: Mapping[str, Mapping[str, float | None]]) -> str:
    """Draw the terms of the U2-Score around a circle, one outline per model."""
    names = list(WEIGHTS)
    angles = {name: 2 * math.pi * place / len(names) for place, name in enumerate(names)}

    def spot(name: str, radius: float) -> dict[str, float]:
        return {"x": radius * math.sin(angles[name]), "y": radius * math.cos(angles[name])}

    outlines = [
        {"model": model, "order": place, **spot(name, terms(figures)[name])}
        for model, figures in models.items()
        for place, name in enumerate([*names, names[0]])
    ]
    rings = [
        {"ring": radius, "order": place, **spot(name, radius)}
        for radius in (0.25, 0.5, 0.75, 1.0)
        for place, name in enumerate([*names, names[0]])
    ]
    labels = [{"name": name.replace("_", " "), **spot(name, 1.16)} for name in names]
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-1.3, 1.3]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-1.3, 1.3]))
    grid = (
        alt.Chart(alt.Data(values=rings))
        .mark_line(color="#d0d7de", strokeWidth=1)
        .encode(x=x, y=y, order="order:Q", detail="ring:N")
    )
    lines = (
        alt.Chart(alt.Data(values=outlines))
        .mark_line(strokeWidth=2)
        .encode(x=x, y=y, order="order:Q", color=alt.Color("model:N", title=None))
    )
    words = alt.Chart(alt.Data(values=labels)).mark_text(fontSize=11).encode(x=x, y=y, text="name:N")
    return svg((grid + lines + words).properties(width=_SIDE, height=_SIDE).configure_view(stroke=None))


def statuses(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw the shares of right, wrong, scored, refused, unparsable and missing. Rows: {model, what, n_items}."""
    order = ["right", "scored", "wrong", "unparsable", "refused", "missing"]
    colours = ["#2da44e", "#4c78a8", "#bf8700", "#8250df", "#cf222e", "#8c959f"]
    chart = (
        alt.Chart(alt.Data(values=[dict(row) | {"order": order.index(row["what"])} for row in rows]))
        .mark_bar()
        .encode(
            x=alt.X("n_items:Q", stack="normalize", title="share of items"),
            y=alt.Y("model:N", title=None),
            color=alt.Color("what:N", title=None, scale=alt.Scale(domain=order, range=colours)),
            order=alt.Order("order:Q"),
        )
    )
    return svg(chart.properties(width=_WIDTH, height=alt.Step(_STEP)))


def svg(chart: Any) -> str:  # noqa: ANN401 - a chart
    """Draw a chart."""
    text: str = vl_convert.vegalite_to_svg(chart.to_json())
    return text
