"""The eight tasks of U2-BENCH and their datasets.

Source: U2-BENCH (ICLR 2026): folders of the published data, dataset ids of each task.
"""

import re
from enum import StrEnum

from schemas.errors import ConfigError


class U2Task(StrEnum):
    """The tasks, by the paper's abbreviations."""

    DD = "DD"
    VRA = "VRA"
    LL = "LL"
    OD = "OD"
    KD = "KD"
    CVE = "CVE"
    RG = "RG"
    CG = "CG"


FOLDERS = {
    "disease_diagnosis": U2Task.DD,
    "view_recognition_and_assessment": U2Task.VRA,
    "lesion_localisation": U2Task.LL,
    "lesion_localization": U2Task.LL,
    "organ_detection": U2Task.OD,
    "keypoint_detection": U2Task.KD,
    "clinical_value_estimation": U2Task.CVE,
    "report_generation": U2Task.RG,
    "caption_generation": U2Task.CG,
}
DATASETS = {
    U2Task.DD: ["21", "23", "25", "28_1", "32", "40", "42", "44", "57", "66", "70", "74is_normal", "75"],
    U2Task.VRA: ["03", "10", "18", "28", "37", "50", "53", "69", "74is_visible", "anatomy"],
    U2Task.LL: ["04", "17", "23", "32", "64"],
    U2Task.OD: ["09", "13", "16", "18", "31", "37", "38", "47", "49", "50", "52", "53", "67"],
    U2Task.KD: ["48"],
    U2Task.CVE: ["18", "27", "31", "50", "57"],
    U2Task.RG: ["39"],
    U2Task.CG: ["10", "44"],
}
_KNOWN = {dataset for datasets in DATASETS.values() for dataset in datasets}
CLASSES = (U2Task.DD, U2Task.VRA)
PLACES = (U2Task.LL, U2Task.OD, U2Task.KD)
TEXTS = (U2Task.RG, U2Task.CG)


def dataset_of(name: str) -> str:
    """Give the id of a dataset from its name or the name of its file: 18_1.Ultrasound_Heart -> 18, 3_FETAL -> 03."""
    stem = name.strip()
    if re.match(r"0*74[._-]?(?:.*?)is_?normal", stem, re.IGNORECASE):
        return "74is_normal"
    if re.match(r"0*74[._-]?(?:.*?)is_?visible", stem, re.IGNORECASE):
        return "74is_visible"
    if stem.lower().startswith("anatomy"):
        return "anatomy"
    found = re.match(r"(\d{1,3})(?:_(\d))?(?![\d])", stem)
    if not found:
        return stem
    number, part = f"{int(found.group(1)):02d}", found.group(2)
    return f"{number}_{part}" if part and f"{number}_{part}" in _KNOWN else number


def task_of(name: str) -> U2Task | None:
    """Read a task by its abbreviation or the name of its folder."""
    key = re.sub(r"[\s-]+", "_", name.strip().lower())
    if key in FOLDERS:
        return FOLDERS[key]
    return next((task for task in U2Task if task.value.lower() == key), None)


def tasks_with(dataset: str) -> list[U2Task]:
    """List the tasks that have a dataset."""
    return [task for task, datasets in DATASETS.items() if dataset in datasets]


def one_task(dataset: str, place: str) -> U2Task:
    """Find the only task of a dataset.

    Raises: ConfigError when it has several or none.
    """
    found = tasks_with(dataset)
    if len(found) == 1:
        return found[0]
    several = f"dataset {dataset} belongs to {', '.join(found)}" if found else f"dataset {dataset} is of no known task"
    raise ConfigError(f"{place}: {several}: keep the published folder names (organ_detection/…), or add a column task")
