"""The dataset card of a release: README.md with a Hugging Face header, card.html, and its charts.

In: the folder of a release that is being written, and its manifest. Out: files in that folder.
Source: EchoVLM Table 1 (columns of the comparison) and Figure 3 (distribution of cases).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from warehouse.card.blocks import Chart, Rows, Section, markdown, page
from warehouse.card.charts import charts_of
from warehouse.card.datasheet import datasheet, governance_of
from warehouse.card.figures import Figures, figures_of
from warehouse.card.header import header

CAPTIONS = {
    "systems": "Cases per anatomical system and split",
    "findings": "Cases per finding and system, the most frequent ones",
    "funnel": "Rows kept and rejected per stage",
    "lengths": "Pairs by the length of their answer in tokens (20 per bar; the last holds all longer ones)",
}


def write_card(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the card of a release beside its shards."""
    figures = figures_of(folder, manifest.get("anonymity", {}).get("k", 1))
    charts = charts_of(figures, manifest.get("funnel", []))
    sections = list(sections_of(manifest, figures, charts))
    (folder / "charts").mkdir(exist_ok=True)
    for name, svg in charts.items():
        (folder / "charts" / f"{name}.svg").write_text(svg, encoding="utf-8")
    title = str(manifest["name"])
    (folder / "README.md").write_text(header(folder, manifest, figures) + markdown(title, sections), encoding="utf-8")
    (folder / "card.html").write_text(page(title, sections), encoding="utf-8")


def sections_of(manifest: Mapping[str, Any], figures: Figures, charts: Mapping[str, str]) -> Iterator[Section]:
    """Give the sections of a card."""
    drawn = {name: Chart(name, svg, CAPTIONS[name]) for name, svg in charts.items()}
    yield Section("Summary", [_summary(manifest), Rows([_table_1(manifest, figures)])])
    yield Section(
        "Splits and views", [_splits(manifest), Rows(figures.shown("splits", "cases")), Rows(figures["views"])]
    )
    shown = Rows(figures.shown("systems", "cases"))
    yield Section("Cases per system", [shown, *_some(drawn, "systems")])
    yield Section("Cases per finding", [Rows(figures.shown("findings", "cases")), *_some(drawn, "findings")])
    yield Section("Key frames", [Rows(figures["modalities"])])
    yield Section("Pairs", [Rows(figures["pairs_by_task"]), Rows(figures["models"]), _shortcuts(manifest, figures)])
    lengths: list[str | Rows | Chart] = [
        Rows(figures["lengths"]),
        *_some(drawn, "lengths"),
        Rows(figures["vocabulary"]),
    ]
    yield Section("Lengths and vocabulary, in tokens", lengths)
    yield Section(
        "Funnel", [Rows(manifest.get("funnel", [])), *_some(drawn, "funnel"), Rows(manifest.get("reject_reasons", []))]
    )
    yield Section("Left behind at this release", [Rows(_left(manifest))])
    yield Section("Duplicates", [_dedup(manifest), Rows(manifest.get("dedup", {}).get("duplicates", []))])
    yield Section("Decontamination", [_decontamination(manifest)])
    yield Section("Templates", [_templates(manifest)])
    yield Section("Validation", _validation(manifest))
    yield Section("Leak audit", _audit(manifest))
    yield Section("Governance", [Rows([_governance(manifest)]), _anonymity(manifest)])
    yield Section("Limitations", [_limitations(manifest, figures)])
    yield Section("Datasheet", [Rows(datasheet(manifest, figures))])


def _some(drawn: Mapping[str, Chart], name: str) -> list[Chart]:
    return [drawn[name]] if name in drawn else []


def _summary(manifest: Mapping[str, Any]) -> str:
    return (
        "Not for clinical use. "
        f"De-identified ultrasound instruction data. Tier {manifest['tier']}, content hash "
        f"{manifest['content_sha256']}, "
        f"made {manifest['created_at']} by sonocurate {manifest.get('sonocurate', '?')} "
        f"(commit {manifest.get('git_commit') or 'not known'}). Verify a copy with `sonocurate release verify FOLDER`."
    )


def _table_1(manifest: Mapping[str, Any], figures: Figures) -> dict[str, Any]:
    seen = figures.overview
    scale = f"{seen['cases']:,} cases, {seen['key_frames']:,} key frames, {seen['pairs']:,} pairs"
    modality = ["ultrasound", *seen["modalities"]]
    return {
        "dataset": manifest["name"],
        "anatomy": seen["systems"],
        "scale": scale,
        "modality": modality,
        "text": [f"reports ({language})" for language in seen["languages"]],
        "tasks": seen["tasks"],
        "patients": seen["patients"] if seen["patients"] >= figures.k else f"< {figures.k}",
        "sites": len(seen["sites"]),
    }


def _splits(manifest: Mapping[str, Any]) -> str:
    groups = manifest.get("split_groups", {})
    weights = manifest.get("settings", {}).get("system_weights", {})
    told = ", ".join(f"{system} x {weight:g}" for system, weight in weights.items()) or "none"
    return (
        "Splits go by patient. Patients whose key frames look alike (both perceptual hashes differ in at most "
        f"{manifest.get('settings', {}).get('alike_bits')} of 64 bits) share a split: "
        f"{groups.get('patients_joined_by_frames', 0)} "
        f"of {groups.get('patients', 0)} patients share one with another, {groups.get('largest_group', 0)} in the "
        "largest group. "
        "stage1 aligns key frames with reports, stage2 holds instruction pairs, test both, held out. "
        f"Weights of training rows by system: {told}."
    )


