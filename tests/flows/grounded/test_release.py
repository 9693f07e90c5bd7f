"""Grounded data of a release: splits, what reviews and ratings add, exports, forgetting."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

from benchmark.parse.geometry import shapes_of
from benchmark.read.release import read_release
from benchmark.records import AnswerRow, Suite
from benchmark.suites.grounded import score_block
from curation.ground.annotate import annotate
from curation.ground.read.coco import CocoReader
from flows.annotations import _columns
from flows.cli import app
from schemas.annotated import Annotate
from schemas.expert import REVIEW, text_sha256
from schemas.grounding import FRAME_QUALITY, RAW_ANNOTATION
from tests.flows.releases.test_against import against
from tests.flows.releases.test_release import create, glob, rejects, splits
from warehouse.catalog import query
from warehouse.purge import purge
from warehouse.tables import Commit

run = CliRunner()


def test_every_picture_has_its_annotations_and_the_unknown_one_a_reason(annotated):
    kept = annotated.shelf.read("annotations")
    assert kept.num_rows == 48 and set(kept["px_mm_x"].to_pylist()) == {0.2}
    (lost,) = annotated.shelf.read("rejects").to_pylist()
    assert (lost["reason"], lost["parent_id"]) == ("ANNOTATED_IMAGE_MISSING", None) and lost["id"].startswith("a")


def test_a_release_splits_them_by_patient_and_leaves_nothing_out(annotated):
    folder = create(annotated).folder
    by_case = splits(folder, "cases")
    for component in ("grounded", "annotations"):
        assert splits(folder, component) == by_case
    rows = glob(folder, "grounded").to_pylist()
    assert len(rows) == annotated.shelf.read("grounded_pairs").num_rows
    tasks = {"segmentation", "detection", "referring", "keypoint", "measurement", "diagnosis"}
    assert {row["task"] for row in rows} == tasks
    frames = set(glob(folder, "images", ["frame_id"])["frame_id"].to_pylist())
    assert {row["frame_ids"][0] for row in rows} <= frames
    found = query(annotated.shelf.root, "SELECT task, count(*) AS n FROM release_grounded GROUP BY ALL")
    assert sum(found["n"].to_pylist()) == len(rows)
    assert query(annotated.shelf.root, "SELECT kept FROM funnel WHERE unit = 'grounded_pair'")["kept"].to_pylist()


def review(name, verdict, reviewer="r1", *, attention=False, text=None):
    row = {"review_id": f"{name}{reviewer}", "task_id": "t", "instance_id": name, "case_id": name.partition("/")[0]}
    row |= {"site": "site-1", "reviewer": reviewer, "verdict": verdict, "errors": [], "attention": attention}
    return row | {"reviewed_at": datetime(2026, 1, 1, tzinfo=UTC), "source": "csv", "text_sha256": text}


def test_reviews_and_ratings_become_columns(annotated):
    shelf = annotated.shelf
    rows = shelf.read("grounded_pairs").to_pylist()
    names = [row["instance_id"] for row in rows if row["task"] == "diagnosis"]
    written = [{**row, "rationale": "because"} for row in rows if row["task"] == "diagnosis"]
    explained = pa.Table.from_pylist(written, schema=shelf.read("grounded_pairs").schema)
    texts = {row["instance_id"]: text_sha256(row["question"], row["answer"]) for row in written}
    shelf.delete("grounded_pairs", "task = 'diagnosis'")
    shelf.append("grounded_pairs", explained.select(explained.column_names[:-3]), Commit("ground", 0, "f", "k2"))
    said = [
        (0, "accept", "r1", False),
        (1, "accept", "r1", False),
        (1, "reject", "r2", False),
        (2, "accept", "r1", True),
    ]
    reviews = [review(names[n], word, who, attention=check, text=texts[names[n]]) for n, word, who, check in said]
    reviews += [review(names[3], "accept", text="of an older text"), review(names[4], "accept", text=None)]
    shelf.append("reviews", pa.Table.from_pylist(reviews, schema=REVIEW), Commit("review", 0, "f", "k"))
    frame = names[0].rpartition("/")[0]
    level = {"frame_id": frame, "case_id": frame.partition("/")[0], "site": "site-1", "level": "high"}
    shelf.append("frame_quality", pa.Table.from_pylist([level], schema=FRAME_QUALITY), Commit("rate", 0, "f", "k"))
    folder = create(annotated).folder
    found = {row["instance_id"]: row for row in glob(folder, "grounded").to_pylist()}
    assert names[1] not in found  # an expert found it wrong
    told = [found[name]["rationale_verified_by"] for name in (names[0], *names[2:5])]
    assert told == ["r1", None, None, None]
    assert {row["quality_level"] for row in found.values() if row["frame_ids"] == [frame]} == {"high"}
    pictures = glob(folder, "images", ["frame_id", "quality_level"]).to_pylist()
    assert {row["frame_id"] for row in pictures if row["quality_level"]} == {frame}
    left = create_production(annotated)
    assert left == {"EXPERT_REJECTED": 1, "RATIONALE_NOT_VERIFIED": len(names) - 2}


def create_production(hospital):
    """Choose as a production release would, and count why grounded pairs stay behind."""
    from flows.releases.against import HeldOut
    from flows.releases.select import select_rows
    from schemas.config import Release
    from schemas.instruction import Tier
    from schemas.publishing import Governance
    from schemas.shelf import TABLES
    from warehouse.snapshot import Snapshot

    governance = Governance(sites=("site-1",), ethics_reference="abc", consent_basis="abc", licence="abc")
    config = Release(tier=Tier.PRODUCTION, governance=governance)
    return select_rows(Snapshot.take(hospital.shelf, TABLES), config, HeldOut((), (), frozenset(), ())).left["grounded"]


def test_coco_round_trip(annotated, exported):
    _, export = exported
    out = export("coco")
    again = []
    for split in ("train", "validation", "test"):
        reader = CocoReader(out / f"{split}.json")
        for image in reader.images():
            assert (out / image).is_file()
            for raw in reader.read(image):
                ids = {"annotation_id": "x", "frame_id": image, "case_id": "c", "site": "s", "layout": "coco"}
                again.append({**_columns(raw), **ids, "frame_width_px": 64, "frame_height_px": 64})
    result = annotate(pa.Table.from_pylist(again, schema=RAW_ANNOTATION), config=Annotate())
    assert result.rejected.num_rows == 0

    def content(rows):
        names = ("role", "label", "bbox_xyxy_px", "polygon_px", "rle", "px_mm_x", "geometry", "keypoints")
        made = ({name: row[name] or None for name in names} for row in rows)
        return sorted(json.dumps(one, sort_keys=True) for one in made)

    assert content(result.kept.to_pylist()) == content(annotated.shelf.read("annotations").to_pylist())


def test_ms_swift_objects_and_qwen_tokens_say_the_same(exported):
    folder, export = exported
    rows = {row["instance_id"]: row for row in glob(folder, "grounded").to_pylist()}
    swift, qwen = export("ms-swift-grounded"), export("qwen2-vl")
    seen = 0
    for split in ("train", "validation", "test"):
        lines = [(out / f"{split}.jsonl").read_text(encoding="utf-8").splitlines() for out in (swift, qwen)]
        for one, other in zip(*(map(json.loads, some) for some in lines), strict=True):
            row = rows[one["id"]]
            text = "".join(message["content"] for message in one["messages"])
            objects = one.get("objects", {"ref": [], "bbox": []})
            assert text.count("<ref-object>") == len(objects["ref"]) and text.count("<bbox>") == len(objects["bbox"])
            assert text.count("<image>") == len(one["images"]) == 1 and (swift / one["images"][0]).is_file()
            assert "<polygon>" not in text and "<point>" not in text
            if row["task"] == "detection":
                seen += 1
                (gold,) = row["objects"]
                assert objects == {"ref": [gold["label"]], "bbox": [gold["bbox_xyxy_px"]], "bbox_type": "real"}
                (shape,) = shapes_of(other["messages"][1]["content"], 64, 64)
                assert shape.label == gold["label"]
                assert shape.box == pytest.approx(gold["bbox_xyxy_px"], abs=0.064)
    assert seen == 24


def test_conditions_are_on_the_columns_of_grounded_pairs(annotated, exported):
    out = annotated.folder / "some"
    asked = ["export", "g", str(out), "--format", "qwen2-vl", "--root", str(annotated.shelf.root)]
    done = run.invoke(app, [*asked, "--where", "task = 'measurement' AND quality_level IS NULL"])
    assert done.exit_code == 0, done.output
    done = run.invoke(app, [*asked[:2], str(annotated.folder / "x"), *asked[3:], "--where", "template_id IS NULL"])
    assert done.exit_code != 0


@pytest.mark.parametrize(("table", "key"), [("grounded_pairs", "instance_id"), ("annotations", "annotation_id")])
def test_ids_of_grounded_data_that_are_held_out_leave_train(annotated, tmp_path, table, key):
    where = splits(create(annotated, name="a").folder)
    train = sorted(case for case, found in where.items() if found == {"train"})
    row = next(row for row in annotated.shelf.read(table, [key, "case_id"]).to_pylist() if row["case_id"] == train[0])
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "items.jsonl").write_text(json.dumps({"id": row[key]}), encoding="utf-8")
    folder = against(annotated, tmp_path / "held")
    gone = {(one["unit"], one["reason"]) for one in rejects(folder)}
    units = ("case", "image", "report", "pair", "annotation", "grounded_pair")
    assert gone == {(unit, "CONTAMINATED") for unit in units}
    for component in ("cases", "grounded", "annotations"):
        assert train[0] not in splits(folder, component) and train[1] in splits(folder, component)


def test_a_forgotten_patient_leaves_no_row(annotated):
    shelf = annotated.shelf
    case_id = shelf.read("cases", ["case_id"])["case_id"][0].as_py()
    others = shelf.read("grounded_pairs").filter(pc.field("case_id") != case_id).num_rows
    purge(shelf, [case_id])
    for name in ("annotations", "grounded_pairs"):
        rows = shelf.read(name).to_pylist()
        assert rows and case_id not in {row["case_id"] for row in rows}
    assert shelf.read("grounded_pairs").num_rows == others
    folder = create(annotated).folder  # files that a delete rewrote are read and published
    assert glob(folder, "grounded").num_rows == others


def test_the_grounded_suite_scores_its_own_gold_as_right(annotated):
    folder = create(annotated).folder
    items = list(read_release(folder, Suite.GROUNDED, keep_images=True))
    rows = {row["instance_id"]: row for row in glob(folder, "grounded").to_pylist()}
    assert items and all(item.images for item in items)
    assert {item.task for item in items} == {"segmentation", "detection", "keypoint", "measurement", "diagnosis"}
    for task in sorted({item.task for item in items}):
        own = [item for item in items if item.task == task]
        answers = [AnswerRow(item.item_id, rows[item.item_id]["answer"]) for item in own]
        figures = {one.name: one.value() for one in score_block(own, answers).figures}
        wanted = {"segmentation": ("mIoU", 0.9, 1), "detection": ("mIoU", 0.97, 1), "keypoint": ("SDR_2mm", 1, 1)}
        wanted |= {"measurement": ("relative_error", 0, 0.01), "diagnosis": ("acc", 1, 1)}
        name, low, high = wanted[task]
        assert low <= figures[name] <= high, (task, figures)
