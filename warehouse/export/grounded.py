"""Grounded pairs: ms-swift's ``objects``, and Qwen2-VL's own tokens.

ms-swift: {"id", "messages", "images", "objects": {"ref", "bbox", "bbox_type": "real"}} with <ref-object> and <bbox> in
the texts, which ms-swift fills in the coordinates of the model. Outlines and points stand in the texts as JSON in px:
ms-swift has no places for them. Qwen2-VL: {"id", "messages", "images"} with <|object_ref_start|> and <|box_start|>, all
coordinates in thousandths of the sides.
Source: ms-swift, "Custom dataset", grounding; Qwen2-VL, tokens of object reference and box.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas.grounded_form import BBOX, REF, fill, in_thousandths, json_of
from warehouse.export.layout import Call, Example, Layout, lines_of, readme, reserved

COLUMNS = (
    "instance_id",
    "case_id",
    "language",
    "question",
    "answer",
    "question_form",
    "answer_form",
    "shown",
    "objects",
    "frame_ids",
    "width_px",
    "height_px",
)


def swift_row(example: Example) -> dict[str, Any]:
    """Give the row of ms-swift; names and boxes are listed in the order of their places, the question's first."""
    refs: list[str] = []
    boxes: list[list[float]] = []

    def write(kind: str, value: Any) -> str:  # noqa: ANN401 - a value of any kind
        if kind == REF:
            refs.append(str(value))
            return REF
        if kind == BBOX:
            boxes.append([float(one) for one in value])
            return BBOX
        return json_of(kind, value, lambda values: [round(one) for one in values])

    row = _row(example, write)
    return row | ({"objects": {"ref": refs, "bbox": boxes, "bbox_type": "real"}} if refs or boxes else {})


def qwen_row(example: Example) -> dict[str, Any]:
    """Give the row of Qwen2-VL."""
    scale = in_thousandths(example.pair["width_px"], example.pair["height_px"])

    def write(kind: str, value: Any) -> str:  # noqa: ANN401 - a value of any kind
        if kind == REF:
            return f"<|object_ref_start|>{value}<|object_ref_end|>"
        if kind == BBOX:
            x0, y0, x1, y1 = scale(value)
            return f"<|box_start|>({x0},{y0}),({x1},{y1})<|box_end|>"
        return json_of(kind, value, scale)

    return _row(example, write)


def _row(example: Example, write: Callable[[str, Any], str]) -> dict[str, Any]:
    pair: Mapping[str, Any] = example.pair
    question = fill(pair["question_form"], pair["shown"], write)
    answer = fill(pair["answer_form"], pair["objects"], write)
    messages = [
        {"role": "user", "content": "<image>" * len(example.pictures) + question},
        {"role": "assistant", "content": answer},
    ]
    return {"id": pair["instance_id"], "messages": messages, "images": [one.path for one in example.pictures]}


def _extras(call: Call, splits: Sequence[str]) -> dict[str, str]:
    command = f"ROOT_IMAGE_DIR=$PWD swift sft --dataset {splits[0]}.jsonl --model …"
    return {"README.md": readme(call, ["In this folder:", "", "```", command, "```"])}


def _layout(row_of: Callable[[Example], Mapping[str, Any]]) -> Layout:
    return Layout(
        rows_per_part=1000,
        file=lambda _call, split, _part, _parts: f"{split}.jsonl",
        write=lines_of(row_of),
        extras=_extras,
        appends=True,
        columns=COLUMNS,
        unfit=reserved,
        component="grounded",
    )


SWIFT = _layout(swift_row)
QWEN = _layout(qwen_row)
