"""Which rows of a release are trained on, and in which order.

In: a release's view (``VIEW_ROW``), its split train. Out: the places of the rows that fit, an order for every epoch.
Everything that can be refused is refused here, before the first step: a held-out patient, a frame that is not of the
split, a row that is too long. Memory: about 30 bytes per row and frame.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ConfigError
from training.budget import fitted, tokens_of
from warehouse.export.layout import RESERVED
from warehouse.export.source import Group, Source
from warehouse.published import SPLITS

TRAIN = "train"
#: Row groups of pictures that the rows of a block span. Blocks are shuffled, and rows inside of a block: pictures of
#: neighbours lie side by side, so that a row group is read about once per block, not once per row.
BLOCK_GROUPS = 8
#: What a process keeps of row groups in memory: so many bytes, but never fewer groups than a block may touch. A row
#: group of 64 pictures of 800 x 600 px has 10 to 70 MB.
KEPT_BYTES, KEPT_GROUPS = 128 << 20, 2
#: Tokens of the chat template around the texts (system prompt, roles, vision marks), with room to spare.
TEMPLATE_TOKENS = 128

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Frames:
    """The pictures of split train: their row groups, and their sizes as they are read."""

    groups: list[Group]
    #: First frame of every group, and the end.
    starts: Ints
    width_px: Ints
    height_px: Ints
    #: bool[frames]: whether the frame's own case is of split train.
    allowed: npt.NDArray[np.bool_]

    @property
    def group_bytes(self) -> float:
        """Say how large a row group is: pictures are stored as they are, so their shards are as large."""
        return sum(path.stat().st_size for path in {group.path for group in self.groups}) / len(self.groups)


@dataclass(frozen=True)
class Rows:
    """The rows that are trained on.

    ``at`` int[n, 2] has row group and row; the frames of row i are ``frames[starts[i]:starts[i + 1]]``.
    """

    view: str
    groups: list[Group]
    at: Ints
    starts: Ints
    frames: Ints
    pictures: Frames
    left_out: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.at)

    @property
    def block(self) -> int:
        """Say how many rows in turn name the pictures of ``BLOCK_GROUPS`` row groups, or of those that can be kept.

        A block begins anywhere in a row group, so that it touches one more than it fills.
        """
        per_group = len(self.pictures.width_px) / len(self.pictures.groups)
        groups = min(BLOCK_GROUPS, max(KEPT_GROUPS, int(0.9 * KEPT_BYTES / self.pictures.group_bytes)) - 1)
        return max(16, round(groups * per_group * len(self.at) / len(np.unique(self.frames))))

    def first(self, count: int | None) -> "Rows":
        """Keep the first rows only; None keeps all."""
        return self if count is None else replace(self, at=self.at[:count])


class Speech(Protocol):
    """How a row is told to the model."""

    def texts(self, row: Mapping[str, Any]) -> tuple[str, str] | None:
        """Give question and answer; None where there is no way to tell the row."""

    def count(self, row: Mapping[str, Any], visual: int) -> int:
        """Count the tokens of a row with ``visual`` visual tokens; asked for the few rows that may be too long."""


def choose_rows(source: Source, view: str, max_patches: int, max_tokens: int, speech: Speech) -> Rows:
    """Choose the rows of a view that fit.

    Raises: ConfigError when the release has no such rows, a row or a frame that it names is outside of split train, or
    a patient of split train is in another split too.
    """
    cases = _training_cases(source)
    ids, pictures = _frames(source, max_patches, cases)
    costs = tokens_of(pictures.width_px, pictures.height_px)
    groups = [group for group in source.groups(view, TRAIN) if group.rows]
    left_out: Counter[str] = Counter()
    at, lengths, frames = [], [], []
    for number, group in enumerate(groups):
        rows = source.read(group)
        _keep_out(source, rows, cases)
        its = _placed(source, rows["frame_ids"].combine_chunks(), ids, pictures)
        why = [
            _unfit(row, int(costs[some].sum()), max_tokens, speech)
            for row, some in zip(rows.to_pylist(), its, strict=True)
        ]
        left_out.update(reason for reason in why if reason)
        kept = [row for row, reason in enumerate(why) if reason is None]
        at.append(np.column_stack([np.full(len(kept), number), np.array(kept, np.int64)]))
        lengths.append(np.array([len(its[row]) for row in kept], np.int64))
        frames += [its[row] for row in kept]
    if not frames:
        raise ConfigError(f"release {source.name}: view {view} has no row to train on{_why(left_out)}")
    starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    return Rows(view, groups, np.concatenate(at), starts, np.concatenate(frames), pictures, left_out)


def _why(left_out: Counter[str]) -> str:
    return f" ({', '.join(f'{reason}: {count}' for reason, count in left_out.items())})" if left_out else ""


def _unfit(row: Mapping[str, Any], visual: int, max_tokens: int, speech: Speech) -> str | None:
    """Say why a row is left out: its text would be read as a command, it shows nothing, or it is too long.

    A byte-level tokenizer makes no more tokens than there are bytes: only rows beyond that are counted exactly.
    """
    if not row["frame_ids"]:
        return "no_image"
    if any(RESERVED.search(row[name] or "") for name in ("question", "answer")):
        return "reserved_text"
    texts = speech.texts(row)
    if texts is None:
        return "unfit_form"
    most = sum(len(text.encode()) for text in texts) + visual + TEMPLATE_TOKENS + 2 * len(row["frame_ids"])
    return "too_long" if most > max_tokens and speech.count(row, visual) > max_tokens else None


def _training_cases(source: Source) -> pa.Array:
    """List the cases of split train, after proof that none of their patients is in another split."""
    patients = {split: source.patients(split) for split in SPLITS}
    training = set(patients[TRAIN].values())
    for split in SPLITS:
        if split != TRAIN and training & set(patients[split].values()):
            raise ConfigError(
                f"release {source.name}: a patient is in train and in {split}: damaged, nothing is trained"
            )
    return pa.array(patients[TRAIN].keys(), pa.string())


def _keep_out(source: Source, rows: pa.Table, cases: pa.Array) -> None:
    if not pc.all(pc.is_in(rows["case_id"], cases)).as_py():
        raise ConfigError(f"release {source.name}: a row of train is of a case outside of train: nothing is trained")


def _frames(source: Source, max_patches: int, cases: pa.Array) -> tuple[pa.Array, Frames]:
    groups = [group for group in source.groups("images", TRAIN) if group.rows]
    tables = [source.read(group, ["frame_id", "case_id", "width_px", "height_px"]) for group in groups]
    if not tables:
        raise ConfigError(f"release {source.name} has no images in split train")
    table = pa.concat_tables(tables)
    width, height = (table[name].to_numpy().astype(np.int64) for name in ("width_px", "height_px"))
    width, height = fitted(width, height, max_patches)
    starts = np.concatenate([[0], np.cumsum([group.rows for group in groups])]).astype(np.int64)
    allowed = pc.is_in(table["case_id"], cases).to_numpy()
    return table["frame_id"].combine_chunks(), Frames(groups, starts, width, height, allowed)


def _placed(source: Source, lists: pa.ListArray, ids: pa.Array, pictures: Frames) -> list[Ints]:
    """Find the frames of every row of a row group; a frame says itself which case it is of."""
    found = pc.index_in(lists.flatten(), value_set=ids)
    if found.null_count:
        raise ConfigError(f"release {source.name}: a row of train names a frame outside of train: nothing is trained")
    places = found.to_numpy(zero_copy_only=False).astype(np.int64)
    if not pictures.allowed[places].all():
        raise ConfigError(f"release {source.name}: a row of train shows a case outside of train: nothing is trained")
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.split(places, np.cumsum(lengths)[:-1]) if len(lengths) else []


@dataclass(frozen=True)
class Order:
    """Which rows a rank reads at which step: the same for the same numbers, on every machine.

    An epoch is a shuffle; it is cut into one run of rows per rank, so that no row is read by two, and every rank has
    the same number of batches. The few rows at the end of an epoch that fill no batch wait for the next shuffle.
    """

    rows: int
    batch: int
    ranks: int = 1
    seed: int = 0
    block: int = 512

    @property
    def batches(self) -> int:
        """Batches of a rank in one epoch."""
        return self.rows // (self.batch * self.ranks)

    def epoch(self, number: int) -> Ints:
        """Shuffle blocks, and rows inside of blocks. Shapes: int[rows]."""
        rng = np.random.default_rng([self.seed, number])
        blocks = [np.arange(start, min(start + self.block, self.rows)) for start in range(0, self.rows, self.block)]
        return np.concatenate([rng.permutation(blocks[at]) for at in rng.permutation(len(blocks))])

    def of_rank(self, rank: int, start: int = 0) -> Iterator[list[int]]:
        """Give the batches of a rank from batch ``start`` on, without end."""
        epoch, at = divmod(start, self.batches)
        while True:
            first = rank * self.batches * self.batch
            rows = self.epoch(epoch)[first : first + self.batches * self.batch]
            for begin in range(at * self.batch, len(rows), self.batch):
                yield rows[begin : begin + self.batch].tolist()
            epoch, at = epoch + 1, 0
