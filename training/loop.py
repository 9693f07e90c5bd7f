"""Train a stage: read, step, log, save. Killed at any moment, the same call goes on from the last checkpoint.

In: settings (``Training``) and a verified release. Out: checkpoints, logs. accelerate places the work; started with
`accelerate launch` it runs on several devices, each with its share of the rows (data parallel; the model is not cut).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import AutocastKwargs, DistributedDataParallelKwargs, DistributedType, set_seed
from torch import Tensor, nn
from transformers import get_cosine_schedule_with_warmup

from schemas.errors import ConfigError
from schemas.training import Stage, Training
from training.checkpoint import begin, hash_base, hold_back, load, save
from training.conversation import read_tokenizer
from training.data import Batch, Samples, batches, moved, open_release, samples_of
from training.grounded import GroundedObjective
from training.journal import Journal
from training.model import base_of, prepare, read_config, read_model, sizes, trained
from training.rows import Order
from warehouse.export.source import Source

Tell = Callable[[str], None]
#: How the model may be spread: whole on every device.
WHOLE = {DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU}
#: Gradients lie in the buckets that processes exchange, else every device holds them twice; autocast forgets its copies
#: of weights at once, because a pass uses each but once.
LEAN = [DistributedDataParallelKwargs(gradient_as_bucket_view=True), AutocastKwargs(cache_enabled=False)]


class Objective(nn.Module):
    """The loss of stages I and II, as one module, so that it can be wrapped."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Give ``loss`` and its parts."""
        inputs = {name: value for name, value in batch.items() if name not in ("labels", "masks")}
        return base_of(self.model).losses(batch["labels"], inputs)[0]


@dataclass
class Run:
    """Everything that a step needs."""

    accelerator: Accelerator
    objective: nn.Module
    wrapped: nn.Module
    optimizer: Any
    schedule: Any
    stream: Iterator[Batch]
    config: Training

    def step(self) -> tuple[dict[str, float], list[list[int]]]:
        """Update the weights once. Gives figures, and tokens per layer and expert, over all processes."""
        config, accelerator = self.config, self.accelerator
        parts: list[dict[str, Tensor]] = []
        load: list[Tensor] = []
        tokens = torch.zeros((), device=accelerator.device)
        for number in range(config.accumulate):
            batch = moved(next(self.stream), accelerator.device)
            last = number == config.accumulate - 1
            with nullcontext() if last else accelerator.no_sync(self.wrapped):
                losses = self.wrapped(batch)
                parts.append({name: value.detach() for name, value in losses.items()})
                load += [torch.stack(found)] if (found := base_of(self.objective).load) else []
                accelerator.backward(losses["loss"] / config.accumulate)
            tokens += batch["attention_mask"].sum()
        norm = accelerator.clip_grad_norm_([one for _, one in trained(self.objective)], config.max_norm)
        self.optimizer.step()
        rate = self.schedule.get_last_lr()[0]
        self.schedule.step()
        self.optimizer.zero_grad()
        means = {name: torch.stack([part[name].float() for part in parts]).mean() for name in parts[0]}
        figures = {name: float(value) for name, value in accelerator.reduce(means, "mean").items()}
        counts = accelerator.reduce(torch.stack(load).sum(dim=0), "sum").tolist() if load else []
        figures |= {"learning_rate": rate, "norm": float(norm), "tokens": int(accelerator.reduce(tokens, "sum"))}
        return figures | _scalars(self.objective), counts


def _scalars(objective: nn.Module) -> dict[str, float]:
    """Give alpha and lambda, the mean over the layers."""
    blocks = base_of(objective).blocks()
    found = {"alpha": torch.stack([block.alpha.detach() for block in blocks]).mean().item()}
    if blocks[0].settings.shared:
        found["lambda"] = torch.stack([block.lambda_logit.detach() for block in blocks]).sigmoid().mean().item()
    return found


