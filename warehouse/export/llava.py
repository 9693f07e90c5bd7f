"""LLaVA, in the form of the public EchoVLM repository: {"id", "image": [...], "description", "conversations": [...]}.

``description`` is the scrubbed report of the case. Human text starts with one ``<image>`` per image, each on a line of
its own as LLaVA writes it. Source: LLaVA, docs/Finetune_Custom_Data.md; EchoVLM repository, data rows.
"""

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


def row_of(example: Example) -> dict[str, Any]:
    """Give the row of an example; a row without pictures carries no key ``image``."""
    prompt = "<image>\n" * len(example.pictures) + str(example.pair["question"])
    pictures = {"image": [picture.path for picture in example.pictures]} if example.pictures else {}
    return {
        "id": example.pair["instance_id"],
        **pictures,
        "description": example.report,
        "conversations": [
            {"from": "human", "value": prompt},
            {"from": "gpt", "value": example.pair["answer"]},
        ],
    }


def _extras(call: Call, splits: Sequence[str]) -> dict[str, str]:
    return {"README.md": readme(call, [f"`--data_path {splits[0]}.json --image_folder .` in this folder."])}


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
    with_report=True,
)
