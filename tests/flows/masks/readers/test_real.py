"""The sample for human readers: who is drawn, what the folder holds, and what two sheets of answers say."""

import csv
import hashlib
import io
import json
from dataclasses import asdict

import pyarrow as pa
import pytest

from curation.statistics import clopper_pearson
from flows.masks.readers.readers import ALL_SITES, render, score_readers
from flows.masks.readers.real import COLUMNS, READERS, draw_sample
from flows.show import console
from schemas.case import IMAGE
from schemas.errors import ConfigError
from warehouse.tables import Commit, Shelf

EXAMS = {"site-1": 30, "site-2": 10, "site-3": 1}


def frame(site, exam, number):
    case_id = f"c{hashlib.sha256(f'{site}/{exam}'.encode()).hexdigest()[:32]}"
    data = f"picture {site} {exam} {number}".encode()
    return {
        "frame_id": f"{case_id}/i000/f{number:03d}",
        "image_id": f"{case_id}/i000",
        "case_id": case_id,
        "site": site,
        "frame": number,
        "width_px": 2,
        "height_px": 2,
        "sha256": hashlib.sha256(data).hexdigest(),
        "image": {"bytes": data, "path": f"{case_id}-i000-f{number:03d}.png"},
    }


@pytest.fixture
def root(tmp_path):
    shelf = Shelf(tmp_path / "warehouse")
    for site, exams in EXAMS.items():
        rows = [frame(site, exam, number) for exam in range(exams) for number in range(1 + exam % 3)]
        shelf.append("images", pa.Table.from_pylist(rows, schema=IMAGE), Commit("desensitize", 0, "f", site))
    return shelf.root


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def test_the_folder_holds_the_bytes_of_the_table_and_two_sheets_in_other_orders(root, tmp_path):
    sample = draw_sample(root, 8, 3, tmp_path / "out")
    out = tmp_path / "out"
    table = {row["image"]["path"]: row for row in Shelf(root).read("images").to_pylist()}
    pictures = sorted(path.name for path in out.glob("*.png"))
    assert len(pictures) == sample.size == 8
    for name in pictures:
        assert (out / name).read_bytes() == table[name]["image"]["bytes"]
    assert len({table[name]["case_id"] for name in pictures}) == 8
    first, second = (rows_of(out / f"{reader}.csv") for reader in READERS)
    for rows in (first, second):
        assert tuple(rows[0]) == COLUMNS
        assert sorted(row["picture"] for row in rows) == pictures
        assert all(row["identity_seen"] == row["n_items"] == row["comment"] == "" for row in rows)
        assert all(row["site"] == table[row["picture"]]["site"] for row in rows)
    assert [row["picture"] for row in first] != [row["picture"] for row in second]
    facts = json.loads((out / "sample.json").read_text())
    assert (facts["seed"], facts["requested"], facts["all_exams_taken"]) == (3, 8, False)
    assert facts["exams"] == EXAMS
    assert facts["images_table_version"] == Shelf(root).version("images") == sample.table_version
    assert {row["frame_id"].replace("/", "-") + ".png" for row in facts["pictures"]} == set(pictures)
    assert "independently" in (out / "README.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("n", [1, 2, 5, 8, 20, 37, 41])
def test_sites_are_in_proportion_and_exams_appear_once(root, tmp_path, n):
    sample = draw_sample(root, n, 1, tmp_path / "out")
    assert sample.size == n
    for site, exams in EXAMS.items():
        assert abs(sample.drawn.get(site, 0) - n * exams / 41) < 1
        assert sample.drawn.get(site, 0) <= exams


def test_the_seed_decides_and_every_exam_can_be_drawn(root, tmp_path):
    def drawn(seed, name):
        draw_sample(root, 10, seed, tmp_path / name)
        return {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}

    assert drawn(1, "a") == drawn(1, "b")
    names = [{name for name in drawn(seed, f"s{seed}") if name.endswith(".png")} for seed in range(40)]
    assert len({frozenset(found) for found in names}) > 35
    assert len({name.partition("-i")[0] for found in names for name in found}) == 41


def test_asking_for_more_than_there_is_takes_all_and_says_so(root, tmp_path):
    sample = draw_sample(root, 100, 1, tmp_path / "out")
    assert sample.drawn == EXAMS
    assert "all 41 of 100" in "\n".join(sample.lines())
    assert json.loads((tmp_path / "out" / "sample.json").read_text())["all_exams_taken"] is True


def test_what_cannot_work_is_a_config_error(root, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    (tmp_path / "file").write_text("x")
    for place in ("full", "file", "file/below"):
        with pytest.raises(ConfigError, match="OUT_DIR"):
            draw_sample(root, 2, 1, tmp_path / place)
    (tmp_path / "empty").mkdir()
    draw_sample(root, 2, 1, tmp_path / "empty")
    with pytest.raises(ConfigError, match="at least 1"):
        draw_sample(root, 0, 1, tmp_path / "out")
    with pytest.raises(ConfigError, match="sonocurate run"):
        draw_sample(tmp_path / "nowhere", 2, 1, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ConfigError, match="no finished sample"):
        score_readers(tmp_path / "full")


def fill(out, reader, yes=(), *, change=lambda row: row, encoding="utf-8-sig", delimiter=","):
    """Answer a sheet: yes for these pictures, else no."""
    path = out / f"{reader}.csv"
    rows = rows_of(path)
    for row in rows:
        row["identity_seen"] = "y" if row["picture"] in yes else "n"
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(change(row) for row in sorted(rows, key=lambda row: row["picture"]))
    path.write_bytes(text.getvalue().encode(encoding))


@pytest.fixture
def out(root, tmp_path):
    draw_sample(root, 40, 5, tmp_path / "out")
    return tmp_path / "out"


def by_site(out):
    facts = json.loads((out / "sample.json").read_text())["pictures"]
    return {site: [row["picture"] for row in facts if row["site"] == site] for site in EXAMS}


def test_no_find_gives_the_bound_of_the_rule_of_three(out):
    for reader in READERS:
        fill(out, reader)
    total = score_readers(out)[-1]
    assert total.site == ALL_SITES
    assert (total.exams, total.union, total.leaks_estimate, total.kappa) == (40, 0, 0.0, None)
    assert total.leak_rate_upper == pytest.approx(1 - 0.05 ** (1 / 40))


def test_counts_estimate_bound_and_agreement(out):
    pictures = by_site(out)
    one, two = pictures["site-1"], pictures["site-2"]
    fill(out, "reader_1", {one[0], one[1], one[2], two[0]})
    fill(out, "reader_2", {one[0], one[1], one[3]})
    scores = {score.site: score for score in score_readers(out)}
    assert list(scores) == [*sorted(EXAMS), ALL_SITES]
    first, total = scores["site-1"], scores[ALL_SITES]
    assert (first.reader_1, first.reader_2, first.both, first.union) == (3, 3, 2, 4)
    assert first.leaks_estimate == pytest.approx(4 * 4 / 3 - 1)  # 4.33, rounded up to 5
    assert first.leak_rate_upper == clopper_pearson(5, first.exams, sided="upper").high
    assert (total.reader_1, total.reader_2, total.both, total.union) == (4, 3, 2, 5)
    assert total.leaks_estimate == pytest.approx(5 * 4 / 3 - 1)  # 5.67, rounded up to 6
    assert total.leak_rate_upper == clopper_pearson(6, 40, sided="upper").high
    chance = (4 * 3 + 36 * 37) / 1600
    assert total.kappa == pytest.approx((37 / 40 - chance) / (1 - chance))
    assert sum(scores[site].union for site in EXAMS) == total.union


def test_an_estimate_above_the_number_of_exams_is_bounded_by_it(out):
    pictures = [name for names in by_site(out).values() for name in names]
    fill(out, "reader_1", set(pictures[:20]))
    fill(out, "reader_2", set(pictures[20:]))
    total = score_readers(out)[-1]
    assert total.leaks_estimate > total.exams
    assert total.leak_rate_upper == 1.0


@pytest.mark.parametrize(
    ("encoding", "delimiter", "yes", "no"),
    [
        ("utf-8-sig", ",", "Y", "N"),
        ("utf-8", ";", " yes ", "No"),
        ("gb18030", "\t", "是", "否"),
        ("utf-16", "\t", "１", "0"),
        ("utf-8", ",", "1", "0"),
    ],
)
def test_answers_are_read_however_they_were_typed_and_saved(out, encoding, delimiter, yes, no):
    leaky = {by_site(out)["site-1"][0]}

    def change(row):
        return {
            **row,
            "identity_seen": yes if row["identity_seen"] == "y" else no,
            "comment": "左上角, 很淡",
            "n_items": "2" if row["identity_seen"] == "y" else "",
        }

    fill(out, "reader_1", leaky, change=change, encoding=encoding, delimiter=delimiter)
    fill(out, "reader_2", leaky)
    assert score_readers(out)[-1].both == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"identity_seen": ""}, "is empty"),
        ({"identity_seen": "maybe Okafor"}, "must be y or n"),
        ({"picture": "Okafor.png"}, "not in the sample"),
        ({"n_items": "three Okafor"}, "whole number"),
        ({"n_items": "2"}, "contradict"),
    ],
)
def test_an_answer_that_cannot_be_read_names_the_row_and_not_the_cell(out, change, says):
    wanted = sorted(path.name for path in out.glob("*.png"))[2]
    fill(out, "reader_1")
    fill(out, "reader_2", change=lambda row: {**row, **change} if row["picture"] == wanted else row)
    with pytest.raises(ConfigError, match=rf"reader_2.csv, row 4.*{says}") as error:
        score_readers(out)
    assert "Okafor" not in str(error.value)


def test_missing_double_and_ragged_rows_are_named(out):
    fill(out, "reader_1")
    fill(out, "reader_2")
    path = out / "reader_1.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    for changed, says in (
        (lines[:-1], "1 missing"),
        ([*lines, lines[4]], "row 42.*twice"),
        ([*lines[:3], lines[3] + ",x,y", *lines[4:]], "row 4: it has more or fewer"),
        (["a,b", "1,2"], "columns are missing"),
        ([], "no header"),
    ):
        path.write_text("\n".join(changed), encoding="utf-8")
        with pytest.raises(ConfigError, match=says):
            score_readers(out)
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        score_readers(out)


def test_scores_are_plain_data_and_show_as_a_table(out, capsys):
    for reader in READERS:
        fill(out, reader)
    scores = score_readers(out)
    json.dumps([asdict(score) for score in scores])
    console().print(render(scores))
    shown = capsys.readouterr().out
    assert ALL_SITES in shown
    assert "7.22 %" in shown
