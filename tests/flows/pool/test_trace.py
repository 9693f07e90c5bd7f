"""Provenance and estimates of a finished run over the demo model."""

import json

import pytest

from curation.pool.ledger import Ledger
from flows.pool.profiles import names, profile
from flows.trace import trace
from flows.watch.costs import ledger_path
from schemas.errors import ConfigError
from schemas.load import load_endpoints
from warehouse.catalog import query


def test_every_pair_of_a_model_can_say_where_it_comes_from(finished):
    pairs = query(finished.root, "SELECT * FROM instruction_pairs").to_pylist()
    written = [pair for pair in pairs if pair["model"]]
    assert written
    for pair in written:
        text = "\n".join(trace(finished.root, pair["instance_id"]))
        known = Ledger(ledger_path(finished.root)).provenance(pair["request_key"])
        wanted = [pair["case_id"], pair["template_id"], pair["prompt_sha256"], pair["model"], pair["endpoint"]]
        wanted += [
            pair["request_key"],
            known["parameters"],
            f"{known['prompt_tokens']} tokens in",
            known["recorded_at"],
        ]
        wanted += (
            [f"{pair['source_section']}[{pair['source_start']}:{pair['source_end']}]"] if pair["source_section"] else []
        )
        assert [value for value in wanted if value not in text] == []
        assert pair["question"] not in text
        assert f"seed               {json.loads(known['parameters'])['seed']}" in text


def test_a_pair_made_by_code_and_a_reject_say_so(finished):
    [pair] = query(finished.root, "SELECT * FROM instruction_pairs WHERE task = 'report' LIMIT 1").to_pylist()
    assert "no model was asked" in "\n".join(trace(finished.root, pair["instance_id"]))
    [reject] = query(finished.root, "SELECT * FROM rejects WHERE unit = 'pair' LIMIT 1").to_pylist()
    assert reject["reason"] in "\n".join(trace(finished.root, reject["id"]))
    with pytest.raises(ConfigError, match="no instance"):
        list(trace(finished.root, "nobody"))


@pytest.mark.slow
def test_trace_is_a_command(finished, site):
    [pair] = query(finished.root, "SELECT instance_id FROM instruction_pairs LIMIT 1").to_pylist()
    done = site.cli("trace", pair["instance_id"], "--root", finished.root)
    assert done.returncode == 0, done.stderr
    assert pair["instance_id"] in done.stdout


@pytest.mark.slow
def test_generate_alone_finds_nothing_new_after_a_run(finished, site):
    done = site.cli("generate", "--config", finished.folder / "pipeline.toml")
    assert done.returncode == 0, done.stderr
    assert "0 pairs kept, 0 rejected" in done.stdout


@pytest.mark.slow
def test_a_dry_run_counts_what_is_new_asks_nobody_and_changes_nothing(finished, site, tmp_path):
    tables = {path: path.stat().st_mtime_ns for path in (finished.root / "tables").rglob("*") if path.is_file()}
    config = finished.folder / "pipeline.toml"
    again = site.cli("generate", "--dry-run", "--config", config)
    assert "model    │ 0        │ 0" in again.stdout, again.stderr
    dearer = tmp_path / "dear.toml"
    text = config.read_text().replace('root = "warehouse"', f'root = "{finished.root}"')
    far = (
        '[[endpoints]]\nname = "far"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\nprice_output_usd_per_mtok = 10\n'
    )
    dearer.write_text(text.split("[[endpoints]]")[0].replace("max_tokens = 96", "max_tokens = 100") + far)
    done = site.cli("generate", "--dry-run", "--config", dearer)
    assert done.returncode == 0, done.stderr
    cells = [cell.strip() for cell in done.stdout.split("far", 1)[1].split("│")[1:5]]
    requests, _, tokens_out, cost = int(cells[0]), int(cells[1]), int(cells[2]), float(cells[3])
    assert requests >= 4
    assert tokens_out == 100 * requests
    assert cost == pytest.approx(tokens_out * 10 / 1e6, abs=1e-4)
    assert tables == {path: path.stat().st_mtime_ns for path in tables}
    assert len(tables) == sum(path.is_file() for path in (finished.root / "tables").rglob("*"))


def test_the_profile_of_the_paper_is_valid_and_refused_until_its_host_is_allowed(tmp_path):
    assert names() == ["echovlm"]
    (tmp_path / "e.toml").write_text(profile("echovlm"))
    models = [endpoint.name for endpoint in load_endpoints(tmp_path / "e.toml").endpoints]
    assert models == [
        "gpt-3.5-turbo",
        "gpt-4v",
        "qwen2-vl-72b",
        "qwen2.5-vl-7b",
        "qwen2.5-vl-72b",
        "llama-3.1-8b",
        "llama-3.1-70b",
    ]
    with pytest.raises(ConfigError, match="echovlm"):
        profile("other")
