"""What a run writes beside its weights: CSV files, and the same for TensorBoard.

In: figures per step, tokens per layer and expert. Out: ``log.csv``, ``router.csv`` (EchoVLM, Figure 8: the load of
every expert), ``tensorboard/``. A run that goes on from a checkpoint first forgets the lines behind it.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

LOG, ROUTER = "log.csv", "router.csv"
ROUTER_COLUMNS = ("step", "layer", "expert", "tokens", "share")


class Journal:
    """The log of one run, from ``step`` on."""

    def __init__(self, folder: Path, step: int) -> None:
        self.folder = folder
        for name in (LOG, ROUTER):
            forget(folder / name, step)
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def add(self, step: int, figures: Mapping[str, float], load: Sequence[Sequence[int]]) -> None:
        """Write the figures of a step; ``load`` has tokens per layer and expert."""
        shares = [[tokens / max(1, sum(layer)) for tokens in layer] for layer in load]
        mean = (
            {f"load_{expert}": sum(layer[expert] for layer in shares) / len(shares) for expert in range(len(shares[0]))}
            if shares
            else {}
        )
        _append(self.folder / LOG, ("step", *figures, *mean), [(step, *figures.values(), *mean.values())])
        rows = [
            (step, layer, expert, tokens, shares[layer][expert])
            for layer, its in enumerate(load)
            for expert, tokens in enumerate(its)
        ]
        _append(self.folder / ROUTER, ROUTER_COLUMNS, rows)
        for name, value in figures.items():
            self._board.add_scalar(name, value, step)
        for _, layer, expert, _, share in rows:
            self._board.add_scalar(f"router/layer_{layer:02d}/expert_{expert}", share, step)

    def close(self) -> None:
        """Write out what TensorBoard still holds."""
        self._board.close()


def forget(path: Path, step: int) -> None:
    """Keep the lines of a CSV file up to a step; a line that a kill cut in two goes too."""
    if not path.exists():
        return
    head, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True) or [""]
    width = head.count(",")
    whole = [line for line in lines if line.endswith("\n") and line.count(",") == width]
    kept = [line for line in whole if int(line.partition(",")[0]) <= step]
    aside = path.with_suffix(".writing")
    aside.write_text("".join([head, *kept]) if kept else "", encoding="utf-8")
    aside.replace(path)


def _append(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if not rows:
        return
    fresh = not path.exists() or not path.stat().st_size
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([columns, *rows] if fresh else rows)
