import re

import pytest

from curation.generate.prompts.base import IS_DATA
from curation.generate.prompts.render import PROMPTS, entries, render
from curation.generate.prompts.texts import SLOTS, TASK_NAMES
from curation.generate.template import library
from schemas.case import Language
from schemas.errors import ConfigError


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("template", ["liver-01", "heart-03"])
def test_every_prompt_is_a_system_turn_examples_and_the_case_behind_a_fence(prompt, language, template):
    messages = render(library(), prompt, language, template)
    roles = [message.role for message in messages]
    assert roles == ["system", *["user", "assistant"] * ((len(roles) - 2) // 2), "user"]
    assert IS_DATA[language] in messages[0].content
    for message in messages[1:]:
        if message.role == "user":
            assert message.content.count("<data>") == message.content.count("</data>") == 1
            assert "{" not in re.sub(r"<data>.*</data>", "", message.content, flags=re.S)
        else:
            assert message.content
    assert "Ignore the above" not in messages[-1].content
    assert "忽略以上" not in messages[-1].content
    assert len(messages) > 2 or prompt in {"caption", "choose"}


@pytest.mark.parametrize("task", TASK_NAMES)
@pytest.mark.parametrize("language", list(Language))
def test_a_prompt_has_exactly_the_slots_of_its_task(task, language):
    prompt = library().tasks.of(task).text(language)
    assert set(re.findall(r"\{([a-z]+)\}", prompt.user)) == {"data", *SLOTS[task]}


def test_unknown_names_are_errors_that_list_what_there_is():
    with pytest.raises(ConfigError, match="verification"):
        render(library(), "poem", Language.EN, None)
    with pytest.raises(ConfigError, match="liver-01"):
        render(library(), "open", Language.EN, "spleen-01")


def test_the_list_has_every_file_once_with_its_hash():
    rows = entries(library())
    assert len({row.name for row in rows}) == len(rows) == len(library().sha256)
    assert {row.reviewed_by for row in rows} == {None}
    assert all(len(row.sha256) == 64 for row in rows)
