"""What a suspension covers, and whom it bars."""

import pytest

from curation.quality.suspension import BY_CODE, NONE, Suspension, barred, strategy_of

PAIR = {
    "model": "a",
    "template_id": "liver-01",
    "prompt_sha256": "p1",
    "task": "vqa",
    "systems": ["liver", "kidney"],
}
CELL = ("a", "liver-01", "p1", "vqa", "liver")


def at(**changes):
    return strategy_of({**PAIR, **changes})


def test_a_pair_has_a_value_of_every_level():
    assert strategy_of(PAIR) == dict(zip(("model", "template", "prompt_version", "task", "system"), CELL, strict=True))
    by_code = at(model=None, template_id=None, prompt_sha256=None, systems=[])
    assert by_code == {"model": BY_CODE, "template": NONE, "prompt_version": NONE, "task": "vqa", "system": NONE}


@pytest.mark.parametrize(
    ("one", "covered", "free", "models"),
    [
        (Suspension("model", ("a",), frozenset("ab")), [{}, {"model": "b"}, {"prompt_sha256": "p2"}], {"model": "c"}, "ab"),
        (Suspension("template", ("liver-01",), prompts=frozenset({"p1"})), [{}, {"model": "c"}], {"prompt_sha256": "p2"}, None),
        (Suspension("task", ("vqa",), prompts=frozenset({"p1"})), [{"systems": ["heart"]}], {"task": "caption"}, None),
        (Suspension("system", ("liver",), prompts=frozenset({"p1"})), [{}], {"systems": ["kidney", "liver"]}, None),
        (Suspension("prompt_version", ("p1",), prompts=frozenset({"p1"})), [{}], {"prompt_sha256": "p2"}, None),
        (Suspension("cell", CELL, frozenset("a")), [{}], {"model": "b"}, "a"),
        (Suspension("cell", CELL, frozenset("a")), [{}], {"prompt_sha256": "p2"}, "a"),
    ],
)  # fmt: skip
def test_what_is_covered_and_what_the_next_version_frees(one, covered, free, models):
    assert all(one.covers(at(**changes)) for changes in covered)
    assert not one.covers(at(**free))
    assert one.bars(at()) == (None if models is None else frozenset(models))


def test_bans_add_up_and_one_that_bars_everybody_wins():
    models = [Suspension("model", (name,), frozenset(name)) for name in "ab"]
    assert barred(models, at()) == {"a", "b"}
    assert barred([*models, Suspension("task", ("vqa",), prompts=frozenset({"p1"}))], at()) is None
    assert barred([], at()) == frozenset()
