"""BERTScore, where its weights are on this machine.

In: texts and a folder with a model. Out: one figure in percent (F1), or a note that says what is missing. Nothing is
downloaded. Source: Zhang 2020; U2-BENCH uses bert-base-multilingual-cased, whose 9th layer bert-score reads.
"""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmark.metrics.columns import Figure, mean_of

#: Layer of bert-base-multilingual-cased by bert-score's own table.
LAYER = 9


def bert_figure(answers: Sequence[str], gold: Sequence[str], model: Path | None) -> Figure | str:
    """Make the figure, or say why there is none."""
    if model is None:
        return "BERTScore skipped: name a folder with the weights of bert-base-multilingual-cased by --bertscore"
    if not (model / "config.json").is_file():
        return f"BERTScore skipped: {model} holds no model (config.json)"
    if find_spec("bert_score") is None:
        return "BERTScore skipped: install the extra `bertscore`"
    score = import_module("bert_score").score
    _, _, f1 = score(list(answers), list(gold), model_type=str(model), num_layers=LAYER, verbose=False)
    return mean_of("BERTScore", np.asarray(f1.tolist(), dtype=np.float64), scale=100.0)
