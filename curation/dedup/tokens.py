"""Tokens of the rule: lower-case runs of [a-z0-9]; every Han character is a token of its own.

Equal to rouge-score's default tokenizer (no stemmer) on ASCII text; rouge-score gives no token for Chinese at all.
"""

import re

#: Changes whenever the same text would get other tokens; kept pools record it.
TOKENIZER_VERSION = 1
_TOKEN = re.compile(r"[a-z0-9]+|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


def tokenize(text: str) -> list[str]:
    """Split a text into tokens."""
    return _TOKEN.findall(text.lower())
