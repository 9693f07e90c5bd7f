"""What a model is asked about an item.

In: an item with its pictures. Out: a request of the pool: pictures first, then the prompt. Greedy unless not.
A prompt of U2-BENCH is a form whose fields are filled from the item; options and an output line are added where it has
none. Source: U2-BENCH prompt shape; Ultrasound-QBench prompts (ours, see the TOML).
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from benchmark.parse.location import CELLS
from benchmark.read.u2_tasks import PLACES, U2Task, task_of
from benchmark.records import Item, Suite
from curation.generate.request import Message, Picture, Request
from curation.pool.images import UnreadableImageError, check_picture

_FIELD = re.compile(r"\{\s*(anatomy(?:\\?_location)?|options|demographic|classification(?:\\?_task)?)\s*\}")
_ONLY = "Answer only with the exact text of the chosen option."
#: How many of the likeliest tokens are asked for: servers give at most 20.
TOP_LOGPROBS = 20


@cache
def qbench_prompts() -> Mapping[str, str]:
    """Read the prompts of Ultrasound-QBench."""
    text = (files("benchmark") / "ask" / "qbench_prompts.toml").read_text(encoding="utf-8")
    return {name: prompt.strip() for name, prompt in tomllib.loads(text).items()}


def prompt_of(item: Item, suite: Suite) -> str:
    """Write the prompt of an item."""
    form = item.prompt or (qbench_prompts().get(item.task, "") if suite is Suite.QBENCH else "")
    options = "; ".join(item.options)
    values = {"anatomy": item.anatomy.replace("|", ", ") or "body", "options": options}
    text = _FIELD.sub(lambda field: _value(field.group(1), values, item), form)
    if suite is not Suite.U2:
        return text
    task = task_of(item.task)
    if task in PLACES and not any(cell in text for cell in CELLS[:-1]):
        return f"{text}\noptions: {'; '.join(CELLS)}\n{_ONLY}"
    if task in (U2Task.DD, U2Task.VRA) and item.options and not all(option in text for option in item.options):
        return f"{text}\noptions: {options}\n{_ONLY}"
    return text


def _value(name: str, values: Mapping[str, str], item: Item) -> str:
    if name in values:
        return values[name]
    return values["anatomy"] if name.startswith("anatomy") else str(item.more.get(name.replace("\\", "")) or "")


def request_of(item: Item, suite: Suite, *, temperature: float, max_tokens: int, logprobs: bool) -> Request | None:
    """Make the request of an item; None where one of its pictures cannot be decoded."""
    pictures = [Picture(image) for image in item.images]
    try:
        for picture in pictures:
            check_picture(picture)
    except UnreadableImageError:
        return None
    text = prompt_of(item, suite)
    return Request(
        (Message("user", (*pictures, text) if pictures else text),),
        max_tokens,
        temperature,
        0,
        hashlib.sha256(text.encode()).hexdigest(),
        params={"logprobs": True, "top_logprobs": TOP_LOGPROBS} if logprobs else {},
        purpose=f"bench {suite.value}",
    )


def score_token(logprobs: str | None) -> dict[str, float] | None:
    """Find the place of an answer where it names a level of quality; give the likeliest tokens there.

    The first place whose likeliest token is high, medium or low; None where there is none.
    """
    places = json.loads(logprobs) if logprobs else []
    for place in places:
        first = max(place, key=place.get, default="")
        if first.strip("▁Ġ \n\t\"'*.").casefold() in ("high", "medium", "low", "高", "中", "低"):
            return dict(place)
    return None
