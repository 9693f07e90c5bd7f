"""Every format is read by its real consumer where that installs, else by a strict validator of its field list."""

import base64
import importlib.util
import io
import json
from ast import literal_eval

import datasets
import pandas as pd
import pytest
import webdataset
import yaml
from PIL import Image

SPLITS = ("train", "validation", "test")


@pytest.fixture(autouse=True)
def apart(monkeypatch, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)


def pixels(content):
    return Image.open(io.BytesIO(content)).tobytes()


def test_datasets_reads_parquet_mapped_and_streamed(shop, pairs, png):
    folder = shop.export("hf", "embed")
    loaded = datasets.load_dataset(str(folder))
    assert {split: loaded[split].num_rows for split in loaded} == {split: len(pairs[split]) for split in SPLITS}
    assert isinstance(loaded["train"].features["images"].feature, datasets.Image)
    for row, pair in zip(loaded["test"], pairs["test"], strict=True):
        assert {name: row[name] for name in pair} == pair
        assert [image.tobytes() for image in row["images"]] == [pixels(png(frame)) for frame in pair["frame_ids"]]
    streamed = datasets.load_dataset(str(folder), streaming=True)["validation"]
    assert [row["instance_id"] for row in streamed] == [pair["instance_id"] for pair in pairs["validation"]]
    assert isinstance(next(iter(streamed))["images"][0], Image.Image)


def test_datasets_reads_the_image_folder(shop, pairs, png):
    loaded = datasets.load_dataset("imagefolder", data_dir=str(shop.export("hf", "files") / "images"))
    assert {split: loaded[split].num_rows for split in loaded} == {split: len(pairs[split]) for split in SPLITS}
    for row, pair in zip(loaded["test"], pairs["test"], strict=True):
        assert row["question"] == pair["question"]
        assert [image.tobytes() for image in row["images"]] == [pixels(png(frame)) for frame in pair["frame_ids"]]


def test_webdataset_reads_the_tars(shop, pairs, png):
    for split in SPLITS:
        shards = sorted(map(str, shop.export("webdataset").glob(f"demo-{split}-*.tar")))
        rows = list(webdataset.WebDataset(shards, shardshuffle=False).decode("pil"))
        assert [row["json"]["instance_id"] for row in rows] == [pair["instance_id"] for pair in pairs[split]]
        for row, pair in zip(rows, pairs[split], strict=True):
            assert "." not in row["__key__"].rpartition("/")[2]
            shown = [row[ending].tobytes() for ending in row["json"]["images"]]
            frames = [Image.open(io.BytesIO(png(frame))).convert("RGB").tobytes() for frame in pair["frame_ids"]]
            assert shown == frames


