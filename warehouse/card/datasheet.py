"""The datasheet of a release: the questions of Gebru et al., answered from its tables and manifest.

In: figures and manifest. Out: question and answer. What no table knows is said to be unknown, never guessed.
Source: Gebru et al. 2021, Datasheets for Datasets (the questions are in our own words).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from warehouse.card.figures import Figures

UNKNOWN = "not recorded"


def datasheet(manifest: Mapping[str, Any], figures: Figures) -> list[dict[str, str]]:
    """Answer the questions."""
    parts = (_composition, _collection, _cleaning, _uses)
    return [{"question": question, "answer": answer} for part in parts for question, answer in part(manifest, figures)]


def _composition(manifest: Mapping[str, Any], figures: Figures) -> Iterator[tuple[str, str]]:
    seen = figures.overview
    yield (
        "What do the rows stand for, and how many are there?",
        f"{seen['cases']} ultrasound exams of {seen['patients']} patients: {seen['key_frames']} key frames, "
        f"{seen['reports']} scrubbed reports, {seen['pairs']} instruction pairs.",
    )
    left = manifest.get("left_behind", {})
    told = ", ".join(
        f"{count} {unit} ({reason})" for unit, reasons in left.items() for reason, count in reasons.items()
    )
    yield (
        "Is it all of a larger set?",
        f"It is what passed every stage. Left behind at the release: {told or 'nothing'}.",
    )
    yield (
        "Which splits are recommended?",
        "train, validation and test by patient; patients whose frames look alike share a split; text of train and "
        "validation that is near test text was left out.",
    )
    yield "Are there errors or repetitions?", _repetitions(manifest)
    anonymity = manifest.get("anonymity", {})
    yield (
        "Can persons be identified?",
        f"Identifiers were replaced by keyed pseudonyms and text that was not proven clinical was masked. Combinations "
        f"of age band, sex, site and finding below {anonymity.get('k', UNKNOWN)} patients were suppressed; the "
        "smallest "
        f"that is left has {anonymity.get('smallest_class', UNKNOWN)}. Text and pictures are not covered by this, and "
        "it is no finding of anonymity.",
    )


def _repetitions(manifest: Mapping[str, Any]) -> str:
    found = manifest.get("dedup", {}).get("duplicates", [])
    told = ", ".join(f"{row['rows']} by {row['reason']}" for row in found)
    return f"Duplicates were dropped before: {told or 'none'}. Errors of the reports themselves are not corrected."


def _collection(manifest: Mapping[str, Any], figures: Figures) -> Iterator[tuple[str, str]]:
    rules = governance_of(manifest)
    seen = figures.overview
    yield (
        "Where does it come from?",
        f"Hospital codes: {', '.join(seen['sites']) or UNKNOWN}. Report languages: "
        f"{', '.join(seen['languages']) or UNKNOWN}.",
    )
    yield "Was there an ethical review?", f"Reference: {rules.get('ethics_reference') or UNKNOWN}."
    yield "Did the persons consent?", f"Basis: {rules.get('consent_basis') or UNKNOWN}."
    authors = ", ".join(f"{row['author']} ({row['pairs']})" for row in figures["models"])
    yield "Who wrote the instruction pairs?", f"{authors or 'nobody'}; pairs per author in brackets."


def _cleaning(manifest: Mapping[str, Any], _: Figures) -> Iterator[tuple[str, str]]:
    funnel = manifest.get("funnel", [])
    told = "; ".join(
        f"{row['stage']}: {row['rejected']} of {row['rows_in']} {row['unit']} rows rejected" for row in funnel
    )
    yield "What was done to the raw data?", f"{told or UNKNOWN}."
    yield "Are the raw data kept?", "They stay where the hospital keeps them; nothing raw is in this release."
    commit = manifest.get("git_commit") or UNKNOWN
    yield "Is the software available?", f"sonocurate {manifest.get('sonocurate', UNKNOWN)}, commit {commit}."


def _uses(manifest: Mapping[str, Any], _: Figures) -> Iterator[tuple[str, str]]:
    tier = manifest.get("tier")
    yield "What may it be used for?", f"Tier {tier}; licence: {governance_of(manifest).get('licence') or UNKNOWN}."
    yield "What must it not be used for?", "Diagnosis or treatment of patients, and finding out who a patient is."
    yield (
        "How is it maintained?",
        "A release never changes. A patient who withdraws is removed by `sonocurate forget`, which withdraws or "
        "reissues "
        "every release that holds the patient; a corrected set is a new release.",
    )


def governance_of(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what the config said about ethics, consent, licence and sites."""
    found = manifest.get("settings", {}).get("governance", {})
    return dict(found)
