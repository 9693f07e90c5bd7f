"""`sonocurate quality-report`: one page that loads nothing: funnel, error rates, agreement, releases, example rows.

Flows in: a warehouse. Flows out: an HTML file of mode 600; it shows scrubbed text of a few pairs and reviews.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curation.quality.retrospect import StrategyRate
from flows.masks.readers.sheets import write_private
from flows.page import page, percent, table
from flows.quality import sections
from flows.quality.figures import Figures, figures_of
from flows.quality.overlays import annotated_figures
from flows.releases.gate_figures import kappa, rows
from flows.show import FUNNEL_SQL
from schemas.errors import ConfigError
from warehouse.catalog import query
from warehouse.tables import Shelf

EXAMPLES = 12
NOT_CLINICAL = "For the making of training data. Not for clinical use."
_WIDTH, _STEP = 460, 18


def write_report(root: Path, target: Path) -> Figures:
    """Write the report; gives the figures over all pairs that are kept.

    Raises: ConfigError when there is no warehouse yet, or the file cannot be written.
    """
    funnel = query(root, FUNNEL_SQL).to_pylist()
    shelf = Shelf(root)
    kept = shelf.read("dedup_pool", ["instance_id"])["instance_id"].combine_chunks()
    figures = figures_of(shelf, kept)
    parts = [
        "<h1>Quality of the instruction pairs</h1>",
        f"<p class=note>{NOT_CLINICAL}</p>",
        *_funnel(funnel),
        "<h2>Figures over all pairs that are kept</h2>",
        table(["figure", "value"], rows(figures)),
        *_strategies(sections.strategies(shelf)),
        *_agreement(shelf, figures),
        *_releases(list(sections.releases(root, shelf))),
        *_examples(sections.examples(shelf, EXAMPLES)),
        *annotated_figures(shelf),
    ]
    try:
        write_private(target, page("Quality report", parts).encode())
    except OSError as error:
        raise ConfigError(f"{target} cannot be written ({error.strerror})") from None
    return figures


def _funnel(funnel: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "<h2>Funnel</h2>"
    names = ("stage", "unit", "rows_in", "kept", "rejected")
    yield table(names, ([row[name] for name in names] for row in funnel))


def _strategies(rates: Sequence[StrategyRate]) -> Iterator[str]:
    yield "<h2>Error rates, with 95 % intervals (Wilson)</h2>"
    if not rates:
        yield "<p class=note>No pair was reviewed yet.</p>"
        return
    shown = [rate for rate in rates if rate.level != "cell"]
    yield _chart(
        [
            {"strategy": f"{rate.level} {rate.strategy[0]}", "rate": rate.rate, "low": rate.interval.low}
            | {"high": rate.interval.high, "reviews": rate.reviews}
            for rate in shown
        ],
        "strategy",
    )
    head = ("level", "strategy", "reviews", "wrong", "rate", "95 % interval", "suspended")
    yield table(head, (_rate_row(rate) for rate in shown))


def _rate_row(rate: StrategyRate) -> tuple[object, ...]:
    interval = f"{percent(rate.interval.low)} to {percent(rate.interval.high)}"
    told = "yes" if rate.is_suspended else ""
    return rate.level, ", ".join(rate.strategy), rate.reviews, rate.wrong, percent(rate.rate), interval, told


def _agreement(shelf: Shelf, figures: Figures) -> Iterator[str]:
    yield "<h2>Agreement</h2>"
    yield (
        f"<p>Judges among each other (Fleiss' kappa): {kappa(figures.jury_kappa)}. Judges against experts (Cohen's): "
        f"{kappa(figures.judge_expert_kappa)}. Experts among each other (Cohen's, {figures.reviewed_twice} pairs that "
        f"two reviewed): {kappa(figures.expert_kappa)}. Vision judge: {figures.vision_judge}.</p>"
    )
    judged = [{**row, "kappa": kappa(row["kappa"])} for row in sections.judges(shelf)]
    for found in (judged, list(sections.reviewers(shelf))):
        if found:
            yield table(list(found[0]), (list(row.values()) for row in found))
    words = sections.errors(shelf)
    if words:
        yield table(["what experts found wrong", "reviews"], words)


def _releases(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "<h2>Releases, the oldest first</h2>"
    if not found:
        yield "<p class=note>Nothing was published yet.</p>"
        return
    reviewed = [row for row in found if row["reviewed"]]
    if reviewed:
        yield _chart([{**row, "reviews": row["reviewed"]} for row in reviewed], "release")
    head = ("release", "tier", "made", "pairs", "reviewed", "wrong")
    body = ([*(row[name] for name in head), percent(row["rate"]), _interval(row)] for row in found)
    yield table([*head, "rate", "95 % interval"], body)


def _interval(row: Mapping[str, Any]) -> str:
    return f"{percent(row['low'])} to {percent(row['high'])}" if row["reviewed"] else "–"


def _examples(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if found:
        yield "<h2>Example rows: found wrong, then accepted</h2>"
        head = ("instance_id", "task", "model", "question", "answer", "verdict", "errors", "comment")
        shown = ({**row, "errors": ", ".join(row["errors"]), "comment": row["comment"] or ""} for row in found)
        yield table(head, ([row[name] for name in head] for row in shown))


def _chart(values: Sequence[Mapping[str, Any]], name: str) -> str:
    """Draw rates with their intervals, in the order given, as SVG."""
    import vl_convert  # noqa: PLC0415 - large

    alt = _altair()
    base = alt.Chart(alt.Data(values=list(values))).encode(y=alt.Y(f"{name}:N", sort=None, title=None))
    axis = alt.Axis(format="%")
    bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", axis=axis, title="error rate"), x2="high:Q")
    points = base.mark_point(filled=True, size=60).encode(x=alt.X("rate:Q", axis=axis))
    chart = (bars + points).properties(width=_WIDTH, height=alt.Step(_STEP))
    return str(vl_convert.vegalite_to_svg(chart.to_json()))


def _altair() -> Any:  # noqa: ANN401 - a module
    import altair  # noqa: PLC0415 - slow to import

    return altair
