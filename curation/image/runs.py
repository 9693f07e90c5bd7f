"""Runs of settings: a line of many pieces, each of which is proven by itself.

Flows in: one folded line. Flows out: whether all of it is a run. One regular expression for a whole run would try every
way to cut it; pieces are found word by word instead, in time that grows with the length of the line.
"""

import re
from dataclasses import dataclass

#: What parts two pieces, and the most words of one piece ("D 16.0 cm").
_PARTED = re.compile(r"[\s/,;]+|(?<=%)(?=[\u3400-\u9fff])")
_MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Run:
    """A pattern of two or more pieces. ``needs`` must be found in the line."""

    piece: re.Pattern[str]
    needs: re.Pattern[str]

    def fullmatch(self, text: str) -> bool:
        """Say whether a whole line is a run."""
        words = [word for word in _PARTED.split(text.strip()) if word]
        if len(words) < 2 or not self.needs.search(text):
            return False
        pieces = [0] + [-1] * len(words)  # the most pieces that the words up to here are cut into
        for end in range(1, len(words) + 1):
            for start in range(max(0, end - _MOST_WORDS), end):
                if pieces[start] >= 0 and self._is_piece(words[start:end]):
                    pieces[end] = max(pieces[end], pieces[start] + 1)
        return pieces[-1] >= 2

    def _is_piece(self, words: list[str]) -> bool:
        return any(self.piece.fullmatch(joint.join(words)) for joint in (" ", "/"))
