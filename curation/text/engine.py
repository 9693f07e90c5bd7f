"""What finds PHI by rules. In: folded text. Out: strong spans."""

from typing import Protocol

from curation.text.spans import Span


class Redactor(Protocol):
    """Finds PHI in folded text; tests and NER adapters implement it too."""

    def find(self, folded: str) -> list[Span]:
        """Find strong spans (half-open code-point offsets)."""


class PresidioRedactor:
    """Our rules, run by presidio-analyzer."""

    def find(self, folded: str) -> list[Span]:
        """Find strong spans (half-open code-point offsets)."""
        if not folded:
            return []
        from curation.text.analyzer import LANGUAGE, analyzer  # noqa: PLC0415 - a second, and runs without news need none

        # with the decision process presidio need not copy every result to strip it
        results = analyzer().analyze(text=folded, language=LANGUAGE, return_decision_process=True)
        return [Span(result.start, result.end, result.entity_type) for result in results if result.start < result.end]
