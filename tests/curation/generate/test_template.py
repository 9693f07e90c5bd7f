import shutil
from pathlib import Path

import pytest

import prompts
from curation.generate.spans import candidates
from curation.generate.template import library, read_library
from schemas.case import Language
from schemas.errors import ConfigError

SYSTEMS = {"liver", "kidney", "thyroid", "vessel", "gynaecology", "heart", "breast"}


def test_every_system_has_a_template_that_nobody_has_reviewed_yet():
    templates = library().templates
    assert {template.system.value for template in templates} == SYSTEMS
    assert {template.reviewed_by for template in templates} == {""}


@pytest.mark.parametrize("language", list(Language))
def test_every_kind_of_answer_has_three_shots(language):
    found = library()
    for kind in ("measurement", "grade", "side", "echogenicity", "border", "presence"):
        shots = found.shots(kind, language, found.templates[0], 3)
        assert [shot.kind for shot in shots] == [kind] * 3


@pytest.mark.parametrize("language", list(Language))
def test_shots_come_from_the_template_then_from_its_system_then_from_any(language):
    found = library()
    for template in found.templates:
        own = [shot for shot in template.text(language).closed if shot.kind == "presence"]
        system = [
            shot
            for one in found.templates
            if one.system is template.system and one is not template
            for shot in one.text(language).closed
            if shot.kind == "presence"
        ]
        shots = found.shots("presence", language, template, len(own) + len(system) + 2)
        assert list(shots[: len(own) + len(system)]) == own + system
        assert len(shots) == len(own) + len(system) + 2


@pytest.mark.parametrize("language", list(Language))
def test_the_span_rules_find_the_answers_of_the_templates(language):
    for template in library().templates:
        text = template.text(language)
        spans = [s for part in (text.findings, text.impression) for s in candidates(part, "findings", language)]
        assert len(spans) >= 3, template.template_id


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        ("templates/liver-01.toml", 'system = "liver"', 'system = "spleen"', "system"),
        ("templates/liver-01.toml", 'reviewed_by = ""', 'reviewed = ""', "reviewed"),
        ("templates/liver-01.toml", 'answer = "18 x 15 mm"', 'answer = "19 mm"', "en.closed.0"),
        ("templates/liver-01.toml", 'topic = "surveillance"', 'topic = "cost"', "en.vqa.3.topic"),
        ("closed.toml", "{answer}", "", "en.user"),
        (
            "phrasings/diagnosis.toml",
            "What would you write under",
            "What is the ultrasound",
            "en has the same wording twice",
        ),
        ("open.toml", "[en]", "[en", "not valid TOML"),
    ],
)
def test_a_bad_prompt_names_its_file_and_key(tmp_path, name, old, new, key):
    root = tmp_path / "prompts"
    shutil.copytree(Path(prompts.__file__).parent, root)
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read_library(root)
    assert f"prompts/{name}" in str(error.value)
    assert key in str(error.value)
