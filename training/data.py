"""Stream a release's rows into batches of a Qwen2-VL.

In: a release that was verified. Out: batches in a fixed order, from any step on, a share per rank; worker processes
read and decode. Memory: row groups of ``KEPT_BYTES`` (or two, where they are larger) per process, whatever the size
of the release.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from schemas.errors import ConfigError
from schemas.instruction import Tier
from schemas.training import Stage, Training
from training.conversation import Conversation, read_tokenizer
from training.model import IGNORED
from training.pictures import MERGE, decoded, patches, resized, shown
from training.rows import KEPT_BYTES, KEPT_GROUPS, Order, Rows, choose_rows
from training.spoken import Grounded, masks_of
from warehouse.export.source import Group, Source
from warehouse.published import verify_release

Batch = dict[str, Tensor]


def open_release(folder: Path, *, allow_demo: bool, verify: bool = True) -> Source:
    """Open a release for training. ``verify`` hashes every file of it.

    Raises: ConfigError when it is of tier demo and that was not allowed, was withdrawn, or is not intact.
    """
    source = Source(folder)
    if source.tier == Tier.DEMO and not allow_demo:
        raise ConfigError(
            f"release {source.name} is of tier demo: its texts are by a small model, for trying things out only; "
            "say --allow-demo to train on it all the same"
        )
    if verify:
        verify_release(folder)
    return source


@dataclass(frozen=True)
class Sample:
    """One row: ids, where its answer begins, the patches of its pictures and their grids, the masks it speaks of."""

    ids: list[int]
    answer_at: int
    patches: list[np.ndarray[Any, Any]]
    grids: list[tuple[int, int, int]]
    masks: list[np.ndarray[Any, Any]] = field(default_factory=list)


class Shelf:
    """Row groups of shards, the last ones kept: at most ``most`` bytes of them, but always ``KEPT_GROUPS``."""

    def __init__(self, source: Source, columns: Sequence[str] | None, most: int = KEPT_BYTES) -> None:
        self.source, self.columns, self.most = source, columns, most
        self._kept: OrderedDict[Group, pa.Table] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """Say how many bytes are kept."""
        return sum(int(table.nbytes) for table in self._kept.values())

    def group(self, group: Group) -> pa.Table:
        """Read a row group, or give the one that was kept."""
        table = self._kept.pop(group, None)
        if table is None:
            self._make_room()
            table = self.source.read(group, self.columns)
        self._kept[group] = table
        return table

    def _make_room(self) -> None:
        """Let the oldest go before another is read, which is taken to be as large as those that are kept."""
        while len(self._kept) >= KEPT_GROUPS and self.nbytes * (1 + 1 / len(self._kept)) > self.most:
            self._kept.popitem(last=False)


class Samples(Dataset[Sample]):
    """The chosen rows of a view, by number. ``cells``: cells of a mask per side of a patch; 0: no masks are drawn."""

    def __init__(self, source: Source, rows: Rows, conversation: Conversation, cells: int = 0) -> None:
        self.source, self.rows, self.conversation, self.cells = source, rows, conversation, cells
        self._images = Shelf(source, ["frame_id", "image"])
        self._texts = Shelf(source, None)

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, number: int) -> dict[str, Any]:
        """Read the columns of a row."""
        group, row = self.rows.at[number]
        table = self._texts.group(self.rows.groups[group])
        return dict(table.slice(int(row), 1).to_pylist()[0])

    def pictures(self, number: int) -> Iterator[np.ndarray[Any, Any]]:
        """Read the pictures of a row at the size they are shown. Shapes: uint8[height, width, 3].

        Raises: ChunkError when one cannot be decoded, ConfigError when its shard is damaged.
        """
        frames = self.rows.pictures
        for frame in self.rows.frames[self.rows.starts[number] : self.rows.starts[number + 1]]:
            group = int(np.searchsorted(frames.starts, frame, side="right")) - 1
            table, row = self._images.group(frames.groups[group]), int(frame - frames.starts[group])
            pixels = decoded(table["image"][row]["bytes"].as_py(), table["frame_id"][row].as_py())
            yield resized(pixels, (int(frames.width_px[frame]), int(frames.height_px[frame])))

    def __getitem__(self, number: int) -> Sample:
        cut = [patches(pixels) for pixels in self.pictures(number)]
        grids, row = [grid for _, grid in cut], self.row(number)
        ids, answer_at = self.conversation.of(row, [rows * columns // MERGE**2 for _, rows, columns in grids])
        return Sample(ids, answer_at, [some for some, _ in cut], grids, self.masks(row, grids[0]))

    def masks(self, row: dict[str, Any], grid: tuple[int, int, int]) -> list[np.ndarray[Any, Any]]:
        """Draw the masks of a grounded row by the decoder's cells: the share of every cell that is covered."""
        if not self.cells:
            return []
        size = (grid[2] * self.cells, grid[1] * self.cells)
        return [cv2.resize(one.astype(np.float32), size, interpolation=cv2.INTER_AREA) for one in masks_of(row)]


