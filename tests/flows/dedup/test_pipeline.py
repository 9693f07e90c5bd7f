"""The flow's memory of kept pairs, and the refusal of another rule."""

import pyarrow as pa
import pytest

from flows import deduplicate as flow
from flows.cli import main
from flows.key import init_key
from flows.parameters import StageRun
from flows.preflight import preflight
from flows.stage import context_of, forget_contexts
from flows.working import working
from schemas.errors import ConfigError
from schemas.instruction import INSTRUCTION_PAIR, VERDICT
from tests.flows.dedup.test_dedup_file import some_texts
from tests.flows.dedup.test_show import PAIR
from warehouse.catalog import query, rebuild
from warehouse.tables import Commit


def add_pairs(context, texts, first=0):
    commit = Commit("test", 0, "f", f"k{first}")
    ids = [f"c/{n:04d}" for n in range(first, first + len(texts))]
    pairs = [
        {**PAIR, "instance_id": row_id, "question": "q", "answer": text, "task": "report" if n % 9 == 0 else "vqa"}
        for n, (row_id, text) in enumerate(zip(ids, texts, strict=True), first)
    ]
    context.shelf.append("instruction_pairs", pa.Table.from_pylist(pairs, schema=INSTRUCTION_PAIR), commit)
    rows = [{"instance_id": row_id, "case_id": "c", "site": "s", "verdict": "pass", "rules": []} for row_id in ids]
    context.shelf.append("verdicts", pa.Table.from_pylist(rows, schema=VERDICT), commit)
    return ids


def write_config(folder, settings):
    folder.mkdir(exist_ok=True)
    if not (folder / "key").exists():
        init_key(folder / "key")
    config = folder / "pipeline.toml"
    config.write_text(
        f'[input]\ntable = "t.csv"\nimages = "i"\n[pseudonym]\nkey_file = "key"\n[deduplicate]\n{settings}\n'
    )
    forget_contexts()
    return config


def decide_in_chunks(folder, texts, size, *, forget, against="kept"):
    """Run the stage chunk by chunk, as the flow does; ``forget`` starts every chunk as a new process would."""
    config = write_config(folder, f'against = "{against}"')
    context = context_of(str(config))
    ids = add_pairs(context, texts)
    with working(StageRun(config_path=str(config)), "deduplicate"):
        for chunk in context.journal("deduplicate").plan(ids, size):
            flow.deduplicate_chunk.fn(str(config), chunk.commit.chunk_id)
            if forget:
                flow._remembered.clear()
    flow._remembered.clear()
    columns = [
        name for name in context.shelf.read("dedup_pool").schema.names if name not in {"chunk_id", "fingerprint"}
    ]
    kept = context.shelf.read("dedup_pool", columns).sort_by("instance_id").to_pylist()
    names = ["instance_id", "duplicate_of", "reason", "score", "arrival"]
    return kept, context.shelf.read("duplicates", names).sort_by("instance_id").to_pylist()


@pytest.mark.parametrize("against", ["kept", "all"])
def test_chunks_a_memory_and_new_processes_give_the_same_tables(tmp_path, against):
    texts = some_texts(60)
    whole = decide_in_chunks(tmp_path / "whole", texts, 100, forget=False, against=against)
    assert whole[1]
    for forget in (False, True):
        assert decide_in_chunks(tmp_path / str(forget), texts, 23, forget=forget, against=against) == whole


def test_another_rule_is_refused_in_one_line_until_rebuild(tmp_path, monkeypatch, capsys):
    decide_in_chunks(tmp_path, some_texts(10), 100, forget=False)
    config = write_config(tmp_path, "rouge_threshold = 0.8")
    for command in (["run", "--config"], ["check"]):
        monkeypatch.setattr("sys.argv", ["sonocurate", *command, str(config)])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr().err
        assert stopped.value.code == 2
        assert "kept under another rule (rouge 0.7" in said
        assert "--rebuild" in said
        assert said.count("\n") == 1
    with pytest.raises(ConfigError, match="hospital|table|found|input"):  # the rule is no obstacle any more
        preflight(config, embedded=True, rebuild=True)
    context = context_of(str(config))
    assert context.journal("deduplicate").epoch == 1  # what run does next: all pairs are decided anew
    assert context.shelf.read("dedup_pool").num_rows == 0


def test_the_funnel_counts_what_protect_spared(tmp_path):
    config = write_config(tmp_path, "protect = true")
    context = context_of(str(config))
    texts = [
        "x",
        "A cyst of 12 mm in the left kidney at the upper pole.",
        "A cyst of 13 mm in the left kidney at the upper pole.",
    ]
    with working(StageRun(config_path=str(config)), "deduplicate"):
        for chunk in context.journal("deduplicate").plan(add_pairs(context, texts), 10):
            flow.deduplicate_chunk.fn(str(config), chunk.commit.chunk_id)
    rebuild(context.shelf)
    [row] = query(
        context.shelf.root, "SELECT kept, rejected, spared FROM funnel WHERE stage = 'deduplicate'"
    ).to_pylist()
    assert row == {"kept": 3, "rejected": 0, "spared": 1}
