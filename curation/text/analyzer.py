"""presidio-analyzer with our registry only: no network, no models, every rule that can match is run.

Importing it takes a second, which ``engine.py`` puts off. A failed check digit does not save an identity number.
Source: presidio-analyzer 2.2.366; its defaults that hurt (network at start, IGNORECASE, logged decisions) are off here.
"""

import logging
import re
from collections.abc import Iterable
from functools import cache

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

from curation.text.recognizers import Rule, all_rules
from curation.text.sieve import Sieve

LANGUAGE = "en"  # one registry for both languages: texts mix them
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])+\]")


class Matcher:
    """One rule, compiled; a group ``v`` or ``w`` marks the part that goes."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.expression = _on_one_line(rule.regex)
        self.pattern = re.compile(self.expression, re.MULTILINE | (re.IGNORECASE if rule.ignore_case else 0))
        self.groups = tuple(group for group in ("v", "w") if group in self.pattern.groupindex)

    def find(self, text: str) -> list[RecognizerResult]:
        """Find the rule's matches; scores are all 1: spans are settled by strength and length in spans.py."""
        valid = self.rule.valid
        return [
            RecognizerResult(self.rule.entity, *self._part(match), 1.0)
            for match in self.pattern.finditer(text)
            if valid is None or valid(match)
        ]

    def _part(self, match: re.Match[str]) -> tuple[int, int]:
        """Return the span of the marked group, else of the whole match."""
        for group in self.groups:
            if match.start(group) >= 0:
                return match.span(group)
        return match.span()


def _on_one_line(expression: str) -> str:
    r"""Let ``\s`` mean a blank: no rule reaches over a line end. What is not ``\s`` stays so."""
    inner = _CLASS.sub(
        lambda found: found.group() if found.group()[1] == "^" else found.group().replace(r"\s", r" \t"), expression
    )
    parts = _CLASS.split(inner)
    classes = _CLASS.findall(inner)
    plain = [part.replace(r"\s", r"[ \t]") for part in parts]
    return "".join(text for pair in zip(plain, [*classes, ""], strict=True) for text in pair)


class RuleTable(EntityRecognizer):  # type: ignore[misc]
    """Rules as one presidio recognizer: one pass tells which of them can match at all."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.matchers = [Matcher(rule) for rule in rules]
        self.sieve = Sieve([(matcher.expression, matcher.rule.ignore_case) for matcher in self.matchers])
        entities = sorted({matcher.rule.entity for matcher in self.matchers})
        super().__init__(supported_entities=entities, name="rules", supported_language=LANGUAGE)

    def load(self) -> None:
        """Load nothing."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Find what the rules find."""
        del entities, nlp_artifacts
        return [found for number in self.sieve.candidates(text) for found in self.matchers[number].find(text)]


class NoContext(ContextAwareEnhancer):  # type: ignore[misc]
    """Leave scores alone: presidio's own enhancer copies every result and finds nothing without a model."""

    def __init__(self) -> None:
        super().__init__(0.0, 0.0, 0, 0)

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """Return the results as they are."""
        del text, nlp_artifacts, recognizers, context
        return raw_results


@cache
def analyzer() -> AnalyzerEngine:
    """Build the analyzer once per process."""
    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    registry = RecognizerRegistry(recognizers=[RuleTable(all_rules())], supported_languages=[LANGUAGE])
    nlp = NoOpNlpEngine([{"lang_code": LANGUAGE, "model_name": "none"}])
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=nlp,
        supported_languages=[LANGUAGE],
        log_decision_process=False,
        context_aware_enhancer=NoContext(),
    )
