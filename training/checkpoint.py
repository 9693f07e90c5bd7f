"""Checkpoints of a run: what is trained, the optimiser, the schedule, the state of every random generator.

In: a run at a step. Out: ``checkpoints/step-NNNNNN/``, which appears whole by one rename. Frozen weights are not in it:
they are in the base, whose content is part of what a run is.
"""

import hashlib
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
#: Files of a base: config, weights, tokenizer.
OF_BASE = {".json", ".safetensors", ".txt", ".jinja"}


def written(out: Path) -> list[Path]:
    """List the checkpoints of a run, the oldest first."""
    found = (path.parent for path in (out / "checkpoints").glob(f"step-*/{STATE}"))
    return sorted(found, key=lambda folder: int(folder.name.removeprefix("step-")))


def latest(out: Path) -> Path | None:
    """Find the newest checkpoint of a run."""
    found = written(out)
    return found[-1] if found else None


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
    for old in written(out)[:-keep]:
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

    Raises: ConfigError when the folder holds a run with another identity.
    """
    path = out / RUN
    if path.exists():
        before, ours = read_run(out)["identity"], run["identity"]
        if other := [name for name in ours if before.get(name) != ours[name]]:
            raise ConfigError(f"{out} holds a run with another {' and '.join(other)}: choose another `out`")
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
        run = dict(json.loads((out / RUN).read_text(encoding="utf-8")))
        return run | {"identity": dict(run["identity"])}
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"{out} is no run of `sonocurate train`: {RUN} cannot be read") from None


def hash_base(folder: Path) -> str:
    """Hash the files of a base: sha256 over their names and contents, in hex."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.suffix in OF_BASE):
        with path.open("rb") as file:
            found.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return found.hexdigest()
