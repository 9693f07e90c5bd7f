"""Releases: what is chosen, that it is what the tables held, that it never changes, that a copy can be proved."""

import json
import shutil
from collections import defaultdict
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.releases.create import check_free, check_whole, create_release
from flows.releases.invented import picture
from schemas.config import Release
from schemas.errors import ConfigError, LeakError
from schemas.shelf import RECEIPT
from warehouse.published import diff_releases, list_releases, manifest_of, verify_release
from warehouse.snapshot import Snapshot
from warehouse.tables import Commit

run = CliRunner()
#: Columns that are joined when rows are published.
ADDED = ("quality_level",)


def create(hospital, **changes):
    config = Release.model_validate(hospital.context.config.release.model_dump() | changes)
    return create_release(hospital.context, config)[0]


def glob(folder, component, columns=None):
    return ds.dataset(sorted(map(str, (folder / component).glob("*.parquet"))), format="parquet").to_table(
        columns=columns
    )


def splits(folder, component="pairs", key="case_id"):
    found = defaultdict(set)
    for path in (folder / component).glob("*.parquet"):
        for value in pq.read_table(path, columns=[key])[key].to_pylist():
            found[value].add(path.name.split("-")[0])
    return found


def rejects(folder):
    return glob(folder, "rejects").to_pylist() if (folder / "rejects").exists() else []


def test_a_raw_glob_is_the_pinned_version_also_after_overwrites_and_compaction(hospital):
    shelf = hospital.shelve().shelf
    folder = create(hospital, name="a").folder
    shelf.delete("reports", f"case_id = '{hospital.rows['reports'][0]['case_id']}'")
    shelf.compact("instruction_pairs")
    pinned = Snapshot(shelf, manifest_of(folder)["table_versions"])
    for component, table, key in (
        ("images", "images", "frame_id"),
        ("reports", "reports", "case_id"),
        ("pairs", "instruction_pairs", "instance_id"),
    ):
        published = glob(folder, component)
        assert published.num_rows == len(hospital.rows[table])
        published = published.drop_columns([name for name in ADDED if name in published.column_names])
        wanted = pinned.read(table, published.column_names)
        assert published.sort_by(key).to_pylist() == wanted.sort_by(key).to_pylist()
    assert shelf.read("reports").num_rows == len(hospital.rows["reports"]) - 1


@pytest.mark.slow
def test_names_are_taken_once_and_the_same_inputs_give_the_same_content(hospital):
    hospital.shelve()
    first = create(hospital, name="a")
    again = create(hospital, name="a")
    assert (first.created, again.created, again.content_sha256) == (True, False, first.content_sha256)
    hospital.shelf.compact("instruction_pairs")
    other = create(hospital, name="b")
    assert other.content_sha256 == first.content_sha256
    with pytest.raises(ConfigError, match="release a exists and is immutable"):
        check_free(hospital.shelf, "a")
    with pytest.raises(ConfigError, match="immutable"):
        create(hospital, name="a", split_seed=5)
    assert [row["release"] for row in list_releases(hospital.shelf.root).to_pylist()] == ["a", "b"]
    done = hospital.shelf.read("releases").to_pylist()
    assert {(row["release"], row["unit"]) for row in done} == {
        (name, unit) for name in "ab" for unit in ("case", "image", "report", "pair", "annotation", "grounded_pair")
    }


def test_patients_and_look_alikes_share_a_split(hospital):
    rng_png = hospital.rows["images"]
    import numpy as np

    same = picture(np.random.default_rng(1), 64)
    for row in rng_png[:9]:  # nine patients with one picture, of nine different contents
        row["image"] = {**row["image"], "bytes": same}
    folder = create(hospital.shelve(), name="a").folder
    by_case = splits(folder)
    assert all(len(found) == 1 for found in by_case.values())
    assert by_case.keys() == splits(folder, "images").keys()
    assert len({next(iter(by_case[row["case_id"]])) for row in rng_png[:9]}) == 1
    assert manifest_of(folder)["split_groups"] == {
        "patients": 24,
        "patients_joined_by_frames": 9,
        "largest_group": 9,
    }
    alone = create(hospital, name="b", alike_bits=-1).folder
    assert len({next(iter(splits(alone)[row["case_id"]])) for row in rng_png[:9]}) > 1


