"""The whole sample hospital: counts, truth, determinism."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from flows.sample.faults import FAULTS, choose
from flows.sample.hospital import COLUMNS, Summary, build, check_no_collision
from schemas.case import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, AnatomicalSystem
from schemas.errors import ConfigError
from schemas.region import RegionKind
from schemas.reject import RejectReason


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    base = tmp_path_factory.mktemp("hospital")
    return build(base / "out", base / "truth")


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows(summary: Summary) -> list[dict[str, str]]:
    with summary.table.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def tree_hash(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def listed(row: dict[str, str], root: Path) -> list[str]:
    if row["images"].endswith("/*"):
        return [path.relative_to(root).as_posix() for path in root.glob(row["images"])]
    return row["images"].split(";")


@pytest.mark.slow
def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        build(tmp_path / name / "out", tmp_path / name / "truth", cases=4, seed=seed)
    assert tree_hash(tmp_path / "a") == tree_hash(tmp_path / "b")
    assert tree_hash(tmp_path / "a") != tree_hash(tmp_path / "c")


def test_counts(hospital: Summary) -> None:
    assert hospital.n_cases == 24
    assert hospital.n_images >= 60
    assert hospital.n_rows == len(rows(hospital)) == 27
    summary = json.loads((hospital.truth / "summary.json").read_text(encoding="utf-8"))
    assert summary["images"] == hospital.n_images
    assert len(summary["layouts"]) >= 8
    assert len(summary["formats"]) >= 12
    assert set(summary["items"]) == {"phi", "measurement", "landmark", "device"}


def test_table_covers_what_the_pipeline_reads(hospital: Summary) -> None:
    table = rows(hospital)
    assert hospital.table.read_bytes().startswith(b"\xef\xbb\xbf")
    assert set(COLUMNS) == set(REQUIRED_COLUMNS) | set(OPTIONAL_COLUMNS) == set(table[0])
    systems = {(system, row["site"]) for row in table for system in row["anatomical_system"].split("|")}
    assert len(systems) == 14
    assert {system for system, _ in systems} <= {system.value for system in AnatomicalSystem}
    assert any("|" in row["anatomical_system"] for row in table)
    assert any(row["patient_id"].startswith("0") for row in table)
    exams = {row["case_id"]: row["patient_id"] for row in table}
    assert len(set(exams.values())) < len(exams), "some patients come twice"


def test_every_image_is_good_or_expected_bad(hospital: Summary) -> None:
    good = {row["image"] for row in lines(hospital.truth / "boxes.jsonl")}
    bad = {row["image"] for row in lines(hospital.truth / "bad.jsonl") if "image" in row}
    on_disk = {path.relative_to(hospital.images).as_posix() for path in hospital.images.rglob("*") if path.is_file()}
    in_table = {path for row in rows(hospital) for path in listed(row, hospital.images)}
    expected = lines(hospital.truth / "bad.jsonl")
    missing = {row["image"] for row in expected if row["expect"] == "IMAGE_NOT_FOUND"}
    orphans = {row["image"] for row in expected if row["expect"] == "IMAGE_WITHOUT_CASE"}
    assert not good & bad
    assert good | bad == on_disk | missing
    assert in_table == (on_disk | missing) - orphans


def test_faults_name_reasons(hospital: Summary) -> None:
    expected = lines(hospital.truth / "bad.jsonl")
    assert {row["expect"] for row in expected} <= {reason.value for reason in RejectReason}
    assert {row["expect"] for row in expected} >= {"UNREADABLE_IMAGE", "MULTI_REGION", "EMPTY_FILE", "EMPTY_REPORT"}
    assert set(choose(24)) == set(FAULTS)
    assert [len(choose(cases)) for cases in (1, 4, 8, 24, 100)] == [1, 2, 3, 9, 25]


def test_boxes_are_sound(hospital: Summary) -> None:
    frames: dict[str, set[int]] = {}
    kinds = {kind.value for kind in RegionKind}
    for row in lines(hospital.truth / "boxes.jsonl"):
        frames.setdefault(row["image"], set()).add(row["frame"])
        boxes = [item["box"] for item in row["items"]]
        assert {item["kind"] for item in row["items"]} <= kinds
        for number, (x0, y0, x1, y1) in enumerate(boxes):
            assert 0 <= x0 < x1 <= 1280
            assert 0 <= y0 < y1 <= 960
            for other in boxes[:number]:
                apart = x0 >= other[2] or other[0] >= x1 or y0 >= other[3] or other[1] >= y1
                assert apart, f"{row['image']}: {boxes[number]} over {other}"
    assert all(numbers == set(range(len(numbers))) for numbers in frames.values())
    assert any(4 <= len(numbers) <= 8 for numbers in frames.values())


def test_identity_appears_in_the_middle_of_a_cine(hospital: Summary) -> None:
    texts: dict[str, list[int]] = {}
    for row in lines(hospital.truth / "boxes.jsonl"):
        texts.setdefault(row["image"], []).append(len(row["items"]))
    assert any(len(set(counts)) > 1 for counts in texts.values())


def test_planted_strings_stand_in_the_table(hospital: Summary) -> None:
    planted = {row["case_id"]: row["strings"] for row in lines(hospital.truth / "phi.jsonl")}
    for row in rows(hospital):
        strings = planted[row["case_id"]]
        for column in ("patient_id", "birth_date", "exam_date", "accession_number", "institution", "phone", "address"):
            assert row[column] in strings
        assert all(len(text) >= 2 for text in strings)


def test_collision_is_refused() -> None:
    with pytest.raises(ValueError, match="E1"):
        check_no_collision({"E1": {"Portal"}})


@pytest.mark.parametrize("blocked", ["out", "truth"])
def test_folder_that_is_not_empty_is_refused(tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).mkdir()
    (tmp_path / blocked / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(ConfigError, match="not empty"):
        build(tmp_path / "out", tmp_path / "truth", cases=1)
    assert not (tmp_path / "out" / "cases.csv").exists()


def test_no_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least one"):
        build(tmp_path / "out", tmp_path / "truth", cases=0)


def test_progress_counts_up(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    build(tmp_path / "out", tmp_path / "truth", cases=2, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]
