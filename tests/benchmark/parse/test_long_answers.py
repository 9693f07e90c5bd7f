"""Any answer is read in a moment, however long it is and whatever it repeats."""

import random
import time

import pytest

from benchmark.parse.choice import parse_choice
from benchmark.parse.location import parse_location
from benchmark.parse.number import parse_number
from benchmark.parse.quality import parse_quality
from benchmark.parse.report import parse_report

OPTIONS = ["benign", "malignant"]
PARSERS = {
    "choice": lambda text: parse_choice(text, OPTIONS),
    "location": parse_location,
    "number": lambda text: parse_number(text, unit="mm", names=["IMT"], null_ok=True),
    "quality": lambda text: parse_quality(text, scale=(0, 100)),
}
WORDS = "benign malignant not the lesion is A. B) low risk of or , . 5 mm 20 x \n upper left good Therefore, 恶性 不 ? ( ) 1 234"
PIECES = [
    *("the answer is ", "Therefore, ", "A. ", "B) ", "(A) ", "A, ", "benign ", "malignant or ", "not ", "? ", "a", "["),
    *("{", "{'a': 1,", "\\boxed{", "<answer>", "1 ", "5,", "1 234 ", "12 x ", "10^2 ", "3/10 ", "1½ ", "20 to ", "\n"),
    *(
        "upper left ",
        "high ",
        "Overall: ",
        "low risk of malignancy is ",
        "A. benign\nB. malignant\n",
        "低",
        "恶性",
        "不",
        "一",
    ),
]


def mixed(seed):
    chosen = random.Random(seed)
    return " ".join(chosen.choice(WORDS.split(" ")) for _ in range(3000))


def test_text_that_is_scored_keeps_its_figures_and_characters():
    text = "結節 1 234 mm, 28.5 cm × 10^2"
    assert parse_report(text).value == text


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", [*PIECES, mixed(1), mixed(2)], ids=lambda text: repr(text[:12]))
def test_an_answer_of_8000_characters_takes_a_moment(parser, text):
    begun = time.process_time()
    PARSERS[parser]((text * 8000)[:8000])
    assert time.process_time() - begun < 1  # about 0.1 where nothing else runs; it was up to 77


@pytest.mark.parametrize(
    ("text", "chosen"), [("A. ", "benign"), ("B) ", "malignant"), ("(A) ", "benign"), ("A. B. ", None)]
)
def test_a_letter_may_be_repeated_without_end(text, chosen):
    assert parse_choice(text * 1200, OPTIONS).value == chosen


def test_the_last_of_many_markers_decides():
    assert parse_choice("Therefore, it is benign. " * 30 + "The answer is malignant.", OPTIONS).value == "malignant"
