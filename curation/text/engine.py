"""presidio-analyzer with our registry only: no network, no models, every rule run on every text.

In: folded text. Out: strong spans. A failed check digit does not save an identity number.
Source: presidio-analyzer 2.2.366; its defaults that hurt (network at start, IGNORECASE, logged decisions) are off here.
"""

import logging
import re
from functools import cache
from typing import Any, Protocol

import regex  # type: ignore[import-untyped]
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

from curation.text.recognizers import Rule, all_rules
from curation.text.spans import Span
from curation.tries import letters, one_of

_HAN = re.compile(r"[\u3400-\u9fff]")
_LANGUAGE = "en"  # one registry for both languages: texts mix them


class Redactor(Protocol):
    """Finds PHI in folded text; tests and NER adapters implement it too."""

    def find(self, folded: str) -> list[Span]:
        """Find strong spans (half-open code-point offsets)."""


class RuleRecognizer(EntityRecognizer):  # type: ignore[misc]
    """One rule as a presidio recognizer; a group ``v`` or ``w`` marks the part that goes."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        flags = regex.MULTILINE | (regex.IGNORECASE if rule.ignore_case else 0)
        self.pattern = regex.compile(
            rule.regex.replace(r"\s", r"\h").replace(r"[^\h", r"[^\s"), flags
        )  # no rule reaches over a line end
        self.groups = tuple(group for group in ("v", "w") if group in self.pattern.groupindex)
        self.needs_han = rule.name.startswith("zh_")
        self.needs = re.compile(one_of(map(letters, rule.needs)), re.IGNORECASE) if rule.needs else None
        super().__init__(supported_entities=[rule.entity], name=rule.name, supported_language=_LANGUAGE)

    def load(self) -> None:
        """Load nothing."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find the rule's matches; scores are all 1: spans are settled by strength and length in spans.py."""
        del entities, nlp_artifacts
        if self.needs_han and not _HAN.search(text):
            return []
        lines = self._lines(text) if self.needs else [(0, len(text))]
        found = (match for start, end in lines for match in self.pattern.finditer(text, start, end))
        return [RecognizerResult(self.rule.entity, *self.part(match), 1.0) for match in found]

    def _lines(self, text: str) -> list[tuple[int, int]]:
        """Find the lines that hold what the rule needs; no rule reaches over a line end."""
        lines: dict[tuple[int, int], None] = {}
        end = -1
        for match in self.needs.finditer(text) if self.needs else ():
            if match.start() >= end:
                start = text.rfind("\n", 0, match.start()) + 1
                end = text.find("\n", match.end())
                end = len(text) if end < 0 else end
                lines[start, end] = None
        return list(lines)

    def part(self, match: Any) -> tuple[int, int]:  # noqa: ANN401 - regex.Match has no public generic type
        """Return the span of the marked group, else of the whole match."""
        for group in self.groups:
            if match.start(group) >= 0:
                return int(match.start(group)), int(match.end(group))
        return int(match.start()), int(match.end())


@cache
def analyzer() -> AnalyzerEngine:
    """Build the analyzer once per process."""
    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    registry = RecognizerRegistry(
        recognizers=[RuleRecognizer(rule) for rule in all_rules()], supported_languages=[_LANGUAGE]
    )
    nlp = NoOpNlpEngine([{"lang_code": _LANGUAGE, "model_name": "none"}])
    return AnalyzerEngine(
        registry=registry, nlp_engine=nlp, supported_languages=[_LANGUAGE], log_decision_process=False
    )


class PresidioRedactor:
    """Our rules, run by presidio-analyzer."""

    def find(self, folded: str) -> list[Span]:
        """Find strong spans (half-open code-point offsets)."""
        if not folded:
            return []
        results = analyzer().analyze(text=folded, language=_LANGUAGE)
        return [Span(result.start, result.end, result.entity_type) for result in results if result.start < result.end]