@pytest.mark.slow
def test_text_near_test_text_leaves_train_and_validation_with_a_reason(hospital):
    folder = create(hospital.shelve(), name="plain").folder
    where = splits(folder)
    test = next(case for case, found in where.items() if found == {"test"})
    train, other = [case for case, found in where.items() if found == {"train"}][:2]
    of_case = lambda case: next(row for row in hospital.rows["instruction_pairs"] if row["case_id"] == case)  # noqa: E731
    reports = {row["case_id"]: row for row in hospital.rows["reports"]}
    near = {**of_case(test), **{name: of_case(train)[name] for name in ("instance_id", "case_id", "frame_ids")}}
    near["answer"] = near["answer"] + " thus"
    shelf = hospital.shelf
    shelf.delete("instruction_pairs", f"instance_id = '{near['instance_id']}'")
    shelf.delete("reports", f"case_id = '{other}'")
    import pyarrow as pa

    from schemas.case import REPORT
    from schemas.instruction import INSTRUCTION_PAIR

    shelf.append("instruction_pairs", pa.Table.from_pylist([near], schema=INSTRUCTION_PAIR), Commit("t", 0, "f", "2"))
    copied = {**reports[test], "case_id": other}
    shelf.append("reports", pa.Table.from_pylist([copied], schema=REPORT), Commit("t", 0, "f", "2"))
    leaky = create(hospital, name="leaky").folder
    found = {(row["unit"], row["id"], row["reason"]) for row in rejects(leaky)}
    assert found == {("pair", near["instance_id"], "SPLIT_LEAK"), ("report", other, "SPLIT_LEAK")}
    assert manifest_of(leaky)["left_behind"]["pairs"] == {"SPLIT_LEAK": 1}
    kept = set(glob(leaky, "pairs", ["instance_id"])["instance_id"].to_pylist())
    assert near["instance_id"] not in kept
    assert of_case(test)["instance_id"] in kept
    assert near["instance_id"] not in set(glob(leaky, "stage2", ["row_id"])["row_id"].to_pylist())


def test_views_hold_what_they_say_and_weights_repeat_training_rows(hospital):
    hospital.shelve()
    plain, weighted = (
        create(hospital, name="a").folder,
        create(hospital, name="b", system_weights={"liver": 2.5}).folder,
    )
    for folder in (plain, weighted):
        assert set(glob(folder, "stage1")["task"].to_pylist()) == {"alignment"}
        assert splits(folder, "test").keys() == {c for c, found in splits(folder).items() if found == {"test"}}
        assert all(row["frame_ids"] for row in glob(folder, "stage1").to_pylist())
    count = lambda folder, path, system: sum(  # noqa: E731
        row["systems"] == [system] for row in pq.read_table(next((folder / "stage2").glob(path))).to_pylist()
    )
    once = count(plain, "train-*", "liver")
    assert 0 < 2 * once <= count(weighted, "train-*", "liver") <= 3 * once
    assert count(plain, "train-*", "kidney") == count(weighted, "train-*", "kidney")
    assert count(plain, "validation-*", "liver") == count(weighted, "validation-*", "liver")
    assert glob(plain, "pairs") == glob(weighted, "pairs")


