"""The offline path: sheets out, filled-in sheets back, the same rows once, and what bad rows get."""

import csv
import io

import pytest

from flows.key import load_key
from flows.review.pull import status
from flows.review.sealing import unseal
from flows.review.sheets import COLUMNS, export_sheets, import_sheet
from schemas.errors import ConfigError
from warehouse.catalog import query

NAME = "Zebedee Quill"


def read(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def sheet(sampled, tmp_path):
    out = tmp_path / "out"
    export_sheets(sampled.context, None, out)
    sampled.out = out
    return read(out / "review-1.csv")


def answered(rows, reviewer="r1"):
    words = [("accept", ""), ("reject", "number; side"), ("fix", "wording")]
    out = []
    for at, row in enumerate(rows):
        verdict, errors = words[at % 3]
        out.append(row | {"verdict": verdict, "errors": errors, "reviewer": reviewer})
    return out


def test_sheets_show_what_label_studio_would_and_nothing_of_the_seal(sampled, sheet):
    assert len(sheet) == 21
    assert len(read(sampled.out / "review-2.csv")) == 2
    assert all((sampled.out / name).is_file() for row in sheet for name in row["frames"].split("; "))
    assert all(row["question"] and row["report"] and not row["verdict"] for row in sheet)
    assert set(sheet[0]) == set(COLUMNS)
    assert (sampled.out / "review-1.csv").stat().st_mode & 0o77 == 0


def test_filled_rows_come_in_once_and_a_changed_mind_replaces_its_row(sampled, sheet, tmp_path):
    path = write(tmp_path / "a.csv", answered(sheet[:9]) + sheet[9:])
    first = import_sheet(sampled.context, path)
    assert (first.new, first.changed, first.same, first.unknown) == (9, 0, 0, 0)
    assert "12 rows are not filled in yet" in "\n".join(first.lines())
    again = import_sheet(sampled.context, path)
    assert (again.new, again.changed, again.same) == (0, 0, 9)
    rows = answered(sheet[:9])
    rows[0] |= {"verdict": "reject", "errors": "organ", "reviewed_at": "2099-01-01T00:00:00+00:00"}
    changed = import_sheet(sampled.context, write(tmp_path / "b.csv", rows))
    assert (changed.new, changed.changed, changed.same) == (0, 1, 8)
    older = rows[0] | {"verdict": "accept", "errors": "", "reviewed_at": "2001-01-01T00:00:00+00:00"}
    assert import_sheet(sampled.context, write(tmp_path / "c.csv", [older])).changed == 0
    found = {row["task_id"]: row for row in sampled.shelf.read("reviews").to_pylist()}
    assert len(found) == 9
    assert (found[sheet[0]["task_id"]]["verdict"], found[sheet[0]["task_id"]]["errors"]) == ("reject", ["organ"])
    assert found[sheet[1]["task_id"]]["errors"] == ["number", "side"]
    second = import_sheet(sampled.context, write(tmp_path / "d.csv", answered(sheet[:2], "r2")))
    assert second.new == 2
    decided = query(sampled.shelf.root, "SELECT unit, count(*) AS n FROM decisions GROUP BY ALL").to_pylist()
    assert decided == [{"unit": "pair", "n": 11}]


def test_attention_checks_are_marked_and_counted_per_reviewer(sampled, sheet, tmp_path):
    key = load_key(sampled.context.config)
    planted = {row["task_id"] for row in sampled.tasks() if unseal(key, row["sealed"])}
    rows = [row | {"verdict": "accept", "reviewer": "asleep"} for row in sheet]
    rows += [
        row | {"verdict": "reject", "errors": "phi", "reviewer": "awake"} for row in sheet if row["task_id"] in planted
    ]
    import_sheet(sampled.context, write(tmp_path / "a.csv", rows))
    found = sampled.shelf.read("reviews").to_pylist()
    assert {row["task_id"] for row in found if row["attention"]} == planted
    told = "\n".join(status(sampled.context, None, ask=False).lines())
    assert "reviewer asleep: 21 reviews, caught 0 of 1 planted errors" in told
    assert "reviewer awake: 1 reviews, caught 1 of 1 planted errors" in told


def test_free_text_loses_its_phi(sampled, sheet, tmp_path):
    case = {row["task_id"]: row["case_id"] for row in sampled.tasks()}[sheet[0]["task_id"]]
    phi = {row["case_id"]: row["known_phi"] for row in sampled.context.export.known_phi().to_pylist()}[case]
    assert phi["names"][0].startswith(NAME)
    text = f"Wrong for {phi['names'][0]}, seen 13.04.2024, call 0171 5550199."
    row = sheet[0] | {"verdict": "reject", "errors": "other", "comment": text, "reviewer": "r1"}
    import_sheet(sampled.context, write(tmp_path / "a.csv", [row]))
    [kept] = sampled.shelf.read("reviews")["comment"].to_pylist()
    assert "Quill" not in kept
    assert "5550199" not in kept
    assert "13.04.2024" not in kept


def test_reviews_of_unknown_tasks_are_kept_aside_once_and_without_free_text(sampled, sheet, tmp_path):
    lost = sampled.tasks()[0]
    sampled.shelf.delete("instruction_pairs", f"instance_id = '{lost['instance_id']}'")
    rows = answered(
        [{"task_id": "f" * 32}, {"task_id": "Mr Quill"}, *[r for r in sheet if r["task_id"] == lost["task_id"]]]
    )
    rows[1]["comment"] = NAME
    path = write(tmp_path / "a.csv", rows)
    for _ in range(2):
        assert import_sheet(sampled.context, path).unknown == 3
    aside = sampled.shelf.read("unknown_reviews")
    assert sorted(aside["why"].to_pylist()) == ["pair_has_left", "unknown_task", "unknown_task"]
    assert "Quill" not in str(aside.to_pylist())
    assert sampled.shelf.read("reviews").num_rows == 0


HALF = [
    ({"verdict": ""}, "row 2: half filled in: the verdict is missing"),
    ({"errors": ""}, "row 2: half filled in: errors are missing"),
    ({"verdict": "accept"}, "row 2: half filled in: an accepted pair has no errors"),
    ({"verdict": "maybe"}, "row 2: verdict must be one of accept, fix, reject"),
    ({"errors": "bad"}, "row 2: errors must be of number, unit"),
    ({"reviewer": ""}, "row 2: half filled in: task_id and reviewer"),
    ({"reviewer": "Dr. Jane Roe"}, "row 2: the reviewer must be a code"),
]


def test_a_half_filled_row_is_named_and_nothing_is_taken(sampled, sheet, tmp_path):
    for change, message in HALF:
        rows = [answered(sheet)[1] | change, *answered(sheet[2:])]
        with pytest.raises(ConfigError, match=message):
            import_sheet(sampled.context, write(tmp_path / "a.csv", rows))
    twice = [answered(sheet)[1], answered(sheet)[1]]
    with pytest.raises(ConfigError, match="row 3: r1 reviewed this task in an earlier row"):
        import_sheet(sampled.context, write(tmp_path / "a.csv", twice))
    assert sampled.shelf.read("reviews").num_rows == 0


def test_other_files_are_no_sheets(sampled, tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        import_sheet(sampled.context, tmp_path / "none.csv")
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ConfigError, match="columns are missing"):
        import_sheet(sampled.context, tmp_path / "x.csv")
