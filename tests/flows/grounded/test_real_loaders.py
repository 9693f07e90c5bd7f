"""ms-swift loads grounded pairs with its own dataset loader, in its own environment (`make test-consumers`)."""

import json

import pytest

from tests.warehouse.export.test_real_loaders import rows_of

MS_SWIFT = """
import json, sys
from swift.dataset import load_dataset
rows, _ = load_dataset([sys.argv[1]], num_proc=1, load_from_cache_file=False, strict=True)
shown = []
for row in rows:
    messages = [[m["role"], m["content"]] for m in row["messages"]]
    images = [image["path"] for image in row["images"]]
    shown.append({"messages": messages, "images": images, "objects": row.get("objects")})
print("ROWS" + json.dumps(shown))
"""


@pytest.mark.consumers
@pytest.mark.parametrize("split", ["train", "test"])
def test_ms_swift_loads_every_grounded_row_with_its_objects(exported, tmp_path, split):
    _, export = exported
    out = export("ms-swift-grounded")
    wanted = [json.loads(line) for line in (out / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = rows_of("SONOCURATE_MS_SWIFT", MS_SWIFT, out, tmp_path, out / f"{split}.jsonl")
    assert len(rows) == len(wanted) > 0
    boxes = 0
    for row, pair in zip(rows, wanted, strict=True):
        assert row["messages"] == [[m["role"], m["content"]] for m in pair["messages"]]
        assert [(out / path).read_bytes() for path in row["images"]] == [
            (out / path).read_bytes() for path in pair["images"]
        ]
        found = row["objects"] or {}
        gold = pair.get("objects", {})
        assert (found.get("ref") or [], found.get("bbox") or []) == (gold.get("ref", []), gold.get("bbox", []))
        assert not gold or found["bbox_type"] == "real"
        boxes += len(gold.get("bbox", []))
    assert boxes > len(wanted) / 4