def collate(samples: Sequence[Sample], pad: int, image: int) -> Batch:
    """Put rows side by side, padded on the right.

    Shapes: int[batch, tokens] for ids, labels, mask and kinds (1: visual); uint8[patches, 3, 196]; int[pictures, 3];
    float[cells] for the masks, one behind the other.
    """
    longest = max(len(sample.ids) for sample in samples)
    ids = torch.full((len(samples), longest), pad)
    labels, mask = torch.full_like(ids, IGNORED), torch.zeros_like(ids)
    for row, sample in enumerate(samples):
        its = torch.tensor(sample.ids)
        ids[row, : len(its)], mask[row, : len(its)] = its, 1
        labels[row, sample.answer_at : len(its)] = its[sample.answer_at :]
    masks = [one.ravel() for sample in samples for one in sample.masks]
    return {
        "input_ids": ids,
        "labels": labels,
        "attention_mask": mask,
        "mm_token_type_ids": ((ids == image) & (mask == 1)).int(),
        "pixel_values": torch.from_numpy(np.concatenate([some for sample in samples for some in sample.patches])),
        "image_grid_thw": torch.tensor([grid for sample in samples for grid in sample.grids]),
        "masks": torch.from_numpy(np.concatenate([np.zeros(0, np.float32), *masks])),
    }


def batches(samples: Samples, order: Order, *, rank: int = 0, start: int = 0, workers: int = 0) -> Iterator[Batch]:
    """Give the batches of a rank from batch ``start`` on, without end.

    Raises: ConfigError when the rows fill no batch.
    """
    if not order.batches:
        raise ConfigError(f"{order.rows} rows do not fill a batch of {order.batch} for {order.ranks} processes")
    pad, image = samples.conversation.pad, samples.conversation.image
    return iter(
        DataLoader(
            samples,
            batch_sampler=_From(order, rank, start),  # type: ignore[arg-type]
            collate_fn=_Collate(pad, image),
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            worker_init_fn=_alone,
            generator=torch.Generator().manual_seed(0),  # else it draws from the generator of dropout
        )
    )


def moved(batch: Batch, device: torch.device | str) -> Batch:
    """Bring a batch to a device, its patches as the numbers that the encoder reads."""
    there = {name: value.to(device, non_blocking=True) for name, value in batch.items()}
    return there | {"pixel_values": shown(there["pixel_values"])}


def samples_of(source: Source, config: Training, stage: Stage) -> Samples:
    """Choose the rows that a stage trains on, and open them.

    Raises: ConfigError when the tokenizer is not that of a Qwen2-VL, or as ``choose_rows`` says.
    """
    tokenizer = read_tokenizer(config.model)
    grounded = stage is Stage.GROUNDED
    conversation = Grounded(tokenizer, config.mask.token) if grounded else Conversation(tokenizer)
    rows = choose_rows(source, stage.view, config.max_patches, config.max_tokens, conversation)
    return Samples(source, rows.first(config.max_rows), conversation, config.mask.upsample if grounded else 0)


class _From:
    """The numbers of the rows of every batch."""

    def __init__(self, order: Order, rank: int, start: int) -> None:
        self.order, self.rank, self.start = order, rank, start

    def __iter__(self) -> Iterator[list[int]]:
        return self.order.of_rank(self.rank, self.start)


class _Collate:
    def __init__(self, pad: int, image: int) -> None:
        self.pad, self.image = pad, image

    def __call__(self, samples: Sequence[Sample]) -> Batch:
        return collate(samples, self.pad, self.image)


def _alone(_worker: int) -> None:
    """Keep a worker to one core: there are as many workers as are wanted."""
    cv2.setNumThreads(1)
    pa.set_cpu_count(1)
