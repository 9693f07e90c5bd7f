"""Decontamination: what is held out elsewhere leaves train and validation, by look, by text, by id; test stays."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from flows.releases.create import Ask, create_release
from schemas.config import Release
from schemas.errors import ConfigError
from tests.flows.releases.test_release import create, rejects, splits
from warehouse.published import manifest_of


def against(hospital, *folders, name="b"):
    config = Release.model_validate(hospital.context.config.release.model_dump() | {"name": name})
    return create_release(hospital.context, config, Ask(folders))[0].folder


def test_pictures_texts_and_ids_leave_train(hospital, tmp_path):
    where = splits(create(hospital.shelve(), name="a").folder)
    train = sorted(case for case, found in where.items() if found != {"test"})
    test = sorted(case for case, found in where.items() if found == {"test"})
    frames = {row["case_id"]: row for row in hospital.rows["images"]}
    pairs = {row["case_id"]: row for row in hospital.rows["instruction_pairs"]}
    own = {case["case_id"]: f"E{at:04d}" for at, case in enumerate(hospital.context.export.cases.to_pylist())}
    folder = tmp_path / "held"
    (folder / "deep").mkdir(parents=True)
    picture = Image.open(io.BytesIO(frames[train[0]]["image"]["bytes"]))
    picture.resize((200, 200)).save(folder / "deep" / "x.jpg", quality=80)  # another size, another format
    rows = [
        {"q": pairs[train[1]]["question"], "question": pairs[train[2]]["question"], "answer": pairs[train[2]]["answer"]}
    ]
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    (folder / "ids.csv").write_text(f"case\n{own[train[3]]}\n{own[test[0]]}\n", encoding="utf-8")
    stored = pa.table({"image": [{"bytes": frames[train[4]]["image"]["bytes"], "path": "p.png"}]})
    pq.write_table(stored, folder / "images.parquet")
    (folder / "README.md").write_text("how to use it")
    found = against(hospital, folder)
    left = {(row["unit"], row["id"]) for row in rejects(found)}
    assert {row["reason"] for row in rejects(found)} == {"CONTAMINATED"}
    whole = {train[0], train[3], train[4]}
    assert {case for unit, case in left if unit == "case"} == whole
    assert {row.split("/")[0] for unit, row in left if unit == "pair"} == whole | {train[2]}
    assert ("pair", pairs[train[2]]["instance_id"]) in left
    assert splits(found)[test[0]] == {"test"}
    told = manifest_of(found)["decontamination"]
    assert (told["cases_by_picture"], told["cases_by_id"], told["pairs_by_text"]) == (2, 1, 1)
    assert "2 cases by picture, 1 cases by id" in (found / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", "{}\n"), ("b.csv", 'id,sex\n" {} ",F\n'), ("a.txt", "{}\n"), ("a.json", '"{}\\n"')]
)
def test_the_case_of_a_patient_leaves_train_however_the_id_is_written(hospital, tmp_path, name, text):
    where = splits(create(hospital.shelve(), name="a").folder)
    cases = hospital.context.export.cases.to_pylist()
    at, case = next((at, row["case_id"]) for at, row in enumerate(cases) if where[row["case_id"]] != {"test"})
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / name).write_text(text.format(f"P77{at:05d}"), encoding="utf-8")
    found = against(hospital, tmp_path / "held")
    assert {row["id"] for row in rejects(found) if row["unit"] == "case"} == {case}
    assert manifest_of(found)["decontamination"]["cases_by_id"] == 1


@pytest.mark.parametrize("name", ["broken.png", "broken.parquet", "broken.json", "table.xlsx"])
def test_what_cannot_be_read_stops_the_release_and_is_named(hospital, tmp_path, name):
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / name).write_bytes(b"{not")
    with pytest.raises(ConfigError, match=f"{name} cannot be read"):
        against(hospital.shelve(), tmp_path / "held")
    with pytest.raises(ConfigError, match="is not a folder"):
        against(hospital, tmp_path / "absent")
