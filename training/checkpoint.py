"""Checkpoints of a run: what is trained, the optimiser, the schedule, the state of every random generator.

In: a run at a step. Out: ``checkpoints/step-NNNNNN/``, which appears whole by one rename. Frozen weights are not in it:
they are in the base.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from safetensors.torch import load_file, save_file
from torch import nn

from schemas.errors import ConfigError
from training.model import trained

STATE, WEIGHTS, RUN = "state.json", "trained.safetensors", "run.json"


def latest(out: Path) -> Path | None:
    """Find the newest checkpoint of a run."""
    found = sorted((out / "checkpoints").glob(f"step-*/{STATE}"))
    return found[-1].parent if found else None


def hold_back(accelerator: Accelerator) -> None:
    """Keep accelerate from writing and reading whole models: ``save`` and ``load`` do it with what is trained."""
    accelerator.register_save_state_pre_hook(lambda _models, weights, _folder: weights.clear())
    accelerator.register_load_state_pre_hook(lambda models, _folder: models.clear())


def save(accelerator: Accelerator, model: nn.Module, out: Path, step: int, keep: int) -> None:
    """Write a checkpoint, then let the oldest go."""
    folder = out / "checkpoints" / f"step-{step:06d}"
    aside = folder.with_name(f".{folder.name}.writing")
    if accelerator.is_main_process:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
    accelerator.wait_for_everyone()
    accelerator.save_state(str(aside))
    accelerator.wait_for_everyone()
    if not accelerator.is_main_process:
        return
    save_file({name: one.detach().cpu().contiguous() for name, one in trained(model)}, aside / WEIGHTS)
    (aside / STATE).write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    aside.replace(folder)
    for old in sorted((out / "checkpoints").glob("step-*"))[:-keep]:
        shutil.rmtree(old)


def load(accelerator: Accelerator, model: nn.Module, folder: Path) -> int:
    """Put a run back to where a checkpoint was written. Gives its step."""
    load_trained(model, folder)
    accelerator.load_state(str(folder))
    return step_of(folder)


def step_of(folder: Path) -> int:
    """Give the step of a checkpoint."""
    return int(json.loads((folder / STATE).read_text(encoding="utf-8"))["step"])


def load_trained(model: nn.Module, folder: Path) -> None:
    """Put the trained weights of a checkpoint into a model that was prepared for its stage.

    Raises: ConfigError when they do not fit.
    """
    found = load_file(folder / WEIGHTS)
    if found.keys() != {name for name, _ in trained(model)}:
        raise ConfigError(f"{folder}: the checkpoint is of another model or stage")
    model.load_state_dict(found, strict=False)


def begin(out: Path, run: Mapping[str, Any]) -> Path | None:
    """Start a run, or find the checkpoint that it goes on from.

    Raises: ConfigError when the folder holds a run with other settings.
    """
    path = out / RUN
    if path.exists():
        if read_run(out)["identity"] != run["identity"]:
            raise ConfigError(f"{out} holds a run with other settings, data or processes: choose another `out`")
        return latest(out)
    out.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".writing")
    aside.write_text(json.dumps(run, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(path)
    return None


def read_run(out: Path) -> dict[str, Any]:
    """Read what a run was started with.

    Raises: ConfigError.
    """
    try:
        return dict(json.loads((out / RUN).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise ConfigError(f"{out} is no run of `sonocurate train`: {RUN} cannot be read") from None
