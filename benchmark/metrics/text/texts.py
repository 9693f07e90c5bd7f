"""All figures of free text of one group of items.

In: answers and gold, the mode, and what is there of WordNet and BERT weights. Out: figures and notes on what was
skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.metrics.columns import Figure, mean_of
from benchmark.metrics.text.bert import bert_figure
from benchmark.metrics.text.bleu import bleu_figures
from benchmark.metrics.text.cider import cider_figure
from benchmark.metrics.text.cut import cut_all
from benchmark.metrics.text.meteor import meteor_figure
from benchmark.metrics.text.ngrams import Grams
from benchmark.metrics.text.rouge import rouge_figures, rouge_l
from benchmark.metrics.text.tokens import bleu_tokens, rouge_tokens, single_spaces, white_space
from benchmark.records import Mode

NO_WORDNET = "METEOR skipped: name a folder with WordNet's database by --wordnet (Debian: package wordnet-base)"


@dataclass(frozen=True, slots=True)
class TextTools:
    """What some figures need: an open WordNet, a folder with BERT weights, processes to cut texts with."""

    wordnet: Any = None
    bert: Path | None = None
    workers: int = 1


def text_figures(
    answers: Sequence[str], gold: Sequence[str], mode: Mode, tools: TextTools
) -> tuple[list[Figure], list[str]]:
    """Make BLEU-1 to 4, ROUGE, METEOR, CIDEr and BERTScore; compat cuts at white space."""
    if mode is Mode.COMPAT:
        own, true = (cut_all(texts, white_space) for texts in (answers, gold))
        spaced, true_spaced = (cut_all(texts, single_spaces) for texts in (answers, gold))
        figures = [*bleu_figures(Grams(own, true), mode), mean_of("ROUGEL", rouge_l(spaced, true_spaced), scale=100.0)]
        others = [f for f in rouge_figures(Grams(own, true), own, true) if f.name != "ROUGEL"]
        figures += others
    else:
        own, true = (cut_all(texts, bleu_tokens, tools.workers) for texts in (answers, gold))
        figures = bleu_figures(Grams(own, true), mode)
        own, true = (cut_all(texts, rouge_tokens, tools.workers) for texts in (answers, gold))
        figures += rouge_figures(Grams(own, true), own, true)
    figures.append(cider_figure(Grams(own, true)))
    notes = []
    if tools.wordnet is None:
        notes.append(NO_WORDNET)
    else:
        figures.append(meteor_figure(own, true, tools.wordnet))
    bert = bert_figure(answers, gold, tools.bert)
    notes += [bert] if isinstance(bert, str) else []
    return [*figures, *([] if isinstance(bert, str) else [bert])], notes
