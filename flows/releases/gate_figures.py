"""What stops a production release, and the page on which a person decides about it.

Flows in: figures and the settings of the release. Flows out: refusals in plain words, Markdown for the artifact.
"""

from collections.abc import Iterator

from flows.page import markdown_table, percent
from flows.quality.figures import Figures
from schemas.publishing import Release

#: Templates that a message names.
_NAMED = 5


def refusals(figures: Figures, config: Release) -> Iterator[str]:
    """Say why a release may not be published as production; nothing where it may, if a person approves."""
    if figures.pairs == 0:
        yield "no pair is left to publish"
    if figures.unsigned_templates:
        names, more = figures.unsigned_templates[:_NAMED], len(figures.unsigned_templates) - _NAMED
        told = ", ".join(names) + (f" and {more} more" if more > 0 else "")
        yield f"{len(figures.unsigned_templates)} templates are not signed by a clinician ({told})"
    if figures.demo_pairs:
        yield f"{figures.demo_pairs} pairs are of tier demo"
    if figures.unscreened:
        yield f"{figures.unscreened} open-ended pairs passed no jury"
    if figures.reviewed < config.min_reviewed:
        yield f"experts reviewed {figures.reviewed} of its pairs; release.min_reviewed asks for {config.min_reviewed}"
    if figures.error_lower_bound > config.max_error_rate:
        most = percent(config.max_error_rate)
        yield (
            f"at least {percent(figures.error_lower_bound)} of its pairs are wrong (lower bound, {figures.wrong} of "
            f"{figures.reviewed} reviewed); release.max_error_rate is {most}"
        )


def markdown(figures: Figures, config: Release) -> str:
    """Write the figures as an artifact: counts and rates, no row content."""
    against = list(refusals(figures, config))
    lines = [f"# Release {config.name}, tier {config.tier.value}", ""]
    lines += [f"- **refused**: {reason}" for reason in against] or ["Nothing speaks against it; a person decides."]
    lines += ["", *markdown_table(("figure", "value"), rows(figures))]
    return "\n".join([*lines, "", f"Figures: `{figures.sha256}`"])


def rows(figures: Figures) -> Iterator[tuple[str, str]]:
    """Give the figures as rows of a table."""
    yield "pairs", str(figures.pairs)
    yield "pairs of tier demo", str(figures.demo_pairs)
    yield (
        "templates that a clinician signed",
        f"{figures.templates - len(figures.unsigned_templates)} of {figures.templates}",
    )
    yield "pairs reviewed by experts", str(figures.reviewed)
    interval = f"{percent(figures.error_low)} to {percent(figures.error_high)}"
    yield "of them wrong", f"{figures.wrong} (95 % interval {interval})" if figures.reviewed else "0"
    yield "lower bound of the error rate", percent(figures.error_lower_bound)
    yield "reviewed by two experts", f"{figures.reviewed_twice}, kappa {kappa(figures.expert_kappa)}"
    yield "planted errors caught", f"{figures.caught} of {figures.checks}"
    yield "open-ended pairs", str(figures.open_pairs)
    yield "judged by a jury", f"{figures.juries}, {figures.unscreened} not screened"
    yield "judges", ", ".join(figures.judges) or "none"
    yield "vision judge", figures.vision_judge
    yield "kappa between judges", kappa(figures.jury_kappa)
    yield "kappa of judges against experts", kappa(figures.judge_expert_kappa)


def kappa(value: float | None) -> str:
    """Write a kappa."""
    return "not known" if value is None else f"{value:.2f}"
