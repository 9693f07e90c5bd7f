"""The grounded head: a light mask decoder by dynamic convolution, and the loss of the grounded stage.

In: the hidden state of every mask token, the vision encoder's features of its picture. Out: logits of its mask.
The hidden state makes the kernels and biases of a few 1x1 convolutions, which are run over the features.
Source: UMind-VL (dynamic-convolution mask decoder; its sizes are unpublished, these are ours); dice: Milletari 2016.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from schemas.training import MaskDecoder as Settings
from training.data import Batch
from training.model import base_of
from training.pictures import MERGE


class MaskDecoder(nn.Module):
    """Makes masks of ``upsample`` cells per side of a patch of 14 px."""

    def __init__(self, hidden: int, vision: int, settings: Settings) -> None:
        super().__init__()
        self.upsample, channels = settings.upsample, settings.channels
        self.norm, self.lift = nn.LayerNorm(vision), nn.Linear(vision, channels * settings.upsample**2)
        self.shapes = [(channels, channels + 2), *[(channels, channels)] * (settings.layers - 2), (1, channels)]
        self.shapes = self.shapes if settings.layers > 1 else [(1, channels + 2)]
        numbers = sum(out * (into + 1) for out, into in self.shapes)
        self.kernels = nn.Sequential(
            nn.LayerNorm(hidden), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, numbers)
        )

    def features(self, seen: Tensor, grid: Sequence[int]) -> Tensor:
        """Lay the features of a picture out as it lies, with coordinates from -1 to 1 as two more channels.

        Shapes: float[patches, vision], grid (1, rows, columns) -> float[channels + 2, rows * up, columns * up].
        """
        (_, rows, columns), up = grid, self.upsample
        cells = self.lift(self.norm(seen.float())).view(rows // MERGE, columns // MERGE, MERGE, MERGE, -1, up, up)
        laid = cells.permute(4, 0, 2, 5, 1, 3, 6).reshape(-1, rows * up, columns * up)
        y, x = (torch.linspace(-1, 1, side * up, device=seen.device) for side in (rows, columns))
        return torch.cat([laid, y[None, :, None].expand(1, -1, columns * up), x[None, None].expand(1, rows * up, -1)])

    def forward(self, states: Tensor, features: Sequence[Tensor]) -> list[Tensor]:
        """Make a mask for every token.

        Shapes: float[masks, hidden], features of its picture -> float[height, width].
        """
        found = []
        for numbers, laid in zip(self.kernels(states.float()), features, strict=True):
            x, at = laid.flatten(1), 0
            for layer, (out, into) in enumerate(self.shapes):
                weight, bias = numbers[at : at + out * into].view(out, into), numbers[at + out * into :][:out]
                x = weight @ (x if layer == 0 else functional.relu(x)) / into**0.5 + bias[:, None]
                at += out * (into + 1)
            found.append(x.view(laid.shape[1:]))
        return found


def mask_loss(logits: Sequence[Tensor], targets: Sequence[Tensor]) -> Tensor:
    """Compute dice + cross-entropy, the mean over the masks. Targets are shares of a cell that the object covers."""
    losses = []
    for logit, target in zip(logits, targets, strict=True):
        p = logit.sigmoid()
        dice = 1 - (2 * (p * target).sum() + 1) / (p.sum() + target.sum() + 1)
        losses.append(dice + functional.binary_cross_entropy_with_logits(logit, target))
    return torch.stack(losses).mean()


class GroundedObjective(nn.Module):
    """The loss of the grounded stage: text, balance and masks."""

    def __init__(self, model: nn.Module, settings: Settings, mask_token: int) -> None:
        super().__init__()
        config = base_of(model).config
        self.model, self.weight, self.mask_token = model, settings.weight, mask_token
        self.decoder = MaskDecoder(config.text_config.hidden_size, config.vision_config.embed_dim, settings)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Give ``loss`` and its parts."""
        inputs = {name: value for name, value in batch.items() if name not in ("labels", "masks")}
        losses, output = base_of(self.model).losses(batch["labels"], inputs)
        states, features = self.asked(batch, output.last_hidden_state, output.image_outputs.last_hidden_state)
        if features:
            logits = self.decoder(states, features)
            sizes = [logit.numel() for logit in logits]
            targets = [one.view_as(logit) for one, logit in zip(batch["masks"].split(sizes), logits, strict=True)]
            mask = mask_loss(logits, targets)
        else:  # every process must have a gradient for every weight
            mask = sum(one.sum() for one in self.decoder.parameters()) * 0.0
        return losses | {"loss": losses["loss"] + self.weight * mask, "mask": mask}

    def asked(self, batch: Batch, states: Tensor, seen: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Find the mask tokens: their hidden states, and the features of the picture of their row (it has one)."""
        rows, at = (batch["input_ids"] == self.mask_token).nonzero(as_tuple=True)
        grids = batch["image_grid_thw"].tolist()
        pictures = seen.split([rows_ * columns for _, rows_, columns in grids])
        laid = {row: self.decoder.features(pictures[row], grids[row]) for row in set(rows.tolist())}
        return states[rows, at], [laid[row] for row in rows.tolist()]


def predicted(objective: GroundedObjective, batch: Batch, sizes: Sequence[tuple[int, int]]) -> list[Tensor]:
    """Give the masks of a batch at the size of their frames. ``sizes``: (height, width) px per mask.

    Shapes: bool[height, width].
    """
    base = base_of(objective.model)
    inputs = {name: value for name, value in batch.items() if name not in ("labels", "masks")}
    with torch.inference_mode():
        output = base.model(**inputs, use_cache=False)
        states, features = objective.asked(batch, output.last_hidden_state, output.image_outputs.last_hidden_state)
        logits = objective.decoder(states, features) if features else []
        return [
            functional.interpolate(one[None, None], size=size, mode="bilinear", align_corners=False)[0, 0] > 0
            for one, size in zip(logits, sizes, strict=True)
        ]
