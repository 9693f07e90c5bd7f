"""How texts are cut before they are compared.

compat: at white space, as the published scorer does (which makes one token of a Chinese sentence).
strict: English by the tokenizers of sacreBLEU (13a) and rouge-score; Chinese is segmented into words first.
"""

import re
import unicodedata
from functools import lru_cache

import rjieba
from rouge_score.tokenize import tokenize
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"\w")
_13A = Tokenizer13a()


def is_chinese(text: str) -> bool:
    """Say whether a text holds a Han character."""
    return bool(_HAN.search(text))


@lru_cache(maxsize=65_536)
def segmented(text: str) -> tuple[str, ...]:
    """Cut a Chinese text into words; full-width characters become plain ones."""
    return tuple(word for word in rjieba.cut(unicodedata.normalize("NFKC", text)) if word.strip())


def bleu_tokens(text: str) -> list[str]:
    """Cut for BLEU; punctuation counts."""
    return list(segmented(text)) if is_chinese(text) else _13A(text).split()


def rouge_tokens(text: str) -> list[str]:
    """Cut for ROUGE, METEOR and CIDEr: lower case, no punctuation."""
    if not is_chinese(text):
        return list(tokenize(text, None))
    return [word.lower() for word in segmented(text) if _WORD.search(word)]


def white_space(text: str) -> list[str]:
    """Cut at white space."""
    return text.split()


def single_spaces(text: str) -> list[str]:
    """Cut at every single space, as the published ROUGE-L does: two spaces hold an empty token."""
    return text.split(" ")
