"""A forgotten patient is in no table, no file of any version, no answer, no release; and does not come back."""

import json
import shutil
import sqlite3
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from curation.pool.ledger import Ledger
from flows.arrivals import LOOKS, without_forgotten
from flows.cli import app
from flows.releases.forget import forget
from flows.shelf.export import RECORD, Wanted, export_release
from flows.watch.costs import ledger_path
from schemas.errors import ConfigError
from schemas.reject import RejectReason
from schemas.shelf import TABLES
from tests.flows.releases.test_release import create, glob
from warehouse.published import list_releases, manifest_of, verify_release
from warehouse.snapshot import Snapshot
from warehouse.upkeep import vacuum

PATIENT = "P7700003"
run = CliRunner()


@pytest.fixture
def published(hospital, tmp_path):
    """Two releases, a change after the first, an export, and an answer in the ledger."""
    case = hospital.context.export.cases.to_pylist()[3]
    own = next(pair for pair in hospital.rows["instruction_pairs"] if pair["case_id"] == case["case_id"])
    own["request_key"] = "k" * 64
    hospital.shelve()
    hospital.first = create(hospital, name="a").folder
    other = hospital.rows["reports"][9]["case_id"]
    hospital.shelf.delete("reports", f"case_id = '{other}'")
    hospital.shelf.compact("images")
    export_release(hospital.shelf.root, "a", tmp_path / "exported", Wanted("llava"))
    ledger = Ledger(ledger_path(hospital.shelf.root))
    ledger.spend("k" * 64, "e", "EMPTY", (1, 1), 0.0)
    ledger.spend("o" * 64, "e", "EMPTY", (1, 1), 0.0)
    ledger.close()
    hospital.case, hospital.key = case["case_id"], case["patient_key"]
    return hospital


def traces(root, case):
    """Files below the warehouse that hold rows of a case, in whatever version."""
    found = []
    for path in root.rglob("*.parquet"):
        if "_delta_log" in path.parts or path.parent.name in ("receipts", "forgotten"):
            continue
        rows = pq.read_table(path, columns=[c for c in pq.read_schema(path).names if c != "image"]).to_pylist()
        found += [path for row in rows if case in repr(row)]
    return found


@pytest.mark.parametrize("again", [False, True])
def test_nothing_of_the_patient_is_left(published, again):
    root = published.shelf.root
    assert traces(root, published.case)
    (root / LOOKS).write_text(f'{{"states": {{"{published.case}": "x"}}}}')
    (half := root / "tables" / "images" / "part-00000-a-c000.parquet.writing").write_bytes(b"PAR1")
    erased = forget(published.context, PATIENT, again=again)
    assert traces(root, published.case) == []
    assert not (root / LOOKS).exists() and not half.exists()
    assert erased.cases == 1
    assert erased.rows == {"cases": 1, "images": 1, "reports": 1, "findings": 1, "instruction_pairs": 2} | {
        "dedup_pool": 2,
        "frame_hashes": 1,
    }
    assert erased.releases == {"a": "a.r1" if again else None}
    assert len(erased.exports) == 1 and "exported (llava, of release a)" in erased.exports[0]
    rows = sqlite3.connect(ledger_path(root)).execute("SELECT request_key FROM spent").fetchall()
    assert rows == [("o" * 64,)]
    for name in TABLES:  # everything else is still there
        assert published.shelf.read(name) is not None
    assert published.shelf.read("cases").num_rows == 23


def test_a_withdrawn_release_keeps_its_name_and_a_reissue_is_whole(published):
    before = glob(published.first, "pairs").to_pylist()
    pinned = manifest_of(published.first)["table_versions"]
    forget(published.context, PATIENT, again=True)
    stone = manifest_of(published.first)
    assert (stone["state"], stone["reissued_as"]) == ("withdrawn", "a.r1")
    assert list(published.first.rglob("*.parquet")) == []
    new = published.first.with_name("a.r1")
    assert verify_release(new)["files"] > 10
    assert glob(new, "pairs").to_pylist() == [row for row in before if row["case_id"] != published.case]
    assert manifest_of(new)["counts"]["cases"] == 23
    with pytest.raises(ConfigError, match="immutable"):
        create(published, name="a")
    old = Snapshot(published.shelf, pinned)  # what it pinned can still be read, without the patient
    assert old.read("reports").num_rows == 23
    done = published.shelf.read("releases").to_pylist()
    assert {row["release"] for row in done} == {"a.r1"}


def test_what_a_killed_call_left_is_done_by_the_next(published, monkeypatch):
    from flows.releases import forget as module

    def killed(*_):
        raise KeyboardInterrupt

    for step in ("purge", "withdraw"):
        with monkeypatch.context() as patch:
            patch.setattr(module, step, killed)
            with pytest.raises(KeyboardInterrupt):
                forget(published.context, PATIENT, again=True)
    forget(published.context, PATIENT, again=True)
    assert traces(published.shelf.root, published.case) == []
    assert not published.first.with_name("a.r2").exists()
    assert published.shelf.read("forgotten").num_rows == 1


def test_what_a_killed_release_left_half_written_goes(published):
    half = published.first.with_name(".b.writing")
    shutil.copytree(published.first / "images", half / "images")
    forget(published.context, PATIENT, again=False)
    assert not half.exists()


