"""Crops are sealed and expire."""

import time

import pytest

from flows.masks.review.review import open_crop, purge, read_decisions
from schemas.errors import ConfigError
from tests.flows.masks.review.queue_site import (
    offer,
)

HOUR = 3600


def test_a_crop_expires(site, out):
    name = offer(out, "low_score")["review_id"]
    open_crop(out, name, site.key, now=int(time.time()) + 71 * HOUR)
    with pytest.raises(ConfigError, match="expired"):
        open_crop(out, name, site.key, now=int(time.time()) + 73 * HOUR)


def test_nobody_can_prolong_a_crop(site, out):
    facts = (out / "offers.json").read_text()
    assert '"ttl_s": 259200' in facts
    (out / "offers.json").write_text(facts.replace("259200", "999999999"))
    with pytest.raises(ConfigError, match="expired"):
        open_crop(out, offer(out, "low_score")["review_id"], site.key, now=int(time.time()) + 73 * HOUR)


def test_a_crop_that_was_changed_swapped_or_sealed_by_others_does_not_open(site, out):
    one, two = sorted((out / "crops").iterdir())[:2]
    good = one.read_bytes()
    with pytest.raises(ConfigError, match="another key"):
        open_crop(out, one.stem, bytes(32))
    for data in (two.read_bytes(), good[:-8], good[:40] + b"AAAA" + good[44:], b"", b"no token"):
        one.write_bytes(data)
        with pytest.raises(ConfigError, match="was changed"):
            open_crop(out, one.stem, site.key)
    one.unlink()
    with pytest.raises(ConfigError, match="not there"):
        open_crop(out, one.stem, site.key)
    for name in ("../queue.csv", "", "A" * 32, f"{two.stem}/"):
        with pytest.raises(ConfigError, match="malformed"):
            open_crop(out, name, site.key)


def test_purge_deletes_what_expired_and_what_is_no_crop(site, out):
    assert purge(out) == 0
    (out / "crops" / "x.bin").write_bytes(b"no token")
    assert purge(out, now=int(time.time()) + 71 * HOUR) == 1
    assert purge(out, now=int(time.time()) + 73 * HOUR) == 6
    assert list((out / "crops").iterdir()) == []
    assert len(read_decisions(out)) == 6
    with pytest.raises(ConfigError, match="no finished review queue"):
        purge(out / "crops")
