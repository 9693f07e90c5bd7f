import re
import time

import pytest

from curation.image.rules import prove
from curation.image.runs import Run

RUN = Run(re.compile(r"[a-z]{1,3}\s?\d{1,3}|\d+ hz"), re.compile(r"hz"))


@pytest.mark.parametrize(
    ("text", "proven"), [("g40 / 57 hz / fa 3", True), ("57 hz", False), ("g40 fa3", False), ("57 hz wang", False)]
)
def test_every_piece_of_a_run_is_proven(text, proven):
    assert RUN.fullmatch(text) is proven


@pytest.mark.parametrize(
    "text",
    ["fa 9 " * 30 + "x", "2d g 44 dr 96 " * 10 + "zhang", "lt rt " * 28 + "x", "l l l " * 25, "1 2 3 4 " * 20 + "x"],
)
def test_no_line_takes_long_to_judge(text):
    prove("warm up")
    start = time.process_time()
    assert prove(text[:180]) is None
    assert time.process_time() - start < 1.0
