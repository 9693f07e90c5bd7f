"""Folding keeps every place; marks of HTML and RTF become blanks, and nothing that may be a name does."""

import pytest

from curation.text.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("１２ｍｍ　×５", "12mm x5"),
        ("肝臟", "肝脏"),
        ("<p>Liver&nbsp;12</p>", "   Liver      12\n   "),
        (r"{\rtf1\b liver\par}", "{" + " " * 8 + "liver\n   }"),
        ("a<br/>b", "a\n    b"),
    ],
)
def test_folded(text, folded):
    assert fold(text) == folded
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize("text", ["<John>", "<jsmith>", "&#24352;", "&#x5f20;", r"{\rtf1 \'d5\'c5", r"{\rtf1 \u24352?"])
def test_what_may_be_a_name_stays_to_be_read(text):
    assert fold(text).split()[-1] == text.split()[-1]
