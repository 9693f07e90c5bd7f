"""Flow `deduplicate`: pairs too like an earlier one leave; chunks run in order, because order decides.

The kept pairs stay in memory from chunk to chunk, as long as their table is what this process made it; on worker
processes and on a Dask cluster they are divided over the workers, which search them together.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from prefect import flow, task

from curation.dedup.decide import Text, rule_of
from curation.dedup.deduplicate import STAGE, deduplicate, scope_key
from curation.dedup.memory import Memory
from curation.step import StepResult
from flows.chunks import run_in_order
from flows.names import run_name
from flows.parameters import StageRun
from flows.stage import Context, Receipt, commit_chunk, context_of
from flows.working import current, working
from schemas.instruction import DEDUP_INPUT, KEPT, Task

#: Pairs made of real reports are not generated, so the rule does not apply to them.
EXEMPT = (Task.REPORT.value, Task.DIAGNOSIS.value, Task.FINDING.value, Task.IMPRESSION.value)
POOL = "dedup_pool"
PAIR_COLUMNS = ["instance_id", "case_id", "site", "task", "question", "answer", "twin_of", "systems"]

#: The memory of this process, by what it was made from: root, fingerprint, version of the table.
_remembered: dict[tuple[str, str, int | None], Memory] = {}


@flow(name="deduplicate", flow_run_name=run_name, persist_result=False)
def deduplicate_flow(run: StageRun) -> Receipt:
    """Compare all new verified pairs with the kept ones."""
    with working(run, STAGE) as work:
        context = work.context
        ids = sorted(context.shelf.read("verdicts", ["instance_id"])["instance_id"].to_pylist())
        try:
            return run_in_order(deduplicate_chunk, STAGE, ids, context.config.deduplicate.chunk_pairs)
        finally:
            _remembered.clear()


@task(name="deduplicate chunk", persist_result=False)
def deduplicate_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Compare one chunk of pairs with all kept before it."""
    memory: list[Memory] = []

    def work(context: Context, ids: Sequence[str]) -> StepResult:
        memory.append(_memory(context, ids))
        return _work(context, ids, memory[0])

    receipt = commit_chunk(config_path, STAGE, chunk_id, work)
    if memory and not memory[0].is_outgrown:
        _remembered[_made_from(context_of(config_path))] = memory[0]  # only now does it hold what the table holds
    return receipt


def _work(context: Context, ids: Sequence[str], memory: Memory) -> StepResult:
    mine = pc.field("instance_id").isin(pa.array(ids, pa.string()))
    return deduplicate(_inputs(context, mine), config=context.config.deduplicate, pool=memory)


def _memory(context: Context, ids: Sequence[str]) -> Memory:
    known = _remembered.pop(_made_from(context), None)
    _remembered.clear()
    if known is not None:
        return known
    # a chunk that was cut down between two commits finds its own rows in the tables: they are not "earlier"
    others = ~pc.field("instance_id").isin(pa.array(ids, pa.string()))
    config = context.config.deduplicate
    kept = context.shelf.read(POOL, KEPT.names, others)
    texts = kept.num_rows + len(ids)
    divided = current().workers.pool(rule_of(config), texts)
    memory = Memory.of(config, kept, expected=len(ids), pool=divided)
    if config.against == "all":
        _remember_dropped(context, memory, others)
    return memory


def _remember_dropped(context: Context, memory: Memory, others: pc.Expression) -> None:
    """Read dropped pairs again: a pair is compared with these too."""
    dropped = context.shelf.read("duplicates", ["instance_id", "arrival"], others)
    places = dict(zip(dropped["instance_id"].to_pylist(), dropped["arrival"].to_pylist(), strict=True))
    rows = _inputs(context, pc.field("instance_id").isin(pa.array(list(places), pa.string()))).to_pylist()
    rows = sorted((row for row in rows if row["twin_of"] is None), key=lambda row: places[row["instance_id"]])
    ids = [row["instance_id"] for row in rows]
    texts = [Text(row["text"], scope_key(row, memory.config)) for row in rows]
    memory.reread(texts, ids, [places[row_id] for row_id in ids], taken=list(places.values()))


def _made_from(context: Context) -> tuple[str, str, int | None]:
    return str(context.shelf.root), context.fingerprint(STAGE), context.shelf.version(POOL)


def _inputs(context: Context, wanted: pc.Expression) -> pa.Table:
    """Read pairs as the step wants them, in instance order: the text is question + newline + answer."""
    pairs = context.shelf.read("instruction_pairs", PAIR_COLUMNS, wanted).sort_by("instance_id")
    text = pc.binary_join_element_wise(pairs["question"], pairs["answer"], "\n")
    exempt = pc.is_in(pairs["task"], pa.array(EXEMPT))
    columns = [pairs["instance_id"], pairs["case_id"], pairs["site"], text, exempt, pairs["twin_of"], pairs["systems"]]
    return pa.Table.from_arrays(columns, schema=DEDUP_INPUT)
