"""Figures are those of the kept libraries: sacreBLEU, rouge-score, NLTK, scikit-learn, and the COCO formulas."""

import math
import random
from collections import Counter

import numpy as np
import pytest
import sacrebleu
from nltk.translate.meteor_score import single_meteor_score
from rouge_score import rouge_scorer
from sklearn.metrics import f1_score

from benchmark.metrics.classify import NO_LABEL, accuracy, macro_f1
from benchmark.metrics.text.bleu import bleu_figures
from benchmark.metrics.text.cider import cider
from benchmark.metrics.text.meteor import scorer
from benchmark.metrics.text.ngrams import Grams
from benchmark.metrics.text.rouge import rouge_figures, rouge_l
from benchmark.metrics.text.tokens import bleu_tokens, rouge_tokens, segmented, white_space
from benchmark.records import Mode

SENTENCE = (
    "The liver is normal in size, with smooth surface. A hypoechoic nodule measuring 1.2 cm was seen (measured) nodules"
)
WORDS = SENTENCE.split()


@pytest.fixture(scope="module")
def pairs():
    rng = random.Random(3)
    gold = [" ".join(rng.choices(WORDS, k=rng.randint(3, 30))) for _ in range(60)]
    answers = [" ".join(word if rng.random() < 0.6 else rng.choice(WORDS) for word in text.split()) for text in gold]
    return [*answers, "", "unrelated words only"], [*gold, "the liver", "the kidney is small"]


def test_bleu_is_that_of_sacrebleu(pairs):
    answers, gold = pairs
    own, true = ([bleu_tokens(text) for text in side] for side in pairs)
    for figure in bleu_figures(Grams(own, true), Mode.STRICT):
        scorer_ = sacrebleu.metrics.BLEU(max_ngram_order=int(figure.name[-1]))
        assert figure.value() == pytest.approx(scorer_.corpus_score(answers, [gold]).score)


@pytest.mark.parametrize(
    ("answer", "gold"), [("a b", "a b c d e f"), ("x y z w", "a b c d"), ("a b c d", "a b c d"), ("a c b d", "a b c d")]
)
def test_bleu_of_short_texts_is_that_of_sacrebleu(answer, gold):
    figure = bleu_figures(Grams([answer.split()], [gold.split()]), Mode.STRICT)[3]
    assert figure.value() == pytest.approx(sacrebleu.corpus_bleu([answer], [[gold]]).score)


def test_bleu_of_chinese_is_that_of_sacrebleu_on_segmented_words():
    answer, gold = "肝脏大小正常，实质回声均匀，未见明显占位。", "肝脏大小形态正常，实质回声均匀，胆囊未见明显异常。"
    own, true = (list(segmented(text)) for text in (answer, gold))
    found = bleu_figures(Grams([own], [true]), Mode.STRICT)[3].value()
    scorer_ = sacrebleu.metrics.BLEU(tokenize="none")
    assert found == pytest.approx(scorer_.corpus_score([" ".join(own)], [[" ".join(true)]]).score)


def test_rouge_is_that_of_rouge_score(pairs):
    answers, gold = pairs
    own, true = ([rouge_tokens(text) for text in side] for side in pairs)
    score = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"])
    expected = [score.score(a, b) for b, a in zip(answers, gold, strict=True)]
    for figure in rouge_figures(Grams(own, true), own, true):
        name = figure.name.lower().replace("rougel", "rougeL")
        assert figure.value() == pytest.approx(100 * np.mean([one[name].fmeasure for one in expected]))


class WordNet:
    """A WordNet of three synsets, with the methods that NLTK calls."""

    GROUPS = (("seen", "visible", "viewed"), ("nodule", "mass", "small_mass"), ("size", "shape"))

    class Lemma(str):
        def name(self):
            return str(self)

    class Synset(tuple):
        def lemmas(self):
            return [WordNet.Lemma(one) for one in self]

    def synsets(self, word):
        return [WordNet.Synset(group) for group in self.GROUPS if word in group]


def test_meteor_is_that_of_nltk(pairs):
    wordnet = WordNet()
    score = scorer(wordnet)
    for answer, gold in zip(*pairs, strict=True):
        own, true = rouge_tokens(answer), rouge_tokens(gold)
        assert score(own, true) == pytest.approx(single_meteor_score(true, own, wordnet=wordnet))


def test_macro_f1_is_that_of_scikit_learn():
    rng = random.Random(5)
    gold = rng.choices("abc", k=80)
    guesses = rng.choices("abcxyz", k=80)
    union = f1_score(gold, guesses, average="macro", zero_division=0)
    assert macro_f1(gold, guesses, only_gold=False).value() == pytest.approx(union)
    only = f1_score(gold, guesses, labels=list("abc"), average="macro", zero_division=0)
    assert macro_f1(gold, guesses, only_gold=True).value() == pytest.approx(only)
    assert accuracy(gold, [None] * 79 + [gold[-1]]).value() == 1
    assert macro_f1(["a", "a"], ["a", NO_LABEL], only_gold=True).value() == pytest.approx(2 / 3)


def grams_of(words, order):
    return Counter(tuple(words[at : at + order]) for at in range(len(words) - order + 1))


def test_compat_bleu_and_rouge_follow_the_coco_formulas():
    answers, gold = ["the liver is  normal", "a cyst"], ["the liver is large and normal", "a cyst in the liver"]
    own, true = ([white_space(text) for text in side] for side in (answers, gold))
    shared = [
        sum((grams_of(a, n) & grams_of(b, n)).total() for a, b in zip(own, true, strict=True)) for n in (1, 2, 3, 4)
    ]
    held = [sum(grams_of(a, n).total() for a in own) for n in (1, 2, 3, 4)]
    product = math.prod((s + 1e-15) / (h + 1e-9) for s, h in zip(shared[:2], held[:2], strict=True)) ** 0.5
    penalty = math.exp(1 - 11 / 6)
    assert bleu_figures(Grams(own, true), Mode.COMPAT)[1].value() == pytest.approx(100 * product * penalty, rel=1e-6)
    precision, recall = 4 / 4, 4 / 6
    expected = (1 + 1.44) * precision * recall / (recall + 1.44 * precision)
    assert rouge_l([own[0]], [true[0]])[0] == pytest.approx(expected)


def test_cider_by_hand():
    texts = [["a", "b", "c", "d", "e"], ["x", "y", "z", "u", "v"]]
    assert cider(Grams(texts, texts)) == pytest.approx([10, 10])
    assert cider(Grams([texts[1], texts[0]], texts)) == pytest.approx([0, 0])
    half = cider(Grams([["a", "b", "c", "q", "r"], texts[1]], texts))[0]
    cosines = [3 / 5, 2 / 4, 1 / 3, 0]
    weights = [5, 4, 3, 2]
    known = [
        c * w / w for c, w in zip(cosines, weights, strict=True)
    ]  # unseen n-grams weigh log 2 too, so norms are equal
    assert half == pytest.approx(10 * sum(known) / 4)
