"""ms-swift: JSONL of {"id", "messages", "images"}.

Source: ms-swift, "Custom dataset", multimodal rows. A row without pictures carries no key ``images``. Paths are
relative to the folder of the export: ms-swift reads them below ``ROOT_IMAGE_DIR``.
"""

from collections.abc import Sequence
from typing import Any

from warehouse.export.layout import CONVERSATION, Call, Example, Layout, lines_of, readme, reserved


def row_of(example: Example) -> dict[str, Any]:
    """Give the row of an example."""
    messages = [
        {"role": "user", "content": example.prompt},
        {"role": "assistant", "content": example.pair["answer"]},
    ]
    row: dict[str, Any] = {"id": example.pair["instance_id"], "messages": messages}
    return row | {"images": [picture.path for picture in example.pictures]} if example.pictures else row


def _extras(call: Call, splits: Sequence[str]) -> dict[str, str]:
    held_out = "".join(f" --val_dataset {split}.jsonl" for split in splits if split == "validation")
    command = f"ROOT_IMAGE_DIR=$PWD swift sft --dataset {splits[0]}.jsonl{held_out} --model …"
    return {"README.md": readme(call, ["In this folder:", "", "```", command, "```"])}


LAYOUT = Layout(
    rows_per_part=1000,
    file=lambda _call, split, _part, _parts: f"{split}.jsonl",
    write=lines_of(row_of),
    extras=_extras,
    appends=True,
    columns=CONVERSATION,
    unfit=reserved,
)