def _shortcuts(manifest: Mapping[str, Any], figures: Figures) -> str:
    visible, twins = (manifest.get(name, 0) for name in ("visible_pairs", "twin_pairs"))
    return (
        f"`answer_visible_in_image` is true for {visible} of {figures.overview['pairs']} pairs: every measured "
        "value of "
        "the answer (a number with a unit, a decimal, a duration or a risk category; in any unit of its kind, "
        "rounded or "
        "not) can be read in a measurement that stays on one of the pair's images. A model may answer such a pair by "
        "reading the screen instead of the anatomy. Values in text that no rule proved to be a measurement are "
        "not found: "
        f"false is no proof. `twin_of` is set for {twins} pairs: each repeats the pair that it names, on images whose "
        "measurements are masked (their `frame_id` ends in `/v`)."
    )


def _left(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    left = manifest.get("left_behind", {})
    return [
        {"component": name, "reason": reason, "rows": count}
        for name, reasons in left.items()
        for reason, count in sorted(reasons.items())
    ]


def _dedup(manifest: Mapping[str, Any]) -> str:
    rule = manifest.get("dedup", {}).get("settings", {})
    return (
        f"A pair was dropped when ROUGE-L F1 with an earlier one is above {rule.get('rouge_threshold')} or "
        "Simhash differs "
        f"in at most {rule.get('simhash_distance')} bits. Compared text: {manifest.get('dedup_text')}."
    )


def _decontamination(manifest: Mapping[str, Any]) -> str:
    found = manifest.get("decontamination", {})
    if not found.get("sets"):
        return "No benchmark or held-out set was named (--against)."
    return (
        f"Checked against {found['sets']} named sets ({found['pictures']} pictures, {found['texts']} texts, "
        f"{found['ids']} ids). "
        f"Out of train and validation: {found['cases_by_picture']} cases by picture, {found['cases_by_id']} cases "
        "by id, "
        f"{found['pairs_by_text']} pairs and {found['reports_by_text']} reports by text."
    )


def _templates(manifest: Mapping[str, Any]) -> str:
    found = manifest.get("templates", {})
    return (
        f"{found.get('reviewed', 0)} of {found.get('templates', 0)} few-shot templates were signed by a clinician. "
        "The others were written by engineers. Counselling, surveillance and treatment pairs of templates without a "
        "signature are published in tier demo only."
    )


def _validation(manifest: Mapping[str, Any]) -> list[str | Rows]:
    """Tell what models and experts said of the pairs, and who approved the release."""
    found = manifest.get("quality")
    if not found:
        return ["Neither models nor experts have looked at the pairs."]
    kappas = ("jury_kappa", "judge_expert_kappa", "expert_kappa")
    between, against, experts = ("not known" if found[name] is None else f"{found[name]:.2f}" for name in kappas)
    share = f" (95 % interval {100 * found['error_low']:.1f} % to {100 * found['error_high']:.1f} %)"
    approval = manifest.get("approval")
    return [
        f"Models other than the author judged {found['juries']} of {found['open_pairs']} open-ended pairs; "
        f"{found['unscreened']} passed no jury. Judges: {', '.join(found['judges']) or 'none'}; vision judge: "
        f"{found['vision_judge']}. Kappa between judges: {between}, of judges against experts: {against}.",
        f"Experts reviewed {found['reviewed']} pairs and found {found['wrong']} wrong"
        f"{share if found['reviewed'] else ''}; {found['reviewed_twice']} were reviewed by two, kappa {experts}. They "
        f"caught {found['caught']} of {found['checks']} planted errors.",
        f"The release was approved by {approval['approver']} at {approval['approved_at']}."
        if approval
        else "Nobody had to approve this release.",
    ]


def _audit(manifest: Mapping[str, Any]) -> list[str | Rows]:
    found = manifest.get("leak_audit")
    if not found:
        return ["No leak audit was given (`release create --audit FOLDER`): no bound on what still leaks is known."]
    rows = [{**row, "at_most": f"{100 * row['at_most']:.2f} %"} for row in found]
    return [
        Rows(rows),
        "at_most: one-sided 95 % upper bound on the share with a leak, for what was audited and nothing else.",
    ]


def _governance(manifest: Mapping[str, Any]) -> dict[str, Any]:
    rules = governance_of(manifest)
    return {name: rules.get(name) or "not stated" for name in ("ethics_reference", "consent_basis", "licence", "sites")}


def _anonymity(manifest: Mapping[str, Any]) -> str:
    found = manifest.get("anonymity", {})
    told = ", ".join(f"{name} of {count} cases" for name, count in found.get("suppressed_cases", {}).items() if count)
    return (
        f"k-anonymity over age band x sex x site x finding in component cases, k = {found.get('k')}: the smallest "
        "class had "
        f"{found.get('smallest_class_before')} patients before and has {found.get('smallest_class')} after suppression "
        f"(suppressed: {told or 'nothing'}). A site with fewer than k patients cannot be hidden by this."
    )


def _limitations(manifest: Mapping[str, Any], figures: Figures) -> str:
    demo = sum(row["pairs"] for row in figures["models"] if row["tier"] == "demo")
    single = [row["system"] for row in figures["systems"] if row["split"] == "train" and row["patients"] < 10]
    return (
        "Not for clinical use. "
        "De-identification is no guarantee of anonymity. Reports are published as clinicians wrote them, errors "
        "included. "
        f"{demo} of {figures.overview['pairs']} pairs come from demo models and are unfit for training a product. "
        f"Systems with fewer than 10 training patients: {', '.join(single) or 'none'}. "
        f"Hospitals: {len(figures.overview['sites'])}; results may not carry over to others."
    )
