"""The numbers of an audit and the page that shows them."""

import json
import re
from html.parser import HTMLParser

import pytest

from curation.statistics import clopper_pearson
from flows.masks.audit.figures import figures
from flows.masks.audit.measure import Finding
from flows.masks.audit.page import bound_of, render_page
from flows.masks.audit.planted import OURS, Audit, Plan

EVIL = '<img src="http://evil.example/x">'


def finding(number, kind="phi", *, ok=True, size_px=14, contrast=100, layout="bare", language="en"):
    return Finding(f"f-{number}", layout, "fan", language, kind, "name", size_px, contrast, (0, 0, 9, 9), ok)


def audit(ours, others=(), **settings):
    return Audit(
        Plan(3, 7),
        findings={OURS: list(ours), "every box": list(others)},
        changed_px={OURS: (1, 1000), "every box": (0, 0)},
        frames=3,
        layouts={"bare"},
        canvases={"fan"},
        **settings,
    )


def test_leaks_are_bounded_by_frame():
    ours = [
        finding(1),
        finding(1, ok=False),
        finding(1, ok=False),
        finding(2),
        finding(3),
        finding(3, size_px=9, ok=False),
    ]
    numbers = figures(audit(ours))
    method = numbers["methods"][OURS]
    assert (method["phi_items"], method["leaked_items"]) == (6, 3)
    bound = bound_of(method)
    assert (bound["items"], bound["leaked_items"], bound["frames"], bound["leaking_frames"]) == (5, 2, 3, 1)
    assert bound["upper_95_by_frame"] == round(clopper_pearson(1, 3, sided="upper").high, 5)
    assert method["fainter_or_smaller"] == {"items": 1, "leaked": 1}
    assert method["scan_pixels_changed_outside_phi"] == 0.001
    assert numbers["methods"]["every box"]["scan_pixels_changed_outside_phi"] is None
    json.dumps(numbers)


def test_groups_count_leaks_and_kept_items():
    ours = [
        finding(1, layout="blue", ok=False),
        finding(2, "measurement", layout="blue", language="zh"),
        finding(2, "measurement", layout="blue", ok=False, contrast=-30),
        finding(3, "landmark", size_px=24),
    ]
    by = figures(audit(ours))["by"]
    assert by["layout"]["blue"]["leaked_items"] == 1
    assert by["layout"]["blue"]["kept"]["measurement"] == {"items": 2, "share": 0.5}
    assert by["language"]["zh"]["kept"]["measurement"] == {"items": 1, "share": 1.0}
    assert set(by["size_px"]) == {"014-017", "023+"}
    assert set(by["contrast"]) == {"025-059", "100-149"}


class Page(HTMLParser):
    """Collects what a page would load, and its words."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.tags, self.words = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_loads_nothing_and_escapes_everything():
    ours = [finding(1, ok=False, layout=EVIL), finding(2, "measurement", language=EVIL)]
    numbers = figures(audit(ours, quarantined={"frame-1.png": EVIL}, absent_peers=[EVIL]))
    text = render_page(numbers, [(f"{EVIL} — LEAK", b"before", b"after")])
    page = Page(text)
    assert not page.tags & {"script", "link", "iframe", "object", "embed", "form", "a", "base"}
    assert len(page.sources) == 2
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert not re.search(r"url\(|@import|<img[^>]+http", text)
    assert EVIL in "".join(page.words)  # shown as text


@pytest.mark.parametrize(("ok", "marked"), [(True, False), (False, True)])
def test_the_headline_says_how_many_leak_and_the_bound(ok, marked):
    numbers = figures(audit([finding(1, ok=ok), finding(2)], [finding(1, ok=False), finding(2, ok=False)]))
    words = "".join(Page(render_page(numbers, [])).words)
    leaks = 0 if ok else 1
    assert f"{leaks} of 2 planted PHI items leaked, in {leaks} of 2 frames" in words
    assert numbers["scope"] in words
    assert ("big leak" in render_page(numbers, [])) is marked


def test_an_audit_of_which_everything_is_quarantined_says_so():
    numbers = figures(audit([], quarantined={"frame-1.png": "RESIDUAL_PHI"}))
    bound = bound_of(numbers["methods"][OURS])
    assert (bound["frames"], bound["upper_95_by_frame"]) == (0, 1.0)
    assert "in quarantine: RESIDUAL_PHI" in "".join(Page(render_page(numbers, [])).words)
