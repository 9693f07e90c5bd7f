import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

import prompts
from curation.generate.prompts.few_shot import CASE_TYPES
from curation.generate.prompts.lint import lint
from curation.generate.spans import RULES, only_span
from curation.generate.template import SYSTEMS, library, problems_of
from schemas.case import Language

ROOT = Path(prompts.__file__).parent
RULE_KINDS = {rule.kind for rule in RULES}


def test_each_system_has_one_template_of_each_case_type():
    seen = Counter((template.system, template.case_type) for template in library().templates)
    assert seen == Counter((system, case_type) for system in SYSTEMS for case_type in CASE_TYPES)


@pytest.mark.parametrize("template", library().templates, ids=lambda template: template.template_id)
def test_no_template_contradicts_itself(template):
    assert lint(template) == []


@pytest.mark.parametrize("language", list(Language))
def test_where_a_span_rule_answers_a_shot_it_gives_the_same_answer(language):
    agreed = 0
    for template in library().templates:
        for shot in template.text(language).closed:
            spans = [
                only_span(rule, shot.sentence) for rule in RULES if (rule.kind, rule.language) == (shot.kind, language)
            ]
            found = [shot.sentence[slice(*span)] for span in spans if span]
            assert not found or shot.answer in found[0] or found[0] in shot.answer, (template.template_id, shot)
            agreed += found == [shot.answer]
    assert agreed >= 70


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("liver-02", "larger than 10 mm, shows", "larger than 11 mm, shows", "number 11 mm is neither described"),
        ("liver-02", "结节大于10mm", "结节大于20mm", "number 20 mm is neither described"),
        (
            "liver-01",
            'Simple hepatic cyst in the right lobe."\nd',
            'Simple hepatic cyst in the left lobe."\nd',
            "closed side shot",
        ),
        (
            "kidney-02",
            'diagnosis = "Suspected cystic renal cell carcinoma of the left',
            'diagnosis = "Suspected cystic renal cell carcinoma of the right',
            "sides differ between zh and en: left, right",
        ),
        ("kidney-01", 'diagnosis = "右肾结石', 'diagnosis = "左肾结石', "sides differ between zh and en: left, right"),
        (
            "breast-02",
            'diagnosis = "Highly suspicious mass of the left breast, BI-RADS 5',
            'diagnosis = "Highly suspicious mass of the left breast, BI-RADS 4C',
            "grade or category BI-RADS 4C",
        ),
        ("heart-01", 'diagnosis = "Mild', 'diagnosis = "Severe', "grade or category severe"),
        ("vessel-01", 'diagnosis = "Carotid', 'diagnosis = "Renal and carotid', "organ kidney is neither described"),
        ("heart-02", "52 mmHg. The aortic", "53 mmHg. The aortic", "closed measurement shot"),
        ("heart-02", "射血分数58%", "射血分数85%", "numbers differ between zh and en: 58 %, 85 %"),
        ("thyroid-03", "左叶大小约60×25×23mm", "左叶大小约60 x 25 x 23 mm", "unit format"),
        ("thyroid-03", "measures 60 x 25 x 23 mm", "measures 60x25x23mm", "unit format"),
        (
            "gynaecology-01",
            "A circumscribed hypoechoic mass in the uterine wall is",
            "According to the report, the mass is",
            "names its source",
        ),
        ("gynaecology-01", "子宫肌壁内边界清楚的低回声团块，", "根据报告，", "names its source"),
        ("breast-02", "Ultrasound-guided core needle biopsy of the mass, sampling", "Sampling", "grade"),
        ("breast-01", "risk of malignancy of up to 2%", "risk of malignancy of up to 24 months", "numbers differ"),
        ("breast-01", 'case_type = "benign"', 'case_type = "high_risk"', "BI-RADS 3 is no category of high risk"),
        ("liver-02", 'case_type = "high_risk"', 'case_type = "benign"', "LR 5 is a category of high risk"),
        ("vessel-03", 'value = "0.5 s"', 'value = "0.7 s"', "value 0.7 s is used nowhere"),
        ("liver-01", 'template_id = "liver-01"', 'template_id = "liver-09"', "must be the file's name"),
        ("liver-01", 'kind = "side", sentence = "Simple', 'kind = "border", sentence = "Simple', "at least 5 kinds"),
        ("liver-01", 'kind = "side", sentence = "Simple', 'kind = "colour", sentence = "Simple', "en.closed.3.kind"),
    ],
)
def test_a_contradiction_is_named_with_file_and_line(tmp_path, name, old, new, message):
    if message == "grade":  # no biopsy named anywhere: management contradicts the category
        message = "management of BI-RADS 5 must name"
    root = tmp_path / "prompts"  # the other files are missing, which is a problem each and no matter here
    (root / "templates").mkdir(parents=True)
    path = root / "templates" / f"{name}.toml"
    text = (ROOT / "templates" / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new, 1)
    if "management" in message:
        changed = changed.replace("must be biopsied", "needs care").replace("the biopsy is repeated", "it is repeated")
    path.write_text(changed, encoding="utf-8")
    found = [problem for problem in problems_of(root) if message in problem]
    assert found, problems_of(root)
    where = re.match(rf"prompts/templates/{name}\.toml:(\d+): ", found[0])
    line = changed.splitlines()[int(where.group(1)) - 1]
    key = found[0].split(": ")[1].split(".")
    if "closed" in key or "vqa" in key:
        assert line.lstrip().startswith(("{", "vqa", "closed")), line


def test_a_missing_case_type_or_vocabulary_is_a_problem(tmp_path):
    root = tmp_path / "prompts"
    shutil.copytree(ROOT, root)
    (root / "templates" / "heart-03.toml").unlink()
    (root / "vocabulary" / "vessel.toml").unlink()
    text = "\n".join(problems_of(root))
    assert "heart needs one template of case_type normal_or_functional, has 0" in text
    assert "prompts/vocabulary:1" in text
