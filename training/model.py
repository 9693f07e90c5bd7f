"""EchoVLM: a Qwen2-VL whose language model has a dual-path block in the place of every FFN, and what each stage trains.

In: a folder with a Qwen2-VL or an EchoVLM. Out: a model with ``generate()``, its added weights in float32.
Source: EchoVLM sections 3.2-3.4; the loss is cross-entropy + 0.001 x load balance, averaged over the layers (the paper
does not say how layers are put together).
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, Qwen2VLConfig, Qwen2VLForConditionalGeneration
from transformers import logging as transformers_logging
from transformers.conversion_mapping import (
    get_checkpoint_conversion_mapping,
    register_checkpoint_conversion_mapping,
)

from schemas.errors import ConfigError
from schemas.training import Experts, Lora, Stage
from training.experts import DualPath, Routed, balance_of

#: Labels that are not learned. Source: torch.nn.functional.cross_entropy, ignore_index.
IGNORED = -100
BASE = "qwen2_vl"
#: Where stage II puts adapters: vision encoder, projector (merger), attention of the language model.
ADAPTED = r".*(visual\.blocks\.\d+\.(attn\.(qkv|proj)|mlp\.fc[12])|visual\.merger\.mlp\.[02]|self_attn\.[qkvo]_proj)"
ADDED = re.compile(r"\.mlp\.(alpha|lambda_logit|shared\.|router\.|experts\.)")

# Published Qwen2-VL checkpoints name their weights as transformers 4 did; a class of our own must ask for that.
register_checkpoint_conversion_mapping(
    "EchoVLM", get_checkpoint_conversion_mapping("Qwen2VLForConditionalGeneration"), overwrite=True
)


class EchoVLM(Qwen2VLForConditionalGeneration):
    """Qwen2-VL with experts; ``config.experts`` holds the settings (``Experts``)."""

    #: What is added is read as it was written, whatever the base is read as.
    _keep_in_fp32_modules_strict = ("alpha", "lambda_logit", "shared", "router", "experts")

    def __init__(self, config: Qwen2VLConfig) -> None:
        super().__init__(config)
        self.experts = Experts.model_validate(config.experts)
        #: Tokens per expert of every layer in the last batch.
        self.load: list[Tensor] = []
        std = config.text_config.initializer_range
        for layer in self.model.language_model.layers:
            layer.mlp = DualPath(layer.mlp, self.experts, std)

    def blocks(self) -> list[DualPath]:
        """List the dual-path blocks from the first layer to the last."""
        return [layer.mlp for layer in self.model.language_model.layers]

    @contextmanager
    def listening(self) -> Iterator[list[Routed]]:
        """Give a list that gets what the router of every layer decides, for the time of the block."""
        heard: list[Routed] = []
        for block in self.blocks():
            block.tell = heard.append
        try:
            yield heard
        finally:
            for block in self.blocks():
                block.tell = None

    def losses(self, labels: Tensor, inputs: dict[str, Any]) -> tuple[dict[str, Tensor], Any]:
        """Compute ``loss``, ``text`` (mean cross-entropy of labelled tokens), ``balance``; give the model's output too.

        Logits are made for labelled tokens only: of a full batch they would be the largest thing in memory.
        """
        with self.listening() as heard:
            output = self.model(**inputs, use_cache=False)
        learned = labels[:, 1:] != IGNORED
        logits = self.lm_head(output.last_hidden_state[:, :-1][learned]).float()
        text = functional.cross_entropy(logits, labels[:, 1:][learned])
        real = inputs["attention_mask"].reshape(-1).bool()
        found = [balance_of(*(part[real] for part in routed)) for routed in heard]
        balance = torch.stack([loss for loss, _ in found]).mean() if found else torch.zeros_like(text)
        self.load = [counts for _, counts in found]
        return {"loss": text + self.experts.balance * balance, "text": text, "balance": balance}, output


def read_model(folder: Path, experts: Experts, *, dtype: torch.dtype = torch.float32) -> tuple[EchoVLM, bool]:
    """Read a base, whose experts are drawn anew, or an EchoVLM. Says whether experts were drawn.

    Raises: ConfigError when the folder holds no Qwen2-VL, or an EchoVLM with other experts.
    """
    config = read_config(folder)
    wanted = experts.model_dump(mode="json", by_alias=True)
    known = getattr(config, "experts", None)
    if known is not None and _shape(Experts.model_validate(known)) != _shape(experts):
        raise ConfigError(f"{folder} has other experts than [experts]: give the same, or a base without experts")
    config.experts = wanted
    transformers_logging.set_verbosity_error()  # its report of missing weights is judged below
    transformers_logging.disable_progress_bar()
    try:
        model, found = EchoVLM.from_pretrained(
            folder, config=config, dtype=dtype, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ConfigError(
            f"{folder}: the weights cannot be read ({type(error).__name__}): is the copy whole?"
        ) from None
    lacking = [name for name in found["missing_keys"] if known is not None or not ADDED.search(name)]
    if lacking:
        raise ConfigError(f"{folder}: {len(lacking)} weights of the model are not there, {min(lacking)} for one")
    if known is None:
        for block in model.blocks():
            block.reset()
    return model, known is None


def read_config(folder: Path) -> Qwen2VLConfig:
    """Read the config of a model.

    Raises: ConfigError when there is none, or it is not that of a Qwen2-VL.
    """
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"{folder}: no readable config.json of a model") from None
    if config.model_type != BASE:
        raise ConfigError(f"{folder}: a base must be a Qwen2-VL ({BASE}), this is {config.model_type}")
    return config


def _shape(experts: Experts) -> dict[str, Any]:
    return experts.model_dump(exclude={"alpha", "lambda_", "balance"})


def prepare(model: EchoVLM, stage: Stage, lora: Lora) -> nn.Module:
    """Freeze what the stage does not train; put adapters on what stage II tunes.

    Stage I trains the added weights alone; stage II and the grounded stage train them and adapters.
    """
    model.requires_grad_(False)
    tuned: nn.Module = model
    if stage is not Stage.ONE:
        config = LoraConfig(r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=ADAPTED)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by a name that it will drop in v6
            tuned = get_peft_model(model, config)
    for name, parameter in tuned.named_parameters():
        if ADDED.search(name) or "lora_" in name:
            parameter.requires_grad_(True)
            parameter.data = parameter.data.float()
    return tuned


def base_of(model: nn.Module) -> EchoVLM:
    """Find the EchoVLM inside adapters or wrappers."""
    return next(one for one in model.modules() if isinstance(one, EchoVLM))


def trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """List what a stage trains."""
    return ((name, one) for name, one in model.named_parameters() if one.requires_grad)


def sizes(model: nn.Module) -> tuple[int, int]:
    """Count all parameters, and those that are trained."""
    return sum(one.numel() for one in model.parameters()), sum(one.numel() for _, one in trained(model))
