import pytest

from curation.generate.prompts.lines import line_of

TEXT = """# head
id = "x"
guideline = [
    { value = "1" },
]

[en]
findings = "f"
closed = [
    { kind = "a" },
    # between
    { kind = "b" },
]
[en.topics]
"risk stratification" = "r"
[zh]
findings = "g"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("id",), 2),
        (("guideline", 0, "value"), 4),
        (("en",), 7),
        (("en", "findings"), 8),
        (("en", "closed"), 9),
        (("en", "closed", 1, "kind"), 12),
        (("en", "missing"), 7),
        (("en", "topics", "risk stratification"), 15),
        (("zh", "findings"), 17),
        (("nothing",), 1),
        ((), 1),
    ],
)
def test_line_of(path, line):
    assert line_of(TEXT, path) == line
