"""Tag (STEP): the findings and diagnoses that a scrubbed report states, by the bilingual vocabularies of its systems.

In: ``TAG_INPUT`` rows. Out: ``FINDING`` rows, one per report; nothing is rejected. A label is SYSTEM/TERM in English,
whatever the language of the report. Negation and doubt are judged clause by clause; of names within each other the
longest counts. A term that is stated once and denied elsewhere (left and right, say) is stated.
Source: EchoVLM Figure 3 (cases per finding).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from curation.generate.prompts.vocabulary import TermKind, Vocabulary
from curation.step import StepResult, rejects_of, table_of
from schemas.finding import FINDING

STAGE = "tag"
KINDS: tuple[TermKind, ...] = ("findings", "diagnoses")


def tag(reports: pa.Table, *, vocabularies: Sequence[Vocabulary]) -> StepResult:
    """Find what reports state. Systems without a vocabulary give no labels."""
    by_system = {one.system.value: one for one in vocabularies}
    return StepResult(table_of((_row(report, by_system) for report in reports.to_pylist()), FINDING), rejects_of([]))


def _row(report: Mapping[str, Any], by_system: Mapping[str, Vocabulary]) -> dict[str, Any]:
    text = "\n".join(report[name] for name in ("findings", "impression") if report[name])
    judged = list(_judged(text, [by_system[system] for system in report["systems"] if system in by_system]))
    stated: dict[str, Any] = {
        kind: sorted({label for own, label, state in judged if own == kind and state}) for kind in KINDS
    }
    return {
        "case_id": report["case_id"],
        "site": report["site"],
        **stated,
        "doubtful": sorted({label for _, label, state in judged if state is None}),
        "denied": sorted({label for _, label, state in judged if state is False}),
    }


def _judged(text: str, vocabularies: Sequence[Vocabulary]) -> Iterator[tuple[TermKind, str, bool | None]]:
    for vocabulary in vocabularies:
        for kind in KINDS:
            for term, state in vocabulary.judged(kind, text).items():
                yield kind, f"{vocabulary.system.value}/{term.en}", state
