"""Charts of a dataset card: Vega-Altair specifications, drawn to SVG on this machine, without a browser or network.

In: figures. Out: SVG texts by name. Vega's own fonts of the machine are used; labels are English.
Source: EchoVLM Figure 3 (cases per system and per finding).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from warehouse.card.figures import Figures

WIDTH, STEP = 420, 16


def charts_of(figures: Figures, funnel: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Draw all charts that have anything to show."""
    systems = [row for row in figures["systems"] if row["patients"] >= figures.k]
    findings = [row for row in figures["findings"] if row["patients"] >= figures.k]
    specifications = {
        "systems": _bars(systems, "system", "cases", colour="split") if systems else None,
        "findings": _findings(findings) if findings else None,
        "funnel": _bars(_stages(funnel), "stage", "rows", colour="what") if funnel else None,
        "lengths": _bars(figures["length_bins"], "tokens", "pairs", upright=True) if figures["length_bins"] else None,
    }
    return {name: _svg(chart) for name, chart in specifications.items() if chart is not None}


def _stages(funnel: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    named = [(f"{at}. {row['stage']}, {row['unit']}", row) for at, row in enumerate(funnel, 1)]
    return [{"stage": stage, "what": what, "rows": row[what]} for stage, row in named for what in ("kept", "rejected")]


def _bars(
    rows: Sequence[Mapping[str, Any]], name: str, count: str, *, colour: str | None = None, upright: bool = False
) -> Any:  # noqa: ANN401 - a chart
    alt = _altair()
    kind = "O" if upright else "N"
    place = {
        "x" if upright else "y": alt.Y(f"{name}:{kind}", title=name, sort=None) if not upright else alt.X(f"{name}:O"),
        "y" if upright else "x": alt.X(f"{count}:Q", title=count) if not upright else alt.Y(f"{count}:Q"),
    }
    if colour:
        place["color"] = alt.Color(f"{colour}:N", title=colour)
    size = {"width": WIDTH} if upright else {"width": WIDTH, "height": alt.Step(STEP)}
    return alt.Chart(alt.Data(values=list(rows))).mark_bar().encode(**place).properties(**size)


def _findings(rows: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - a chart
    alt = _altair()
    bars = (
        alt.Chart(alt.Data(values=list(rows)))
        .mark_bar()
        .encode(
            x=alt.X("cases:Q"),
            y=alt.Y("finding:N", sort="-x", title=None),
            color=alt.Color("kind:N", title=None),
            row=alt.Row("system:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left")),
        )
        .properties(width=WIDTH, height=alt.Step(STEP))
    )
    return bars.resolve_scale(y="independent")


def _altair() -> Any:  # noqa: ANN401 - a module
    import altair  # noqa: PLC0415 - slow to import, needed for cards only

    return altair


def _svg(chart: Any) -> str:  # noqa: ANN401 - a chart
    import vl_convert  # noqa: PLC0415 - large, needed for cards only

    return str(vl_convert.vegalite_to_svg(chart.to_json()))
