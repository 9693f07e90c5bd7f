"""Small variation language of the sample hospital's data files.

In: a text with ``[[a~b]]`` (a number between a and b, with the decimals of a) or ``[[x|y|z]]`` (one of the words).
Out: the text with everything chosen.
"""

import re
from random import Random

_CHOICE = re.compile(r"\[\[([^\[\]]+)\]\]")


def vary(text: str, rng: Random) -> str:
    """Choose every number and word of a text."""

    def choose(match: re.Match[str]) -> str:
        inside = str(match.group(1))
        if "~" not in inside:
            return rng.choice(inside.split("|"))
        low, high = inside.split("~")
        decimals = len(low.partition(".")[2])
        scale = 10**decimals
        drawn = rng.randint(round(float(low) * scale), round(float(high) * scale))
        return f"{drawn / scale:.{decimals}f}"

    return _CHOICE.sub(choose, text)
