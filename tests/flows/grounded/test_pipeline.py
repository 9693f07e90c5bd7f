"""The whole pipeline on an annotated hospital; no model is asked anything."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from flows.sample.hospital import build
from tests.flows.phi_scan import scan
from warehouse.catalog import query

EXTRA = """
[[annotations]]
layout = "coco"
path = "{folder}/coco.json"
[[annotations]]
layout = "masks"
path = "{folder}/masks"
label = "lesion"
[[annotations]]
layout = "labels"
path = "{folder}/labels.csv"
"""


@pytest.mark.slow
def test_an_annotated_hospital_gives_grounded_pairs_once(site, tmp_path):
    hospital, truth = tmp_path / "hospital", tmp_path / "truth"
    build(hospital, truth, cases=1, seed=3, annotated=True)
    lines = (truth / "phi.jsonl").read_text(encoding="utf-8").splitlines()
    planted = sorted({text for line in lines for text in json.loads(line)["strings"]})
    own = replace(site, hospital=hospital, planted=planted)
    config = own.config(tmp_path / "run", extra=EXTRA.format(folder=hospital / "annotations"))
    text = config.read_text(encoding="utf-8").replace("closed_per_case = 2", "closed_per_case = 0")
    text = text.replace("open_per_case = 1", "open_per_case = 0\njudge_per_case = 0\nchoices_per_case = 0")
    config.write_text(text, encoding="utf-8")
    done = own.cli("run", "--config", config)
    assert done.returncode == 0, done.stderr
    root = tmp_path / "run" / "warehouse"
    expected = [json.loads(line) for line in (truth / "bad.jsonl").read_text(encoding="utf-8").splitlines()]
    wanted = Counter(row["expect"] for row in expected if row.get("reject") == "annotation")
    rows = query(root, "SELECT reason FROM rejects WHERE stage = 'annotate'")["reason"].to_pylist()
    assert Counter(rows) == wanted
    pairs = query(root, "SELECT * FROM release_grounded").to_pylist()
    assert {row["task"] for row in pairs} >= {"segmentation", "detection", "referring", "measurement", "diagnosis"}
    assert query(root, "SELECT count(*) AS n FROM rejects WHERE reason = 'IMAGE_WITHOUT_CASE'")["n"][0].as_py() <= 1
    assert scan([root], planted) == []
    again = own.cli("run", "--config", config)
    assert again.returncode == 0 and "ground       nothing new" in again.stderr + again.stdout
    assert query(root, "SELECT count(*) AS n FROM grounded_pairs")["n"][0].as_py() == len(pairs)
