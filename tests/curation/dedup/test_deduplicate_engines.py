"""Both engines against the naive loop with the reference packages, for any threshold, distance and batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer
from simhash import Simhash

from curation.dedup import engine as engines
from curation.dedup.decide import Decider, Text, batches
from curation.dedup.engine import new_engine
from curation.dedup.kept import LocalPool
from curation.dedup.kernels import lcs
from curation.dedup.kernels.engine import CompiledEngine
from curation.dedup.plain import PlainEngine
from curation.dedup.rouge import f1, required, window
from curation.dedup.rows import NONE, REASON_NAMES, Rule
from curation.dedup.simhash import simhash64
from curation.dedup.tokens import classes, tokenize

ENGINES = {"numba": CompiledEngine(), "numpy": PlainEngine()}
WORDS = [
    "liver",
    "cyst",
    "12",
    "mm",
    "left",
    "right",
    "肝",
    "左",
    "回声",
    "normal",
    "3.5",
    "—",
    "no",
    "sternocleidomastoid",
]
SHORT = st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join)
LONG = st.lists(st.sampled_from(WORDS[:8]), min_size=40, max_size=150).map(" ".join)


class OurTokens:
    def tokenize(self, text):
        return tokenize(text)


SCORER = RougeScorer(["rougeL"], tokenizer=OurTokens())


def meets(text, other, rule):
    if text == other:
        return "exact", 1.0
    if not tokenize(text) or not tokenize(other):
        return None
    score = SCORER.score(other, text)["rougeL"].fmeasure
    if score > rule.threshold:
        return "rouge_l", score
    bits = Simhash(text).distance(Simhash(other))
    return ("simhash", float(bits)) if bits <= rule.distance else None


def naive(texts, rule):
    earlier, out = [], []
    for n, text in enumerate(texts):
        hits = ((other, meets(text, texts[other], rule)) for other in earlier)
        hit = next(((other, *met) for other, met in hits if met), None)
        out.append(hit)
        if hit is None or rule.against_all:
            earlier.append(n)
    return out


def decide(texts, rule, engine, *, batch=1000, threads=1):
    decider = Decider(rule, engine, LocalPool(engine, rule, threads))
    out = []
    for start in range(0, len(texts), batch):
        found = decider.decide(decider.read([Text(text) for text in texts[start : start + batch]]))
        for best, reason, score in zip(found.best.tolist(), found.reason.tolist(), found.score.tolist(), strict=True):
            out.append(None if best == NONE else (best, REASON_NAMES[reason], score))
    return out


RULES = st.builds(
    Rule,
    st.sampled_from([0.0, 0.3, 0.5, 0.7, 0.7, 0.7, 0.9, 1.0]),
    st.sampled_from([-1, 0, 3, 3, 3, 5, 7, 12, 64]),
    st.just(value=False),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(SHORT, SHORT, LONG), max_size=14), RULES, st.sampled_from([1, 3, 100]), st.sampled_from([1, 2])
)
def test_decisions_scores_and_reasons_equal_the_naive_loop(texts, rule, batch, threads):
    expected = naive(texts, rule)
    for engine in ENGINES.values():
        assert decide(texts, rule, engine, batch=batch, threads=threads) == expected, engine.name


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=10))
def test_any_unicode_is_decided_alike(texts):
    texts = [*texts, *(text.upper() for text in texts), "\ud800", "\ud800 a", "x" * 300, "x" * 300 + "!"]
    rule = Rule(0.7, 3, protect=False, against_all=False)
    first, second = (decide(texts, rule, engine) for engine in ENGINES.values())
    assert first == second
    assert [ENGINES["numba"].read([text])[2][0] for text in texts] == [simhash64(text) for text in texts]


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=60), LONG))
def test_simhash_equals_the_package_in_both_engines(text):
    expected = Simhash(text).value
    assert simhash64(text) == expected
    assert int(ENGINES["numba"].read([text])[2][0]) == expected


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_tokens_equal_rouge_scores_on_ascii(text):
    assert tokenize(text) == DefaultTokenizer(use_stemmer=False).tokenize(text)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_both_engines_read_the_same_tokens_and_bitmaps(texts):
    read = {}
    for name, engine in ENGINES.items():
        tokens, start, _ = engine.read(texts)
        read[name] = (engine.keys(tokens).tolist(), start.tolist(), engine.bitmaps(tokens, start).tolist())
    assert read["numba"] == read["numpy"]
    assert np.diff(read["numba"][1]).tolist() == [len(tokenize(text)) for text in texts]


def test_word_characters_are_those_of_the_package():
    import re

    _, words = classes()
    pattern = re.compile(r"[\w\u4e00-\u9fcc]")
    assert [code for code in range(0x110000) if bool(pattern.match(chr(code))) != words[code]] == []


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 300), st.integers(1, 300), st.integers(2, 9), st.randoms(use_true_random=False), st.integers(0, 300)
)
def test_the_common_subsequence_is_exact_or_provably_too_short(m, n, kinds, rng, need):
    left, right = ([rng.randrange(kinds) for _ in range(size)] for size in (m, n))
    expected = LCSseq.similarity(left, right)
    pattern = lcs.room(kinds, m)
    mine, text = np.array(left, np.uint32), np.array(right, np.uint32)
    lcs.lay(pattern, mine)
    found = lcs.common(pattern, m, text, (0, n), need)
    assert found == expected or (found == -1 and expected < need)
    assert lcs.common(pattern, m, text, (0, n), 0) == expected
    lcs.lift(pattern, mine)
    assert not pattern.slot.any()


@pytest.mark.parametrize("threshold", [0.0, 1e-7, 0.3, 0.5, 0.7, 0.9, 1.0])
def test_required_is_the_smallest_common_subsequence_above_the_threshold(threshold):
    for m in range(1, 60):
        shortest, longest = window(m, threshold)
        for n in range(1, 120):
            above = [common for common in range(1, min(m, n) + 1) if f1(common, m, n) > threshold]
            assert required(m, n, threshold) == (above[0] if above else required(m, n, threshold))
            assert above or required(m, n, threshold) > min(m, n)
            assert not above or shortest <= n <= longest


def test_an_f1_of_exactly_the_threshold_is_decided_by_its_float():
    """7 of 10 and 10 common tokens: 0.7 by rational arithmetic, and its float is not above 0.7; others' is."""
    rule = Rule(0.7, -1, protect=False, against_all=False)
    for m in (10, 20, 30, 40, 70, 90, 130):
        common = m * 7 // 10
        texts = [" ".join(f"a{n}" for n in range(m)), " ".join(f"a{n}" if n < common else f"b{n}" for n in range(m))]
        for engine in ENGINES.values():
            assert decide(texts, rule, engine) == naive(texts, rule)


def test_very_long_texts_are_compared():
    words = [f"w{n % 977}" for n in range(100_000)]
    texts = [" ".join(words), " ".join(words[:80_000]), " ".join(words[:40_000]), " ".join(words[::-1])]
    rule = Rule(0.7, -1, protect=False, against_all=False)
    found = decide(texts, rule, ENGINES["numba"])
    assert found[1] == (0, "rouge_l", pytest.approx(2 * 80 / 180))
    assert found[2] is None


def test_texts_are_batched_by_number_and_size():
    texts = [Text("x")] * 5000 + [Text("y" * 2_000_000)] + [Text("z")]
    parts = list(batches(texts))
    assert [part.start for part in parts][1:] == [part.stop for part in parts][:-1]
    assert parts[-1].stop == len(texts)
    assert all(part.stop - part.start <= 4096 for part in parts)


def test_where_numba_does_not_compile_the_other_engine_works(monkeypatch):
    engines.can_compile.cache_clear()
    monkeypatch.setattr(engines, "_compiled", lambda: 1 / 0)
    assert new_engine().name == "numpy"
    engines.can_compile.cache_clear()
