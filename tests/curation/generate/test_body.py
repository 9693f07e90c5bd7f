import pytest

from curation.generate.body import body
from schemas.case import Language

EN, ZH = Language.EN, Language.ZH
CASES = [
    (
        EN,
        "ULTRASOUND REPORT\nNAME: [NAME]\nMEDICAL RECORD #: [ID]\nEXAM DATE: [DATE]\nThe liver is normal.\n"
        "Dictated by [NAME], MD\nElectronically signed [DATE] [TIME]",
        "The liver is normal.",
    ),
    (EN, "Mild steatosis. Dr. [NAME] was informed by telephone at [TIME]. No mass.", "Mild steatosis. No mass."),
    (EN, "Mr. [NAME] was examined lying down.\nLiver 13.7 cm.", "Liver 13.7 cm."),
    (ZH, "肿块较[DATE]增大，建议复查。无积液。", "肿块较[DATE]增大，建议复查。无积液。"),
    (ZH, "脂肪肝。 审核：[NAME]", "脂肪肝。"),
    (EN, "Nodule examined on [DATE] is stable.", "Nodule examined on [DATE] is stable."),
    (EN, "Dr. [NAME] reviewed the complex cystic mass.", "Dr. [NAME] reviewed the complex cystic mass."),
    (EN, "Compared with [DATE] the nodule measures 8 mm.", "Compared with [DATE] the nodule measures 8 mm."),
    (EN, "Gallbladder [ID] normal\nNo stones.", "Gallbladder [ID] normal\nNo stones."),
    (
        ZH,
        "[HOSPITAL]\n超声检查报告单\n姓名：[NAME]　性别：女　年龄：53岁　住院号：[ID]\n检查日期：[DATE]　检查号：[ID]\n"
        "肝脏大小正常，肝右叶见一高回声结节，大小约24×13mm。\n检查医师：[NAME]　审核医师：[NAME]　报告时间：[DATE]",
        "肝脏大小正常，肝右叶见一高回声结节，大小约24×13mm。",
    ),
    (ZH, "[DATE] 肝脏大小正常。\n胆囊未见异常。", "[DATE] 肝脏大小正常。\n胆囊未见异常。"),
    (ZH, "脂肪肝。\n\n报告医师：[NAME]", "脂肪肝。"),
    (EN, "Name: [NAME]", ""),
    (EN, "", ""),
]


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_identity_goes_and_the_exam_stays(language, text, expected):
    assert body(text, language) == expected


@pytest.mark.parametrize("language", list(Language))
def test_a_text_without_placeholders_stays_as_it_is(language):
    text = "Findings:\nLiver normal.\n\n肝脏正常。\nImpression: none"
    assert body(text, language) == text
