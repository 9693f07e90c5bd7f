"""Pairs that quality control keeps out of a release: suspended strategies, found wrong by experts, unsigned templates.

Flows in: pinned tables and ids of pairs. Flows out: a flag per pair.
"""

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flows.quality.audit import covered, suspensions_of
from flows.quality.opinions import COLUMNS, is_wrong
from flows.quality.signing import unsigned_versions
from schemas.instruction import Form, Task, Tier
from schemas.reject import RejectReason, Unit
from warehouse.added import TEXT_COLUMNS, texts_of, verified_by
from warehouse.tables import Tables

Flags = npt.NDArray[np.bool_]


def of_suspended(tables: Tables, ids: pa.ChunkedArray) -> Flags:
    """Flag the pairs that suspended strategies made."""
    return _among(ids, list(covered(tables, suspensions_of(tables))))


def left_for(rejected: pa.Table, reason: RejectReason) -> pa.Array:
    """List the pairs that a release leaves behind for a reason; ``rejected`` are its reject rows."""
    own = (pc.field("unit") == Unit.PAIR.value) & (pc.field("reason") == reason.value)
    return rejected.filter(own)["id"].combine_chunks()


def left_of(tables: Tables, ids: pa.Array) -> Counter[str]:
    """Count pairs that suspended strategies made, by the name of the strategy."""
    found = covered(tables, suspensions_of(tables))
    return Counter(found[one] for one in ids.to_pylist() if one in found)


def of_found_wrong(tables: Tables) -> pa.Array:
    """List the pairs that any expert found wrong; what an expert would put right counts as wrong until it is."""
    reviews = tables.read("reviews", COLUMNS).to_pylist()
    found = {row["instance_id"] for row in reviews if is_wrong(row["verdict"]) and not row["attention"]}
    return pa.array(sorted(found), pa.string())


def of_unsigned(tables: Tables, ids: pa.ChunkedArray) -> Flags:
    """Flag counselling, surveillance and treatment pairs whose template no clinician has signed as it is now.

    Pairs of prompt versions that are no more count too: what they are about cannot be told.
    """
    lacking, known = unsigned_versions(tables)
    written = (pc.field("form") == Form.OPEN.value) & (pc.field("task") == Task.VQA.value)
    rows = tables.read("instruction_pairs", ["instance_id", "prompt_sha256"], written)
    prompts = rows["prompt_sha256"].to_pylist()
    wanted = [version in lacking or version not in known for version in prompts]
    return _among(ids, rows["instance_id"].filter(pa.array(wanted, pa.bool_())).to_pylist())


def of_demo(tables: Tables, table: str, ids: pa.ChunkedArray) -> Flags:
    """Flag the pairs of a table that a demo model had a hand in."""
    demo = tables.read(table, ["instance_id"], pc.field("tier") == Tier.DEMO.value)
    return _among(ids, demo["instance_id"].to_pylist())


def of_unverified(tables: Tables, ids: pa.ChunkedArray) -> Flags:
    """Flag the grounded pairs whose rationale, as it is now, no expert has accepted."""
    verified = verified_by(tables)
    texts = texts_of(tables.read("grounded_pairs", TEXT_COLUMNS, pc.field("rationale").is_valid()))
    return _among(ids, [text[0] for text in texts if text and text not in verified])


def _among(ids: pa.ChunkedArray, wanted: list[str]) -> Flags:
    return np.asarray(pc.is_in(ids, value_set=pa.array(wanted, pa.string())).to_numpy(), np.bool_)