def test_a_copy_is_proved_intact_or_what_is_wrong_is_named(hospital, tmp_path):
    folder = create(hospital.shelve(), name="a").folder
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert verify_release(copy)["files"] == sum(path.is_file() for path in folder.rglob("*")) - 1
    shard = next((copy / "images").glob("*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    (copy / "more.txt").write_text("x")
    (copy / "card.html").unlink()
    with pytest.raises(ConfigError) as error:
        verify_release(copy)
    assert f"changed: images/{shard.name}" in str(error.value)
    assert "missing: card.html" in str(error.value)
    assert "not of the release: more.txt" in str(error.value)


def test_diff_counts_rows_that_moved_or_left(hospital):
    hospital.shelve()
    a = create(hospital, name="a").folder
    gone = hospital.rows["dedup_pool"][0]["instance_id"]
    hospital.shelf.delete("dedup_pool", f"instance_id = '{gone}'")
    b = create(hospital, name="b", split_seed=1).folder
    rows = {row["what"]: row for row in diff_releases(a, b).to_pylist()}
    assert (rows["pairs"]["only_a"], rows["pairs"]["only_b"]) == (1, 0)
    assert rows["images"]["changed"] > 0
    assert rows["settings"]["changed"] == 2  # name and split_seed
    assert rows["table_versions"]["changed"] == 1


@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_a_broken_file_is_named_and_nothing_is_published(hospital, damage):
    path = Path(hospital.shelve().shelf.files("reports")[0])
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        at = len(data) // 3
        path.write_bytes(data[:-100] if damage == "cut" else data[:at] + b"\0" * 64 + data[at + 64 :])
    with pytest.raises(ConfigError, match=f"table reports: {path.name} is (missing|damaged)"):
        create(hospital, name="a")
    assert not (hospital.shelf.root / "releases").exists() or not list((hospital.shelf.root / "releases").iterdir())


def test_unfinished_work_and_newer_tables_are_refused(hospital):
    shelf = hospital.shelve().shelf
    row = {
        "stage": "verify",
        "stage_epoch": 0,
        "fingerprint": "f",
        "chunk_id": "c1",
        "ids": [],
        "kept": 0,
        "rejected": 0,
    }
    import pyarrow as pa

    def receipt(state):
        shelf.append(
            "receipts", pa.Table.from_pylist([{**row, "state": state}], schema=RECEIPT), Commit("t", 0, "f", state)
        )

    receipt("planned")
    with pytest.raises(ConfigError, match="stage verify has 1 chunks that are not finished"):
        check_whole(shelf)
    receipt("done")
    check_whole(shelf)
    from deltalake import DeltaTable, Field

    DeltaTable(shelf.uri("reports")).alter.add_columns([Field("later", "string", nullable=True)])
    with pytest.raises(ConfigError, match="table reports has columns that this version does not know"):
        create(hospital, name="a")


def test_research_needs_governance_and_covers_only_its_sites(hospital):
    hospital.shelve()
    with pytest.raises(ConfigError, match="needs ethics_reference, consent_basis, licence, sites"):
        create(hospital, name="a", tier="research")
    rules = {
        "ethics_reference": "EC 2026/17",
        "consent_basis": "waiver",
        "licence": "CC-BY-NC-4.0",
        "sites": ["site-2"],
    }
    folder = create(hospital, name="b", tier="research", governance=rules).folder
    assert {row["reason"] for row in rejects(folder)} == {"SITE_NOT_COVERED"}
    folder = create(hospital, name="c", tier="research", governance={**rules, "sites": ["site-1"]}).folder
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert rejects(folder) == []
    assert all(value in card for value in ("EC 2026/17", "waiver", "CC-BY-NC-4.0"))


def test_a_name_in_a_row_stops_everything(hospital):
    hospital.rows["reports"][0]["findings"] += " Zebedee Quill00"
    hospital.shelve()
    with pytest.raises(LeakError):
        create(hospital, name="a")
    assert not list((hospital.shelf.root / "releases").iterdir())


def test_the_commands(hospital):
    hospital.shelve()
    at = ["--config", str(hospital.config)]
    done = run.invoke(app, ["release", "create", "one", *at])
    assert done.exit_code == 0, done.output
    assert "pairs: 48" in done.output
    assert run.invoke(app, ["release", "create", "one", *at]).exception is not None
    assert "one is intact" in run.invoke(app, ["release", "verify", "one", *at]).output
    listed = run.invoke(app, ["release", "list", "--format", "json", *at]).output
    assert json.loads(listed)["release"] == "one"
    assert run.invoke(app, ["release", "diff", "one", "one", *at]).exit_code == 0
    for command in (
        ["tables"],
        ["tables", "cases"],
        ["history", "cases"],
        ["diff", "cases@0", "cases@1"],
        ["compact"],
        ["vacuum"],
    ):
        done = run.invoke(app, [*command, *at])
        assert done.exit_code == 0, (command, done.output, done.exception)
    assert "keyed pseudonym of site and case id" in run.invoke(app, ["tables", "cases", *at]).output