def jsonl(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("split", SPLITS)
def test_ms_swift_rows_keep_to_the_field_list(shop, pairs, png, split):
    folder = shop.export("ms-swift")
    rows = jsonl(folder / f"{split}.jsonl")
    assert len(rows) == len(pairs[split]) > 0
    for row, pair in zip(rows, pairs[split], strict=True):
        assert set(row) == {"id", "messages", "images"}
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"]
        user, assistant = (message["content"] for message in row["messages"])
        assert user == "<image>" * len(row["images"]) + pair["question"]
        assert assistant == pair["answer"]
        assert [(folder / path).read_bytes() for path in row["images"]] == [png(frame) for frame in pair["frame_ids"]]


@pytest.mark.parametrize("split", SPLITS)
def test_llama_factory_rows_keep_to_the_field_list(shop, pairs, png, split):
    folder = shop.export("llama-factory")
    table = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
    entry = table[f"demo_{split}"]
    columns = {"messages": "conversations", "images": "images", "system": "system"}
    assert entry == {"file_name": f"{split}.json", "formatting": "sharegpt", "columns": columns}
    rows = json.loads((folder / entry["file_name"]).read_text(encoding="utf-8"))
    for row, pair in zip(rows, pairs[split], strict=True):
        assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt"]
        human, gpt = (turn["value"] for turn in row["conversations"])
        assert human.count("<image>") == len(row["images"]) == len(pair["frame_ids"])
        assert gpt == pair["answer"]
        assert [(folder / path).read_bytes() for path in row["images"]] == [png(frame) for frame in pair["frame_ids"]]
    assert len(datasets.load_dataset("json", data_files=str(folder / f"{split}.json"))["train"]) == len(rows)


@pytest.mark.parametrize("split", SPLITS)
def test_llava_rows_keep_to_the_field_list(shop, pairs, png, split):
    folder = shop.export("llava")
    rows = json.loads((folder / f"{split}.json").read_text(encoding="utf-8"))
    for row, pair in zip(rows, pairs[split], strict=True):
        assert set(row) == {"id", "image", "description", "conversations"}
        assert row["description"]
        human, gpt = row["conversations"]
        assert (human["from"], gpt["from"]) == ("human", "gpt")
        assert human["value"] == "<image>\n" * len(row["image"]) + pair["question"]
        assert gpt["value"] == pair["answer"]
        assert [(folder / path).read_bytes() for path in row["image"]] == [png(frame) for frame in pair["frame_ids"]]


@pytest.mark.parametrize("images", ["embed", "files"])
@pytest.mark.parametrize("split", SPLITS)
def test_vlmevalkit_tables_keep_to_the_field_list(shop, pairs, png, split, images):
    folder = shop.export("vlmevalkit", images)
    table = pd.read_csv(folder / f"demo_{split}.tsv", sep="\t")
    column = "image" if images == "embed" else "image_path"
    letters = ["A", "B", "C", "D"]
    expected = ["index", column, "question", "hint", *letters, "answer", "category", "l2-category", "split"]
    assert list(table.columns) == expected
    assert table["index"].is_unique
    assert pd.api.types.is_integer_dtype(table["index"])
    assert not table[["question", "answer", "category", "split"]].isna().any().any()
    for row, pair in zip(table.to_dict("records"), pairs[split], strict=True):
        cell = row[column]
        shown = literal_eval(cell) if cell.startswith("[") else [cell]
        read = base64.b64decode if images == "embed" else (lambda path: (folder / path).read_bytes())
        assert [read(one) for one in shown] == [png(frame) for frame in pair["frame_ids"]]
        choice = pair["task"] == "single_choice"
        assert all(isinstance(row[letter], str) == choice for letter in letters)
        assert row["answer"] in letters if choice else row["answer"] == type(row["answer"])(pair["answer"])


class TaskLoader(yaml.SafeLoader):
    """Reads ``!function`` as its name."""


TaskLoader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))


def test_lmms_eval_tasks_load_their_data_and_score(shop, pairs, monkeypatch):
    folder = shop.export("lmms-eval")
    monkeypatch.chdir(folder)
    task = yaml.load((folder / "sonocurate_demo_test.yaml").read_text(), TaskLoader)  # noqa: S506 - a safe loader
    assert task["output_type"] == "generate_until"
    assert task["generation_kwargs"]["temperature"] == 0
    assert task["generation_kwargs"]["do_sample"] is False
    assert task["metadata"]["version"] == 1.0
    spec = importlib.util.spec_from_file_location("answers", folder / "answers.py")
    answers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(answers)
    named = {
        key: getattr(answers, task[key].removeprefix("answers."))
        for key in ("doc_to_visual", "doc_to_text", "doc_to_target", "process_results")
    }
    docs = datasets.load_dataset(task["dataset_path"], **task["dataset_kwargs"])[task["test_split"]]
    assert len(docs) == len(pairs["test"])
    for doc, pair in zip(docs, pairs["test"], strict=True):
        assert [image.mode for image in named["doc_to_visual"](doc)] == ["RGB"] * len(pair["frame_ids"])
        assert named["doc_to_text"](doc) == pair["question"]
        assert named["doc_to_target"](doc) == pair["answer"]
        metric = task["metric_list"][0]["metric"]
        assert named["process_results"](doc, [pair["answer"]]) == {metric: 1.0}
        assert named["process_results"](doc, ["something else"]) == {metric: 0.0}


def test_no_export_names_this_machine(shop):
    for name, images in shop.done:
        for path in shop.export(name, images).rglob("*"):
            if path.is_file() and path.suffix in {".json", ".jsonl", ".md", ".yaml", ".tsv"}:
                assert str(shop.root.parent) not in path.read_text(encoding="utf-8")


def test_held_out_patients_stay_apart(shop, pairs):
    """No case of one split is named in a file, or the name of a file, of another split."""
    cases = {split: {pair["case_id"].encode() for pair in pairs[split]} for split in SPLITS}
    for name, images in shop.done:
        folder = shop.export(name, images)
        for path in (path for path in folder.rglob("*") if path.is_file()):
            relative = path.relative_to(folder).as_posix()
            split = next((split for split in SPLITS if split in relative), None)
            text = relative.encode() + path.read_bytes()
            for other in (other for other in SPLITS if split is not None and other != split):
                assert not any(case in text for case in cases[other]), relative
