"""LLaMA-Factory: sharegpt rows and ``dataset_info.json``.

Source: LLaMA-Factory, data/README.md, sharegpt format with images. Human and gpt turns alternate; there are as many
``<image>`` as images. Paths are relative to the folder of the export: LLaMA-Factory reads them below ``media_dir``,
which is ``dataset_dir`` by default.
"""

import json
from collections.abc import Sequence
from typing import Any

from warehouse.export.layout import (
    ARRAY_HEAD,
    ARRAY_TAIL,
    CONVERSATION,
    Call,
    Example,
    Layout,
    array_of,
    readme,
    reserved,
)

SYSTEM = {
    "en": "You are an assistant for ultrasound examinations. Answer from the images.",
    "zh": "你是超声检查助手，请根据图像回答。",
}


def row_of(example: Example) -> dict[str, Any]:
    """Give the row of an example."""
    return {
        "id": example.pair["instance_id"],
        "conversations": [
            {"from": "human", "value": example.prompt},
            {"from": "gpt", "value": example.pair["answer"]},
        ],
        "system": SYSTEM.get(example.pair["language"], SYSTEM["en"]),
        "images": [picture.path for picture in example.pictures],
    }


def _name(call: Call, split: str) -> str:
    return f"{call.release}_{split}"


def _extras(call: Call, splits: Sequence[str]) -> dict[str, str]:
    columns = {"messages": "conversations", "images": "images", "system": "system"}
    table = {
        _name(call, split): {"file_name": f"{split}.json", "formatting": "sharegpt", "columns": columns}
        for split in splits
    }
    lines = ["In the training YAML (with the path of this folder):", "", "```yaml", "dataset_dir: .", "media_dir: ."]
    lines += [f"dataset: {_name(call, splits[0])}", "```"]
    return {
        "dataset_info.json": json.dumps(table, indent=2, ensure_ascii=False) + "\n",
        "README.md": readme(call, lines),
    }


LAYOUT = Layout(
    rows_per_part=1000,
    file=lambda _call, split, _part, _parts: f"{split}.json",
    write=array_of(row_of),
    extras=_extras,
    appends=True,
    columns=CONVERSATION,
    head=ARRAY_HEAD,
    tail=ARRAY_TAIL,
    unfit=reserved,
)
