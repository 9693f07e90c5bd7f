"""Known PHI in other spellings, and what must not match it."""

import pytest

from curation.text.known import find_known, variants

FOUND = [
    ("names", "SMITH^JOHN^A", "seen: John Smith."),
    ("names", "SMITH^JOHN^A", "SMITH, JOHN"),
    ("names", "John Smith", "J. Smith"),
    ("names", "John Smith", "smith j"),
    ("names", "José Núñez", "JOSE NUNEZ"),
    ("names", "王小明", "王 小 明"),
    ("names", "王小明", "Wang Xiaoming"),
    ("names", "王小明", "XIAOMING WANG"),
    ("names", "王小明", "wang xiao-ming"),
    ("names", "王小明", "WXM"),
    ("names", "王小明", "王女士"),
    ("names", "王小明", "小明"),
    ("names", "欧阳娜娜", "Ouyang Nana"),
    ("names", "Zhang Wei", "患者张伟来诊"),
    ("names", "ZHANG^WEI", "张薇"),
    ("physicians", "李四", "李医生"),
    ("ids", "00123456", "no １２３４５６"),
    ("ids", "MRN-0012345", "0012345"),
    ("ids", "US2024-0031", "us2024 0031"),
    ("phones", "13812345678", "138-1234-5678"),
    ("phones", "+86 13812345678", "13812345678"),
    ("dates", "2024-03-09", "2024年3月9日"),
    ("dates", "2024-03-09", "9 Mar 2024"),
    ("dates", "2024-03-09", "March 9, 2024"),
    ("dates", "2024/3/9", "03/09/24"),
    ("dates", "20240309", "二〇二四年三月九日"),
    ("dates", "2024-03-09", "Mar 2024"),
    ("dates", "1958-12-24", "24.12.1958"),
    ("institutions", "某市第一人民医院", "在某市第一人民医院检查"),
    ("institutions", "Mercy General Hospital", "MERCY GENERAL HOSPITAL"),
    ("addresses", "浙江省杭州市文三路12号", "文三路12号"),
]
CLEAR = [
    ("names", "Li Na", "linear array"),
    ("names", "Ann Lee", "annular leeway"),
    ("names", "LONG^WEI", "LONG axis"),
    ("ids", "12", "12 mm"),
    ("ids", "12345", "123456"),
    ("dates", "2024-03-09", "3 x 9 mm, 39"),
    ("phones", "13812345678", "913812345678"),
    ("names", "", "anything"),
]


@pytest.mark.parametrize(("kind", "value", "text"), FOUND)
def test_found(kind, value, text):
    assert any(found[2] == kind for found in find_known(text, {kind: [value]}))


@pytest.mark.parametrize(("kind", "value", "text"), CLEAR)
def test_clear(kind, value, text):
    assert find_known(text, {kind: [value]}) == []


def test_offsets_are_of_the_original():
    text = "🫀 患者：王 小 明，复查"
    start, end, _ = max(find_known(text, {"names": ["王小明"]}), key=lambda found: found[1] - found[0])
    assert text[start:end] == "王 小 明"


def test_variants_list_whole_spellings():
    forms = variants({"names": ["王小明"], "dates": ["2024-03-09"], "ids": None})
    assert {"王小明", "2024-03-09", "09/03/2024"} <= set(forms)
    assert variants({}) == []
