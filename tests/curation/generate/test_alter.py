"""Each alteration changes one fact, and sentences that say a fact twice are left alone."""

import pytest

from curation.generate.alter import alterations
from schemas.case import Language

EN, ZH = Language.EN, Language.ZH


@pytest.mark.parametrize(
    ("sentence", "language", "wanted"),
    [
        ("A cyst is seen in the left kidney.", EN, {("side", "A cyst is seen in the right kidney.")}),
        ("Left pleural effusion.", EN, {("side", "Right pleural effusion.")}),
        ("The lesion measures 18 mm.", EN, {("measurement", "The lesion measures 27 mm.")}),
        ("The stenosis is 80 %.", EN, {("measurement", "The stenosis is 40 %.")}),
        ("Breast mass, BI-RADS 4B.", EN, {("grade", "Breast mass, BI-RADS 2.")}),
        ("No ascites is seen.", EN, {("presence", "Ascites is seen.")}),
        ("A hypoechoic nodule is seen.", EN, {("echo", "A hyperechoic nodule is seen.")}),
        ("The margin is irregular.", EN, {("margin", "The margin is regular.")}),
        ("左侧附件区可见囊肿。", ZH, {("side", "右侧附件区可见囊肿。")}),
        ("结节厚约2.4厘米。", ZH, {("measurement", "结节厚约3.6厘米。")}),
        ("乳腺肿块，BI-RADS 3类。", ZH, {("grade", "乳腺肿块，BI-RADS 5类。")}),
        ("腹腔未见积液。", ZH, {("presence", "腹腔可见积液。")}),
        ("结节边界不清。", ZH, {("margin", "结节边界清。")}),
        ("The liver is normal.", EN, set()),
        ("The left and right kidneys are normal.", EN, set()),
        ("It measures 18 mm and 12 mm.", EN, set()),
        ("The area is 4 cm2.", EN, set()),
        ("BI-RADS 3 on the left, BI-RADS 4A on the right.", EN, set()),
    ],
)
def test_one_fact_is_changed(sentence, language, wanted):
    assert {(one.kind, one.text) for one in alterations(sentence, language)} == wanted


def test_texts_stay_out_of_reprs():
    assert "kidney" not in repr(alterations("A cyst in the left kidney.", EN))
