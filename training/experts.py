"""The dual-path block: the base's frozen FFN beside a shared expert and routing experts.

In: hidden states float[batch, tokens, hidden]. Out: the same shape,
``alpha FFN(x) + (1 - alpha) [lambda S(x) + sum over the top k of g_i(x) E_i(x)]``, g = softmax over the k selected
logits.
Source: EchoVLM section 3.2. The paper does not say where alpha and lambda start nor how lambda stays in [0, 1]: here
they are settings, and lambda is the sigmoid of a learned number.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from schemas.training import Experts


class Routed(NamedTuple):
    """What a router decided: float[tokens, experts], int[tokens, k], float[tokens, k]."""

    logits: Tensor
    chosen: Tensor
    gates: Tensor


class GatedMLP(nn.Module):
    """``down(silu(gate(x)) * up(x))``, the form of the base's FFN, of another width. Its weights are float32."""

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden, width, bias=False, dtype=torch.float32)
        self.up_proj = nn.Linear(hidden, width, bias=False, dtype=torch.float32)
        self.down_proj = nn.Linear(width, hidden, bias=False, dtype=torch.float32)

    def forward(self, x: Tensor) -> Tensor:
        """Shapes: float[..., hidden] -> float[..., hidden]."""
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class DualPath(nn.Module):
    """Takes the place of an FFN. The base's weights keep their names, so that a base's checkpoint loads as it is.

    What is added is float32, whatever the base is: a step of training is smaller than the spacing of bf16. A pass keeps
    nothing: while ``tell`` is set, the router's decision goes there. (Gradient checkpointing runs the pass again during
    the backward pass, when nobody listens any more.)
    """

    def __init__(self, ffn: nn.Module, experts: Experts, std: float) -> None:
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = ffn.gate_proj, ffn.up_proj, ffn.down_proj
        self.act_fn = ffn.act_fn
        hidden = self.gate_proj.in_features
        self.settings, self.std = experts, std
        self.alpha = nn.Parameter(torch.empty((), dtype=torch.float32))
        if experts.shared:
            self.shared = GatedMLP(hidden, experts.shared_width)
            self.lambda_logit = nn.Parameter(torch.empty((), dtype=torch.float32))
        if experts.count:
            self.router = nn.Linear(hidden, experts.count, bias=False, dtype=torch.float32)
            self.experts = nn.ModuleList(GatedMLP(hidden, experts.width) for _ in range(experts.count))
        self.tell: Callable[[Routed], None] | None = None
        self.reset()

    def reset(self) -> None:
        """Draw the added weights anew: normal with the base's spread; alpha and lambda as the settings say."""
        with torch.no_grad():
            for name, parameter in self.added():
                if name == "alpha":
                    parameter.fill_(self.settings.alpha)
                elif name == "lambda_logit":
                    parameter.fill_(math.log(self.settings.lambda_ / (1 - self.settings.lambda_)))
                else:
                    parameter.normal_(0.0, self.std)

    def added(self) -> list[tuple[str, nn.Parameter]]:
        """List what the block has beyond the base's FFN."""
        base = ("gate_proj.", "up_proj.", "down_proj.")
        return [(name, one) for name, one in self.named_parameters() if not name.startswith(base)]

    def forward(self, x: Tensor) -> Tensor:
        """Shapes: float[batch, tokens, hidden] -> float[batch, tokens, hidden]."""
        base = self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))
        wide = x.to(self.alpha.dtype)
        added = torch.zeros_like(wide)
        if self.settings.shared:
            added = added + torch.sigmoid(self.lambda_logit) * self.shared(wide)
        if self.settings.count:
            added = added + self._routed(wide.reshape(-1, x.shape[-1])).view_as(x)
        return (self.alpha * base + (1 - self.alpha) * added).to(x.dtype)

    def _routed(self, x: Tensor) -> Tensor:
        """Shapes: float[tokens, hidden] -> float[tokens, hidden]."""
        with torch.autocast(x.device.type, enabled=False):
            logits = functional.linear(x.float(), self.router.weight.float())
        chosen, gates = route(logits, self.settings.top_k)
        if self.tell:
            self.tell(Routed(logits, chosen, gates))
        out = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            token, place = (chosen == number).nonzero(as_tuple=True)
            part = expert(x[token]) * gates[token, place].unsqueeze(-1)  # no token: zero gradients, not none
            out = out.index_add(0, token, part.to(out.dtype))
        return out


def route(logits: Tensor, top_k: int) -> tuple[Tensor, Tensor]:
    """Choose experts by their logits; the gates of those chosen sum to 1.

    Shapes: float[tokens, experts] -> int[tokens, k], float[tokens, k].
    """
    best, chosen = logits.topk(top_k, dim=-1)
    return chosen, best.softmax(dim=-1)


def balance_of(logits: Tensor, chosen: Tensor, gates: Tensor) -> tuple[Tensor, Tensor]:
    """Compute ``sum_e F_e G_e`` and how many tokens each expert got.

    F_e is the share of tokens that are dispatched to expert e (they sum to k), G_e the mean over tokens of its gate, 0
    where it was not chosen. With k = 1 every gate is 1 and has no gradient: G_e is then the mean softmax over all
    experts.

    Shapes: float[tokens, experts], int[tokens, k], float[tokens, k] -> float[], int[experts].
    """
    counts = functional.one_hot(chosen, logits.shape[-1]).sum(dim=(0, 1))
    tokens = max(1, logits.shape[0])
    dense = logits.softmax(-1) if chosen.shape[-1] == 1 else torch.zeros_like(logits).scatter(1, chosen, gates)
    return (counts / tokens * dense.sum(dim=0) / tokens).sum(), counts
