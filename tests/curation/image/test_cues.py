import pytest

from curation.image.cues import holds_cue, may_be_name


@pytest.mark.parametrize(
    "text", ["Name: Li", "姓名 王伟", "Kidney Care Clinic", "Mr. Low", "St. Orrin", "Emergency Dept"]
)
def test_cues(text):
    assert holds_cue(text)


@pytest.mark.parametrize("text", ["LIVER", "右肾 纵切", "MI 1.2", "RT BREAST 3:00"])
def test_clinical_text_holds_no_cue(text):
    assert not holds_cue(text)


def test_the_word_beside_unknown_text_may_be_a_name():
    assert may_be_name("RT KIDNEY LONG", "end")
    assert may_be_name("Level VI DEEP,", "end")
    assert not may_be_name("RT KIDNEY", "end")
    assert not may_be_name("右肾", "end")
