"""A condition says the same of a row whenever it is asked."""

import pytest

from schemas.errors import ConfigError
from warehouse.export.selection import Condition


@pytest.mark.parametrize(
    ("where", "named"),
    [
        ("random() < 0.5", r"random\(\)"),
        ("\"random\"() < 0.5 AND answer <> ''", r"random\(\)"),
        ("system.main.random() < 0.5", r"random\(\)"),
        ("len(list_filter(systems, lambda x: random() < 0.5)) > 0", r"random\(\)"),
        ("uuid() > 'a'", r"uuid\(\)"),
        ("now() > TIMESTAMP '2020-01-01'", r"now\(\)"),
        ("Current_Date > DATE '2020-01-01'", "current_date"),
        ("localtimestamp IS NOT NULL", "localtimestamp"),
        ("ago(INTERVAL 1 DAY) IS NOT NULL", r"ago\(\)"),
        ("age(TIMESTAMP '2020-01-01') IS NOT NULL", r"age\(\)"),
        ("current_setting('threads') = '1'", r"current_setting\(\)"),
        ("nextval('a') = 1", r"nextval\(\)"),
        ("row_number() OVER () < 5", "a window function"),
        ("(SELECT count(*) FROM pairs) > 300", "a subquery"),
        ("EXISTS (SELECT 1)", "a subquery"),
        ("answer IN (SELECT answer FROM pairs)", "a subquery"),
    ],
)
def test_a_condition_that_may_change_is_refused(where, named):
    with pytest.raises(ConfigError, match=f"^--where: a condition may use .*: not {named}$"):
        Condition(where)


@pytest.mark.parametrize(
    "where",
    [
        "language IN ('zh', 'en') AND length(question) BETWEEN 1 AND 20",
        "answer ILIKE '%liver%' OR NOT answer GLOB 'a*' OR answer ~ 'b'",
        "list_contains([x FOR x IN systems IF x <> ''], 'liver') AND systems[1] = 'liver'",
        "pairs.task = 'vqa'",
        "hash(instance_id) % 10 = 0",
        "month(DATE '2020-01-01') = 1 AND nullif(answer, '') IS NOT NULL AND split_part(case_id, '-', 1) = 'a'",
        "list_count(systems) > 0 AND CASE WHEN task = 'vqa' THEN true ELSE answer::VARCHAR = 'a' END -- all of it",
    ],
)
def test_what_holds_still_is_taken(where):
    assert Condition(where).sql == where


def test_what_is_no_text_is_refused():
    with pytest.raises(ConfigError, match="^--where: must be UTF-8 text$"):
        Condition("answer = '\udcff'")
