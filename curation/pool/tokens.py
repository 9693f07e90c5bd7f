"""How many tokens a request takes, estimated on the safe side before it is sent.

In: a ``Request``. Out: counts. No tokenizer of any model is here: ASCII text takes at most about a token per 3
characters or per word, other scripts about 1.5 per character (own choice, corrected at run time by what servers count).
"""

from curation.generate.request import Request

CHARS_PER_TOKEN = 3.0
TOKENS_PER_WIDE_CHAR = 1.5
TOKENS_PER_TURN = 8
TOKENS_PER_PICTURE = 256
#: What an answer whose length the request does not bound is expected to cost at most.
ANSWER_TOKENS = 1024


def text_tokens(text: str) -> float:
    """Estimate the tokens of a text."""
    narrow = len(text) if text.isascii() else sum(map(str.isascii, text))
    words = text.count(" ") + 1
    return max(narrow / CHARS_PER_TOKEN, words) + (len(text) - narrow) * TOKENS_PER_WIDE_CHAR


def tokens_in(request: Request) -> float:
    """Estimate what a request sends."""
    total = 0.0
    for message in request.messages:
        parts = (message.content,) if isinstance(message.content, str) else message.content
        total += TOKENS_PER_TURN + sum(text_tokens(part) for part in parts if isinstance(part, str))
    return total + TOKENS_PER_PICTURE * len(request.pictures)


def bound_out(request: Request) -> int | None:
    """Give what an answer may take at most; None where the request does not say."""
    given = (request.max_tokens, request.params.get("max_tokens"), request.params.get("max_completion_tokens"))
    bounds = [bound for bound in given if isinstance(bound, int) and bound > 0]
    return min(bounds) if bounds else None


def tokens_out(request: Request) -> int:
    """Give what an answer may take, for its price."""
    return bound_out(request) or ANSWER_TOKENS