@pytest.mark.parametrize("step", ["flows.releases.forget.rebuild", "warehouse.withdraw.write_checksums"])
def test_a_call_cut_down_at_its_end_is_finished_and_says_again_what_to_recall(published, monkeypatch, step):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, killed)
        with pytest.raises(KeyboardInterrupt):
            forget(published.context, PATIENT, again=False)
    said = "\n".join(forget(published.context, PATIENT, again=True).lines())
    assert "release a w" in said
    assert "recall: " in said
    assert "exported (llava, of release a)" in said
    assert verify_release(published.first)["files"] == 2
    assert published.shelf.read("releases").num_rows == 0
    assert not published.first.with_name("a.r1").exists()  # nothing was left to make it of


def test_exports_of_copies_are_recalled_and_lines_that_cannot_be_read_are_named(published, tmp_path):
    root, copy = published.shelf.root, tmp_path / "backup"
    shutil.copytree(published.first, copy)
    export_release(root, str(copy), tmp_path / "of-copy", Wanted("llava"))
    with (root / RECORD).open("a", encoding="utf-8") as file:
        file.write('{"release": "a", "content_sh')
    said = list(forget(published.context, PATIENT, again=False).lines())
    recalled = [line for line in said if line.startswith("recall: ")]
    assert any("of-copy (llava, of release backup)" in line for line in recalled)
    assert any(f"line 3 of {RECORD} cannot be read" in line for line in recalled)
    assert len(recalled) == 3


@pytest.mark.parametrize(("component", "again"), [("cases", False), ("stage1", True)])
def test_a_damaged_shard_is_named_before_anything_is_erased(published, component, again):
    shard = min((published.first / component).glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(ConfigError, match=f"release a: {component}/{shard.name} is damaged"):
        forget(published.context, PATIENT, again=again)
    assert published.shelf.read("cases").num_rows == 24
    assert manifest_of(published.first)["state"] == "published"


def test_a_damaged_release_that_is_known_to_hold_the_patient_is_withdrawn(published):
    shard = min((published.first / "images").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-100])
    assert forget(published.context, PATIENT, again=False).releases == {"a": None}
    assert not shard.exists()


def test_a_damaged_file_of_a_table_is_named_before_anything_is_erased(published):
    path = Path(published.shelf.files("dedup_pool")[0])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ConfigError, match=f"table dedup_pool: {path.name} is damaged"):
        forget(published.context, PATIENT, again=True)
    assert published.shelf.read("cases").num_rows == 24


@pytest.mark.parametrize("manifest", [None, "[]", "{}", '{"table_versions": {"images": "1"}}'])
def test_vacuum_deletes_nothing_while_a_manifest_does_not_say_what_is_pinned(published, manifest):
    path = published.first / "release.json"
    path.unlink() if manifest is None else path.write_text(manifest, encoding="utf-8")
    with pytest.raises(ConfigError, match="release a exists but its release.json is missing or damaged"):
        vacuum(published.shelf, keep_hours=0, dry_run=False)


def test_a_manifest_with_other_types_is_named_by_the_list(published):
    root, path = published.shelf.root, published.first / "release.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    for wrong in ({"counts": None}, {"counts": {"pairs": "x"}}, {"created_at": 5}):
        path.write_text(json.dumps(whole | wrong), encoding="utf-8")
        with pytest.raises(ConfigError, match="release a exists but its release.json"):
            list_releases(root)


def test_the_patient_does_not_come_back(published):
    forget(published.context, published.key, again=False)
    cases = published.context.export.raw_cases(published.context.export.case_ids)
    marked = without_forgotten(published.context, cases).to_pylist()
    reasons = {row["case_id"]: row["defect"] for row in marked}
    assert reasons.pop(published.case) == RejectReason.PATIENT_FORGOTTEN
    assert set(reasons.values()) == {None}


def test_the_command_reads_from_standard_input_and_knows_whom_it_does_not_know(published):
    at = ["--config", str(published.config)]
    with pytest.raises(ConfigError, match="no such patient"):
        forget(published.context, "P0", again=False)
    done = run.invoke(app, ["forget", "-", *at], input=f"{PATIENT}\n")
    assert done.exit_code == 0, done.output
    assert "release a withdrawn" in done.output
    assert PATIENT not in done.output
    assert published.case not in done.output


def test_vacuum_spares_what_a_release_pins_until_it_is_withdrawn(published):
    shelf, name = published.shelf, "images"
    pinned = Snapshot(shelf, manifest_of(published.first)["table_versions"])
    for case in (published.case, published.rows["images"][11]["case_id"]):
        shelf.delete(name, f"case_id = '{case}'")
    gone = vacuum(shelf, keep_hours=0, dry_run=False)
    assert all(Path(path).exists() for table in pinned.versions for path in pinned.files(table))
    assert ds.dataset(pinned.files(name), format="parquet").count_rows() == 24
    assert gone[name]  # what lay between the two deletes is pinned by nobody
    forget(published.context, PATIENT, again=False)
    vacuum(shelf, keep_hours=0, dry_run=False)
    assert sorted(Path(shelf.uri(name)).glob("*.parquet")) == sorted(map(Path, shelf.files(name)))
