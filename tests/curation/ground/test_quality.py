"""Levels of picture quality, from whoever can see."""

import pyarrow as pa

from curation.generate.request import Answer, Failure
from curation.ground.quality import rate
from schemas.annotated import Rate
from schemas.grounding import FRAME_QUALITY
from schemas.instruction import Tier
from schemas.reject import RejectReason


class Eyes:
    def __init__(self, *said):
        self.said, self.asked = said, []

    def ask(self, requests):
        self.asked += requests
        return [
            Failure(one, "x") if isinstance(one, RejectReason) else Answer(r.key, one, "e", "m", Tier.RESEARCH, "stop")
            for r, one in zip(requests, self.said or ['{"level": "low"}'] * len(requests), strict=True)
        ]


def test_every_frame_has_a_level_or_says_why_not():
    rows = [{"frame_id": f"c/i/f{n}", "case_id": "c", "site": "s"} for n in range(3)]
    pool = Eyes('{"level": "high"}', '{"level": "splendid"}', RejectReason.NO_CAPABLE_ENDPOINT)
    pictures = {row["frame_id"]: b"png%d" % n for n, row in enumerate(rows)}
    result = rate(pa.Table.from_pylist(rows), config=Rate(), pool=pool, pictures=pictures)
    assert result.kept.schema == FRAME_QUALITY and result.rejected.num_rows == 0
    found = [(row["level"], row["failure"], row["model"]) for row in result.kept.to_pylist()]
    assert found == [("high", None, "m"), (None, "MALFORMED_ANSWER", None), (None, "NO_CAPABLE_ENDPOINT", None)]
    assert [request.pictures[0].encoded for request in pool.asked] == [b"png0", b"png1", b"png2"]
    assert not any(request.blind_ok for request in pool.asked)


def test_no_rows():
    empty = FRAME_QUALITY.empty_table().select(["frame_id", "case_id", "site"])
    assert rate(empty, config=Rate(), pool=Eyes(), pictures={}).kept.schema == FRAME_QUALITY
