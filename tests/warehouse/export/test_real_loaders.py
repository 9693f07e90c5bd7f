"""ms-swift and LLaMA-Factory load our exports with their own dataset loaders, each in its own environment.

Run with `make test-consumers`, which says where the environments are.
"""

import json
import os
import subprocess

import pytest

pytestmark = pytest.mark.consumers

MS_SWIFT = """
import json, sys
from swift.dataset import load_dataset
rows, _ = load_dataset([sys.argv[1]], num_proc=1, load_from_cache_file=False, strict=True)
shown = []
for row in rows:
    images = [image["path"] or "bytes" for image in row.get("images") or []]
    shown.append({"messages": [[m["role"], m["content"]] for m in row["messages"]], "images": images})
print("ROWS" + json.dumps(shown))
"""
LLAMA_FACTORY = """
import json, sys
from llamafactory.data.converter import align_dataset
from llamafactory.data.loader import _load_single_dataset
from llamafactory.data.parser import get_dataset_list
from llamafactory.hparams import DataArguments, ModelArguments
from transformers import Seq2SeqTrainingArguments
data = DataArguments(dataset=sys.argv[2], dataset_dir=sys.argv[1], media_dir=sys.argv[1], overwrite_cache=True)
model = ModelArguments(model_name_or_path="none")
training = Seq2SeqTrainingArguments(output_dir=sys.argv[3], use_cpu=True, report_to=[])
(attributes,) = get_dataset_list([sys.argv[2]], sys.argv[1])
rows = _load_single_dataset(attributes, model, data, training)
shown = []
for row in rows:
    messages = [[m["role"], m["content"]] for m in row["_prompt"] + row["_response"]]
    shown.append({"messages": messages, "images": row["_images"], "system": row["_system"]})
print("ROWS" + json.dumps(shown))
"""


def rows_of(variable, code, folder, tmp_path, *arguments):
    """Load an export in the environment of its consumer."""
    python = os.environ.get(variable)
    if not python:
        pytest.fail(f"{variable} is not set: run `make test-consumers`")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTHON"))},
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_OFFLINE": "1",
        "MODELSCOPE_CACHE": str(tmp_path / "modelscope"),
        "ROOT_IMAGE_DIR": str(folder),
        "CUDA_VISIBLE_DEVICES": "",
    }
    command = [python, "-c", code, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("ROWS"))
    return json.loads(line.removeprefix("ROWS"))


def test_ms_swift_loads_every_row(shop, pairs, png, tmp_path):
    folder = shop.export("ms-swift")
    rows = rows_of("SONOCURATE_MS_SWIFT", MS_SWIFT, folder, tmp_path, folder / "test.jsonl")
    assert len(rows) == len(pairs["test"]) > 0
    for row, pair in zip(rows, pairs["test"], strict=True):
        question = "<image>" * len(pair["frame_ids"]) + pair["question"]
        assert row["messages"] == [["user", question], ["assistant", pair["answer"]]]
        shown = [(folder / path).read_bytes() for path in row["images"]]
        assert shown == [png(frame) for frame in pair["frame_ids"]]


def test_llama_factory_loads_every_row(shop, pairs, png, tmp_path):
    folder = shop.export("llama-factory")
    arguments = (folder, "demo_test", tmp_path / "out")
    rows = rows_of("SONOCURATE_LLAMA_FACTORY", LLAMA_FACTORY, folder, tmp_path, *arguments)
    assert len(rows) == len(pairs["test"]) > 0
    for row, pair in zip(rows, pairs["test"], strict=True):
        question = "<image>" * len(pair["frame_ids"]) + pair["question"]
        assert row["messages"] == [["user", question], ["assistant", pair["answer"]]]
        assert row["system"]
        shown = [(folder / path).read_bytes() for path in row["images"]]
        assert shown == [png(frame) for frame in pair["frame_ids"]]
