"""From a TOML to a run.

Flows in: a path, a stage. Flows out: lines, a folder of checkpoints and logs.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from flows.benchmark.score import word_of
from flows.masks.cli import DEFAULT_CONFIG
from schemas.errors import ConfigError
from schemas.load import load_training, root_of
from schemas.training import Stage
from training.loop import train
from training.tiny import write_tiny
from warehouse.export.source import Source
from warehouse.lock import held
from warehouse.published import find_release

#: Rows of a view whose words a tiny tokenizer learns.
ROWS = 2000


def run_stage(path: Path, stage: str, *, allow_demo: bool, tell: Callable[[str], None]) -> None:
    """Train a stage, or go on with it.

    Raises: ConfigError before the first step, when the run cannot be what it should be, or another process trains it.
    """
    chosen, config = word_of(Stage, stage, "--stage"), load_training(path)
    folder = find_release(config.root, config.release)
    first = os.environ.get("RANK", "0") == "0"
    config.out.mkdir(parents=True, exist_ok=True)
    with held(config.out / (".lock" if first else f".lock-{os.environ['RANK']}")) as ours:
        if not ours:
            raise ConfigError(f"another process trains {config.out}")
        out = train(config, chosen, folder, allow_demo=allow_demo, tell=tell if first else lambda _line: None)
    if first:
        out = out.relative_to(Path.cwd()) if out.is_relative_to(Path.cwd()) else out
        tell(f"done: {out}; `sonocurate train export {out} OUT_DIR` writes the model")


def tiny_base(out: Path, release: str, root: Path | None) -> str:
    """Write a tiny base whose tokenizer learns the words of a release's split train.

    Raises: ConfigError.
    """
    source = Source(find_release(root_of(DEFAULT_CONFIG, root), release))
    texts: list[str] = []
    for view in ("stage1", "stage2"):
        for path in source.shards(view, "train")[:1]:
            rows = pq.read_table(path, columns=["question", "answer"]).slice(0, ROWS)
            texts += [text for row in rows.to_pylist() for text in row.values() if text]
    write_tiny(out, texts, hidden=128)
    return f"wrote {out}: a random Qwen2-VL of {sum(path.stat().st_size for path in out.iterdir()) / 1e6:.1f} MB"
