"""Decisions are read as they were written, and changed sheets are refused."""

import pytest

from flows.masks.review.review import read_decisions
from schemas.errors import ConfigError
from schemas.review import ReviewDecision
from tests.flows.masks.review.queue_site import (
    apply,
    decide,
    log,
    queue_rows,
    write_rows,
)


def test_decisions_are_read_as_they_were_written_in_any_order_and_encoding(out):
    decide(out, {"low_score": "keep", "collision": "mask"})
    rows = queue_rows(out)[::-1]
    rows[0] |= {"decision": " MASK ", "reviewer": " r2 "}
    write_rows(out, rows[:-1], encoding="utf-16", delimiter="\t")
    found = read_decisions(out)
    assert len(found) == 6
    assert found[0].decision is None  # its row was deleted
    last = next(row for row in found if row.offer.review_id == rows[0]["review_id"])
    assert (last.decision, last.reviewer) == (ReviewDecision.MASK, "r2")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"decision": "show"}, "keep, mask or empty"),
        ({"decision": "keep", "reviewer": ""}, "needs a reviewer"),
        ({"decision": "keep", "reviewer": "Dr. Wang Fang"}, "not a name"),
        ({"review_id": "f" * 32}, "unknown"),
        ({"x0": "0"}, "only decision and reviewer"),
        ({"y1": "x"}, "only decision and reviewer"),
        ({"frame_id": "x"}, "only decision and reviewer"),
        ({"rule": "default_deny"}, "only decision and reviewer"),
    ],
)
def test_a_sheet_that_was_changed_is_refused(site, out, change, says):
    rows = queue_rows(out)
    rows[1] |= change
    write_rows(out, rows)
    with pytest.raises(ConfigError, match=rf"queue.csv, row 3: .*{says}"):
        read_decisions(out)
    with pytest.raises(ConfigError):
        apply(site, out)
    assert log(site) == []


def test_a_row_twice_is_refused_and_a_half_written_queue_is_none(out):
    rows = queue_rows(out)
    write_rows(out, [*rows, rows[0]])
    with pytest.raises(ConfigError, match=r"row 8: .*twice"):
        read_decisions(out)
    (out / "queue.csv").unlink()
    with pytest.raises(ConfigError, match="no finished review queue"):
        read_decisions(out)
