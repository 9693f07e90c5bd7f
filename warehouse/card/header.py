"""The YAML header that the Hugging Face Hub and `datasets` read from a dataset card.

In: manifest and figures. Out: YAML text between ``---`` lines; splits without a shard are not listed.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warehouse.card.datasheet import governance_of
from warehouse.card.figures import Figures

CONFIGS = ("pairs", "images", "reports", "cases", "annotations", "grounded", "stage1", "stage2", "test")
SPLITS = ("train", "validation", "test")
SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)


def header(folder: Path, manifest: Mapping[str, Any], figures: Figures) -> str:
    """Write the header of a release's card."""
    pairs = figures.overview["pairs"]
    fields = {
        "pretty_name": manifest["name"],
        "license": "other",
        "license_name": governance_of(manifest).get("licence") or "not stated",
        "language": figures.overview["languages"],
        "task_categories": ["visual-question-answering", "image-to-text"],
        "tags": ["medical", "ultrasound", *figures.overview["systems"]],
        "size_categories": [next((name for size, name in SIZES if pairs < size), "n>10M")],
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "configs:", *_configs(folder), "---", ""])


def _configs(folder: Path) -> list[str]:
    lines = []
    for name in CONFIGS:
        splits = [split for split in SPLITS if any((folder / name).glob(f"{split}-*.parquet"))]
        if splits:
            lines += [f"- config_name: {name}", "  data_files:"]
            lines += [f"  - split: {split}\n    path: {name}/{split}-*.parquet" for split in splits]
    return lines
