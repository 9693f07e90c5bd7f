import re

from curation.tries import letters, one_of, spaced


def test_the_longest_word_is_found_and_nothing_else():
    pattern = re.compile(one_of(map(letters, ["id", "id no", "name", "n/a"])))
    assert [m.group() for m in pattern.finditer("id no 12, name, idx n/a")] == ["id no", "name", "id", "n/a"]


def test_characters_may_stand_apart():
    pattern = re.compile(one_of([spaced("姓名", "[ ]{0,3}"), spaced("性别", "[ ]{0,3}")]))
    assert [m.group() for m in pattern.finditer("姓  名：甲 性别：男 姓    名")] == ["姓  名", "性别"]


def test_no_words_match_nothing_but_the_empty_text():
    assert one_of([]) == ""
