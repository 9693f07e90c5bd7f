"""`sonocurate duplicates show ID`: why a pair was dropped, and what the two texts share.

Flows in: tables `duplicates` and `instruction_pairs` (scrubbed text). Flows out: lines for the terminal of the person
who asks; the overlap is the longest common subsequence, with … where either text says something else.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import LCSseq

from curation.dedup.rouge import f1
from curation.dedup.simhash import distance, simhash64
from curation.dedup.tokens import tokenize
from schemas.errors import ConfigError
from warehouse.tables import Shelf

GAP = "…"


def show_duplicate(root: Path, instance_id: str) -> Iterator[str]:
    """Say why a pair was dropped.

    Raises: ConfigError when the pair is no duplicate.
    """
    shelf = Shelf(root)
    rows = shelf.read("duplicates", None, pc.field("instance_id") == instance_id).to_pylist()
    if not rows:
        raise ConfigError("no duplicate of this id: look for one with `sonocurate sql 'SELECT * FROM duplicates'`")
    row = rows[0]
    yield f"dropped  {instance_id}"
    yield f"like     {row['duplicate_of']}"
    yield f"reason   {row['reason']}, score {row['score']:g}"
    ids = pa.array([instance_id, row["duplicate_of"]], pa.string())
    pairs = shelf.read("instruction_pairs", ["instance_id", "question", "answer"], pc.field("instance_id").isin(ids))
    texts = {pair["instance_id"]: f"{pair['question']}\n{pair['answer']}" for pair in pairs.to_pylist()}
    if len(texts) == len(set(ids.to_pylist())):
        yield from overlap(*(texts[row_id] for row_id in ids.to_pylist()))


def overlap(text: str, other: str) -> Iterator[str]:
    """Say what two texts share, in tokens, and what each has alone."""
    mine, theirs = tokenize(text), tokenize(other)
    blocks = [block for block in LCSseq.opcodes(mine, theirs) if block.tag == "equal"]
    common = sum(block.src_end - block.src_start for block in blocks)
    yield f"tokens   {len(mine)} and {len(theirs)}, {common} in common, in order"
    bits = distance(simhash64(text), simhash64(other))
    yield f"ROUGE-L  {f1(common, len(mine), len(theirs)):.4f}; Simhash distance {bits}"
    yield f"overlap  {_joined([mine[block.src_start : block.src_end] for block in blocks])}"
    yield f"dropped has alone  {_joined(_gaps(mine, [(b.src_start, b.src_end) for b in blocks]))}"
    yield f"kept has alone     {_joined(_gaps(theirs, [(b.dest_start, b.dest_end) for b in blocks]))}"


def _gaps(tokens: Sequence[str], shared: Sequence[tuple[int, int]]) -> list[Sequence[str]]:
    edges = [0, *(edge for span in shared for edge in span), len(tokens)]
    return [tokens[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True) if end > start]


def _joined(parts: Sequence[Sequence[str]]) -> str:
    return f" {GAP} ".join(" ".join(part) for part in parts) or "nothing"
