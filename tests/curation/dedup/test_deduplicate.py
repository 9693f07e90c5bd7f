"""The rule against the naive loop with the reference packages."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from simhash import Simhash

from curation.dedup.deduplicate import deduplicate
from curation.dedup.simhash import simhash64
from curation.dedup.tokens import tokenize
from schemas.config import Deduplicate
from schemas.instruction import DEDUP_INPUT, KEPT
from schemas.reject import REJECT


class OurTokens:
    def tokenize(self, text):
        return tokenize(text)


SCORER = RougeScorer(["rougeL"], tokenizer=OurTokens())
WORDS = st.sampled_from(["liver", "cyst", "12", "mm", "left", "right", "肝", "左", "回声", "normal", "3.5", "—", "no"])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)


def table(texts, *, exempt=()):
    rows = [
        {"instance_id": f"c/{n:03d}", "case_id": "c", "site": "s", "text": text, "exempt": n in exempt}
        for n, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, schema=DEDUP_INPUT)


def naive(texts):
    """The paper's loop, with rouge-score and simhash themselves."""
    kept, dropped = [], {}
    for n, text in enumerate(texts):
        for other in kept:
            if text == texts[other]:
                dropped[n] = (other, "exact")
            elif not tokenize(text) or not tokenize(texts[other]):
                continue
            elif SCORER.score(texts[other], text)["rougeL"].fmeasure > 0.7:
                dropped[n] = (other, "rouge_l")
            elif Simhash(text).distance(Simhash(texts[other])) <= 3:
                dropped[n] = (other, "simhash")
            if n in dropped:
                break
        else:
            kept.append(n)
    return kept, dropped


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=14))
def test_decisions_equal_the_naive_loop(texts):
    result = deduplicate(table(texts), config=Deduplicate(), pool=KEPT.empty_table())
    kept, dropped = naive(texts)
    assert result.kept["instance_id"].to_pylist() == [f"c/{n:03d}" for n in kept]
    found = {
        row["instance_id"]: (row["duplicate_of"], row["reason"]) for row in result.byproducts["duplicates"].to_pylist()
    }
    assert found == {f"c/{n:03d}": (f"c/{other:03d}", reason) for n, (other, reason) in dropped.items()}


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, max_size=10), st.integers(0, 10))
def test_a_pool_continues_where_the_last_batch_ended(texts, cut):
    cut = min(cut, len(texts))
    whole = deduplicate(table(texts), config=Deduplicate(), pool=KEPT.empty_table())
    first = deduplicate(table(texts).slice(0, cut), config=Deduplicate(), pool=KEPT.empty_table())
    second = deduplicate(table(texts).slice(cut), config=Deduplicate(), pool=first.kept)
    assert whole.kept.to_pylist() == first.kept.to_pylist() + second.kept.to_pylist()


def test_exempt_pairs_are_kept_and_compared_with_nothing():
    result = deduplicate(table(["same text"] * 3, exempt={0, 2}), config=Deduplicate(), pool=KEPT.empty_table())
    assert result.kept.num_rows == 3


def with_twins(texts):
    """Every pair, and right behind it its twin."""
    rows = [
        {**row, "instance_id": row["instance_id"] + end, "twin_of": row["instance_id"] if end else None}
        for row in table(texts).to_pylist()
        for end in ("", "/twin")
    ]
    return pa.Table.from_pylist(rows, schema=DEDUP_INPUT)


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, max_size=8), st.integers(0, 16))
def test_a_twin_stays_or_goes_with_its_original_whatever_batch_it_is_in(texts, cut):
    alone = deduplicate(table(texts), config=Deduplicate(), pool=KEPT.empty_table())
    pairs = with_twins(texts)
    first = deduplicate(pairs.slice(0, cut), config=Deduplicate(), pool=KEPT.empty_table())
    second = deduplicate(pairs.slice(cut), config=Deduplicate(), pool=first.kept)
    ends = ("", "/twin")
    kept = first.kept["instance_id"].to_pylist() + second.kept["instance_id"].to_pylist()
    assert kept == [row_id + end for row_id in alone.kept["instance_id"].to_pylist() for end in ends]
    found = [r for part in (first, second) for r in part.byproducts["duplicates"].to_pylist()]
    wanted = alone.byproducts["duplicates"].to_pylist()
    assert found == [{**row, "instance_id": row["instance_id"] + end} for row in wanted for end in ends]


def test_conservation_and_schemas():
    texts = ["a b c d", "a b c d", "x"]
    result = deduplicate(table(texts), config=Deduplicate(), pool=KEPT.empty_table())
    assert result.kept.num_rows + result.rejected.num_rows == len(texts)
    assert result.rejected.schema == REJECT
    empty = deduplicate(table([]), config=Deduplicate(), pool=KEPT.empty_table())
    assert empty.kept.schema == KEPT


@pytest.mark.parametrize("text", ["hello world", "", "!", "右叶结节 12mm", "x" * 255, "The quick, brown fox 1.2 cm"])
def test_simhash_equals_the_package(text):
    assert simhash64(text) == Simhash(text).value


def test_simhash_of_a_gram_repeated_more_than_255_times_does_not_overflow():
    assert simhash64("a" * 400) == simhash64("a" * 50)
