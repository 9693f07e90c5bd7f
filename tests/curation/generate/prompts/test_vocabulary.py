import pytest

from curation.generate.prompts.vocabulary import MIN_TERMS, choice_from
from curation.generate.template import SYSTEMS, library
from schemas.case import Language

KINDS = ("diagnoses", "findings")


def vocabulary(system):
    return library().vocabulary([system])


def names(terms, language=Language.EN):
    return {term.name(language) for term in terms}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_system_has_25_terms_of_each_kind_and_language(system, kind):
    terms = vocabulary(system).terms(kind)
    for language in Language:
        assert len(names(terms, language)) >= MIN_TERMS


@pytest.mark.parametrize(
    ("system", "kind", "truth", "report", "never", "offered"),
    [
        ("liver", "diagnoses", "simple hepatic cyst", "Simple hepatic cyst of the liver.", {"polycystic liver disease", "simple hepatic cyst", "hepatic hydatid cyst"}, {"hepatic hemangioma"}),
        ("liver", "diagnoses", "fatty liver", "脂肪肝。肝左叶钙化灶。", {"intrahepatic calcification", "focal fatty sparing", "liver cirrhosis"}, {"hepatic abscess"}),
        ("liver", "diagnoses", "simple hepatic cyst", "Simple hepatic cyst. Haemangioma cannot be excluded.", {"hepatic hemangioma"}, {"hepatic abscess"}),
        ("liver", "diagnoses", "fatty liver", "Fatty liver.", {"gallstones", "gallbladder polyp", "portal vein thrombosis"}, {"hepatic abscess"}),
        ("liver", "findings", "nodular liver surface", "The liver surface is nodular.", {"ascites", "coarse parenchyma", "smooth liver surface"}, {"bright liver with posterior attenuation"}),
        ("vessel", "findings", "hypoechoic plaque", "The plaque is hypoechoic.", {"raised peak systolic velocity", "isoechoic plaque"}, {"intimal flap"}),
        ("heart", "diagnoses", "aortic stenosis", "Aortic stenosis.", {"bicuspid aortic valve", "left ventricular hypertrophy", "mitral stenosis"}, set()),
        ("breast", "findings", "spiculated margin", "The margin is spiculated.", {"angular margin", "architectural distortion"}, {"oval mass"}),
    ],
)  # fmt: skip
def test_what_could_also_be_true_is_never_a_distractor(system, kind, truth, report, never, offered):
    words = vocabulary(system)
    [term] = [one for one in words.terms(kind) if one.en == truth]
    distractors = names(words.distractors(kind, term, report))
    assert not distractors & never
    assert distractors >= offered


@pytest.mark.parametrize(
    ("system", "kind", "text", "expected"),
    [
        ("kidney", "diagnoses", "Right renal calculus without hydronephrosis.", {"renal calculus"}),
        ("kidney", "diagnoses", "右肾结石，无肾积水。", {"renal calculus"}),
        ("kidney", "diagnoses", "双肾未见积水，肾囊肿待排。", set()),
        ("breast", "findings", "可见一椭圆形肿块。", {"oval mass"}),
        ("thyroid", "findings", "结节呈极低回声。", {"markedly hypoechoic nodule"}),
        ("liver", "diagnoses", "No fatty liver. Cirrhosis?", set()),
        ("breast", "diagnoses", "左侧乳腺未见异常。", set()),
        ("heart", "findings", "No pericardial effusion; vegetation on the mitral valve.", {"vegetation on a valve"}),
    ],
)
def test_only_what_a_text_states_can_be_the_truth(system, kind, text, expected):
    assert names(vocabulary(system).affirmed(kind, text)) == expected


@pytest.mark.parametrize("language", list(Language))
def test_choices_of_the_templates_have_one_true_option_each_place(language):
    places = []
    for template in library().templates:
        words, text = vocabulary(template.system), template.text(language)
        truths = names(words.affirmed("diagnoses", text.diagnosis), language)
        assert truths, template.template_id
        for number in range(5):
            choice = choice_from(words, "diagnoses", text.diagnosis, text.report, language=language, number=number)
            assert len(set(choice.options)) == 4
            assert [option for option in choice.options if option in truths] == [choice.options[choice.correct]]
            assert choice.listed.splitlines()[choice.correct] == choice.restated
            places.append(choice.letter)
    assert {letter: places.count(letter) > len(places) / 8 for letter in "ABCD"} == dict.fromkeys("ABCD", True)


def test_without_a_truth_or_enough_false_terms_there_is_no_question():
    words = vocabulary("liver")
    assert choice_from(words, "diagnoses", "Normal.", "Normal.", language=Language.EN, number=1) is None
    assert library().vocabulary(["lung"]) is None
