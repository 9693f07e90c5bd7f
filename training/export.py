"""Turn a run into a model's folder: adapters merged, safetensors, config, tokenizer, and where it comes from.

In: the folder of a run. Out: a folder that `sonocurate train` takes as `model`, that ``EchoVLM.from_pretrained`` loads,
and beside it ``training.json``. A run of the grounded stage also gives ``mask_decoder.safetensors`` and its settings,
which ``training.outline`` reads.
"""

import json
import shutil
from pathlib import Path

from peft import PeftModel
from safetensors.torch import save_file
from transformers import AutoTokenizer, Qwen2VLImageProcessor

from schemas.endpoint import PATCH_PX
from schemas.errors import ConfigError
from schemas.training import Stage, Training
from training.budget import MIN_PATCHES
from training.checkpoint import hash_base, latest, load_trained, read_run, step_of
from training.loop import objective_of
from training.model import base_of
from training.outline import DECODER, SETTINGS

ORIGIN = "training.json"


def export_run(run: Path, out: Path) -> dict[str, int]:
    """Write the newest checkpoint of a run as a model. Gives its step and its size in bytes.

    Raises: ConfigError when the run has no checkpoint, its base is gone or another, or the folder holds files.
    """
    facts, found = read_run(run), latest(run)
    if found is None:
        raise ConfigError(f"{run} has no checkpoint yet")
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"{out} holds files already: choose a new folder")
    config, stage = Training.model_validate(facts["config"]), Stage(facts["stage"])
    objective = objective_of(config, stage, lambda _line: None)
    if hash_base(config.model) != facts["identity"].get("base"):
        raise ConfigError(f"{config.model} is not the base that {run} was started with")
    load_trained(objective, found)
    aside = out.with_name(f".{out.name}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    tuned = objective.model
    model = tuned.merge_and_unload() if isinstance(tuned, PeftModel) else base_of(tuned)
    model.save_pretrained(aside)
    AutoTokenizer.from_pretrained(config.model, local_files_only=True).save_pretrained(aside)
    size = {"shortest_edge": MIN_PATCHES * PATCH_PX**2, "longest_edge": config.max_patches * PATCH_PX**2}
    Qwen2VLImageProcessor(size=size).save_pretrained(aside)
    if stage is Stage.GROUNDED:
        decoder = {name: one.contiguous() for name, one in objective.decoder.state_dict().items()}
        save_file(decoder, aside / DECODER)
        (aside / SETTINGS).write_text(config.mask.model_dump_json(indent=2) + "\n", encoding="utf-8")
    step = step_of(found)
    origin = {name: facts[name] for name in ("stage", "release", "content_sha256")} | {"step": step}
    (aside / ORIGIN).write_text(json.dumps(origin, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists():
        out.rmdir()
    aside.rename(out)
    return {"step": step, "bytes": sum(path.stat().st_size for path in out.iterdir())}
