r"""Which of many patterns can match a text at all, told in one linear pass; the patterns themselves decide.

In: regular expressions as ``re`` writes them. Out: numbers of those that may match; none that does is missing.
Each pattern is loosened to what RE2 knows (no looking around, no counting), which matches wherever the pattern does.
Source: google-re2 ``Set`` (many patterns as one automaton). It gives up silently when its memory is full: a mark at the
end of each text must be found too, else all patterns of the set are tried.
"""

import re
from collections.abc import Sequence

import re2  # type: ignore[import-untyped,unused-ignore]

#: Patterns of one automaton: many make it grow, few make many passes.
_TOGETHER = 6
_MEMORY = 64 << 20
_MARK = "\x02\x03"
_UNIT = re.compile(
    r"\\x\{\w+\}|\\.|\[(?:\\.|[^\]\\])+\]|\(\?<?[=!]|\(\?P=\w+\)|\(\?P<\w+>|\(\?[a-z]*:|[*+?]\??|\{\d+(?:,\d*)?\}\??|.",
    re.S,
)
_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")
_FEW = 4


class Sieve:
    """Patterns, each with whether small and capital letters are the same to it."""

    def __init__(self, patterns: Sequence[tuple[str, bool]]) -> None:
        self._sets: list[tuple[range, re2.Set]] = []
        for start in range(0, len(patterns), _TOGETHER):
            numbers = range(start, min(start + _TOGETHER, len(patterns)))
            self._sets.append((numbers, _compiled([patterns[number] for number in numbers])))

    def candidates(self, text: str) -> list[int]:
        """Number the patterns that may match somewhere in a text, in order."""
        try:
            content = f"{text}\n{_MARK}".encode()
        except UnicodeEncodeError:  # lone surrogates are no text to RE2
            return [number for numbers, _ in self._sets for number in numbers]
        out: list[int] = []
        for numbers, patterns in self._sets:
            found = sorted(patterns.Match(content) or ())
            whole = bool(found) and found[-1] == len(numbers)
            out += [numbers[at] for at in found[:-1]] if whole else numbers
        return out


def _compiled(patterns: Sequence[tuple[str, bool]]) -> "re2.Set":
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    together = re2.Set.SearchSet(options)
    for pattern, ignore_case in patterns:
        together.Add(("(?im)" if ignore_case else "(?m)") + loosened(pattern))
    together.Add(_MARK)
    together.Compile()
    return together


def loosened(pattern: str) -> str:
    """Rewrite a pattern for RE2 so that it matches at least wherever the original does."""
    units = _UNIT.findall(re.sub(r"\\u([0-9a-fA-F]{4})", r"\\x{\1}", pattern))
    return "".join(_without_looks(units))


def _without_looks(units: Sequence[str]) -> list[str]:
    """Drop looks around; what is looked for at the very ends of a branch becomes part of it."""
    closing = _closings(units)
    out: list[str] = []
    fresh = [True]  # for each open group: does nothing stand before this place in the match?
    began = [True]
    at = 0
    while at < len(units):
        unit, end = units[at], closing.get(at, at)
        if unit in _LOOKS:
            if (unit == "(?<=" and fresh[-1]) or (unit == "(?=" and _ends_match(units, closing, end)):
                out += ["(?:", *_without_looks(units[at + 1 : end]), ")"]
                fresh[-1] = fresh[-1] and unit == "(?="
                if unit == "(?=":
                    at = _last_look(units, closing, end)
                    continue
            at = end + 1
            continue
        if unit.startswith("(") and at in closing:
            began.append(fresh[-1])
            fresh.append(fresh[-1])
        elif unit == ")":
            fresh.pop()
            began.pop()
            fresh[-1] = False
        elif unit == "|":
            fresh[-1] = began[-1]
        elif unit not in ("^", r"\b"):
            fresh[-1] = False
        out.append(_plain(unit))
        at += 1
    return out


def _closings(units: Sequence[str]) -> dict[int, int]:
    """Find where each group closes."""
    open_groups: list[int] = []
    out: dict[int, int] = {}
    for at, unit in enumerate(units):
        if unit.startswith("(") and not unit.startswith("(?P="):
            open_groups.append(at)
        elif unit == ")":
            out[open_groups.pop()] = at
    return out


def _ends_match(units: Sequence[str], closing: dict[int, int], end: int) -> bool:
    """Tell whether nothing is matched behind a look ahead that closes at ``end``."""
    at = end + 1
    enclosing = {close for start, close in closing.items() if start < end < close}
    while at < len(units):
        if units[at] in _LOOKS:
            at = closing[at] + 1
        elif units[at] == "|":
            at = min((close for close in enclosing if close > at), default=len(units))
        elif units[at] == ")" and not re.match(r"[*+?{]", units[at + 1] if at + 1 < len(units) else ""):
            at += 1
        else:
            return False
    return True


def _last_look(units: Sequence[str], closing: dict[int, int], end: int) -> int:
    """Step over the looks right behind one: two of them hold at the same place and cannot follow each other."""
    at = end + 1
    while at < len(units) and units[at] in _LOOKS:
        at = closing[at] + 1
    return at


def _plain(unit: str) -> str:
    """Write one unit as RE2 does."""
    if unit.startswith("(?P=") or re.fullmatch(r"\\[1-9]", unit):
        return "(?s:.*)"
    if unit in _WIDE:
        return f"[{_WIDE[unit]}]"
    if unit.startswith("[^"):
        return unit.replace(r"\h", "\t ")
    if unit.startswith("["):
        return re.sub(r"\\[wsh]", lambda found: _WIDE[found.group()], unit)
    return _uncounted(unit) if unit.startswith("{") else _RENAMED.get(unit[:4], unit)


#: Units without a name for it in RE2.
_RENAMED = {"(?P<": "(?:", r"\b": ""}
#: What RE2 takes for ASCII and ``re`` does not.
_WIDE = {r"\w": r"\pL\pN\pM_", r"\s": r"\s\pZ\x{1c}-\x{1f}\x{85}", r"\h": r"\t\pZ"}


def _uncounted(unit: str) -> str:
    """Count less: automata grow with every count."""
    low, _, high = unit.strip("{}?").partition(",")
    if "," not in unit:
        return unit if int(low) <= _FEW else f"{{{_FEW},}}"
    if high and int(high) <= 1:
        return unit
    return {0: "*", 1: "+"}.get(int(low), f"{{{min(int(low), _FEW)},}}")