def train(config: Training, stage: Stage, folder: Path, *, allow_demo: bool, tell: Tell) -> Path:
    """Train a stage on the release in ``folder``, or go on with it. Gives the folder of the run.

    Raises: ConfigError before the first step for a release that must not be trained on, a base that is no Qwen2-VL,
    rows that fill no batch, or a folder that holds another run.
    """
    accelerator = Accelerator(mixed_precision=_precision(config), kwargs_handlers=LEAN)
    if accelerator.distributed_type not in WHOLE:
        raise ConfigError("this reference keeps the whole model on every device: start it without FSDP or DeepSpeed")
    read_config(config.model)
    source = open_release(folder, allow_demo=allow_demo, verify=accelerator.is_main_process)
    accelerator.wait_for_everyone()
    samples = samples_of(source, config, stage)
    order = Order(len(samples), config.batch, accelerator.num_processes, config.seed, samples.rows.block)
    steps = config.max_steps or max(1, config.epochs * order.batches // config.accumulate)
    tell(f"{len(samples)} rows of {source.name}/{stage.view}, {steps} steps{_left_out(samples)}")

    run = _prepared(config, stage, accelerator, steps, tell)
    found = _begun(config, _identified(config, stage, source, accelerator.num_processes), accelerator)
    done = load(accelerator, run.objective, found) if found else 0
    if done:
        tell(f"going on after step {done}")
    at = done * config.accumulate
    run.stream = batches(samples, order, rank=accelerator.process_index, start=at, workers=config.workers)
    _steps(run, done, steps, tell)
    accelerator.end_training()
    return config.out


def _prepared(config: Training, stage: Stage, accelerator: Accelerator, steps: int, tell: Tell) -> Run:
    """Build the objective, the optimiser and the schedule; every process starts with the same weights."""
    set_seed(config.seed)
    objective = objective_of(config, stage, tell)
    set_seed(config.seed, device_specific=True)
    optimizer = torch.optim.AdamW(
        [one for _, one in trained(objective)], lr=config.rate(stage), weight_decay=config.weight_decay
    )
    schedule = get_cosine_schedule_with_warmup(optimizer, round(config.warmup * steps), steps)
    wrapped, optimizer = accelerator.prepare(objective, optimizer)
    accelerator.register_for_checkpointing(schedule)
    hold_back(accelerator)
    return Run(accelerator, objective, wrapped, optimizer, schedule, iter(()), config)


def _begun(config: Training, run: dict[str, Any], accelerator: Accelerator) -> Path | None:
    """Let the main process write ``run.json``; every process finds the same checkpoint, or none."""
    if accelerator.is_main_process:
        begin(config.out, run)
    accelerator.wait_for_everyone()
    return begin(config.out, run)


def objective_of(config: Training, stage: Stage, tell: Tell) -> nn.Module:
    """Build what a stage trains.

    Raises: ConfigError.
    """
    dtype = torch.bfloat16 if _precision(config) == "bf16" else torch.float32  # of what is frozen
    model, drawn = read_model(config.model, config.experts, dtype=dtype)
    if config.checkpointing:
        model.activation_checkpointing_enable({"use_reentrant": False})
    tuned = prepare(model, stage, config.lora)
    total, trainable = sizes(tuned)
    tell(f"{total:,} parameters, {trainable:,} of them trained{'; experts drawn anew' if drawn else ''}")
    if stage is not Stage.GROUNDED:
        return Objective(tuned).train()
    mask_token = read_tokenizer(config.model).convert_tokens_to_ids(config.mask.token)
    return GroundedObjective(tuned, config.mask, mask_token).train()


def _steps(run: Run, done: int, steps: int, tell: Tell) -> None:
    config, main = run.config, run.accelerator.is_main_process
    journal = Journal(config.out, done) if main else None
    began = time.monotonic()
    for step in range(done + 1, steps + 1):
        figures, load_ = run.step()
        if step % config.log_every == 0 or step == steps:
            tell(f"step {step}/{steps}  loss {figures['loss']:.4f}  {(time.monotonic() - began) / (step - done):.2f} s")
            if journal:
                journal.add(step, figures, load_)
        if step % config.save_every == 0 or step == steps:
            save(run.accelerator, run.objective, config.out, step, config.keep)
    if journal:
        journal.close()


def _precision(config: Training) -> str:
    if config.precision != "auto":
        return config.precision
    fast = torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16" if fast else "no"


def _identified(config: Training, stage: Stage, source: Source, processes: int) -> dict[str, Any]:
    identity = {"stage": stage.value, "release": source.content_sha256, "base": hash_base(config.model)}
    return {
        "identity": identity | {"number of processes": processes, "set of settings": config.fingerprint()},
        "stage": stage.value,
        "release": source.name,
        "content_sha256": source.content_sha256,
        "config": config.model_dump(mode="json", by_alias=True),
    }


def _left_out(samples: Samples) -> str:
    found = samples.rows.left_out
    return "; left out: " + ", ".join(f"{count} {reason}" for reason, count in sorted(found.items())) if found else ""
