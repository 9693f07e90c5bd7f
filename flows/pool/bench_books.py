"""What a rehearsal server was sent, against the limits of its endpoint.

Flows in: the log of a server. Flows out: counts.
"""

import bisect
import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from curation.pool.rates import MINUTE_S
from schemas.endpoint import Endpoint


def log_of(url: str) -> dict[str, Any]:
    """Read the log of a server, with how often it was sent something while it had asked to wait."""
    with urllib.request.urlopen(f"{url}/log", timeout=60) as answer:  # noqa: S310 - our own server on loopback
        log: dict[str, Any] = json.load(answer)
    log["too_soon"] = too_soon(log["seen"])
    return log


def too_soon(seen: Sequence[dict[str, Any]]) -> int:
    """Count requests of one text that came again before the seconds of its Retry-After were over."""
    free_s: dict[str, float] = {}
    early = 0
    for one in seen:
        early += one["at_s"] < free_s.get(one["text"], 0.0)
        if one["act"].startswith("429:"):
            free_s[one["text"]] = one["at_s"] + float(one["act"][4:])
    return early


def most_in_a_minute(times_s: Sequence[float], amounts: Sequence[float]) -> float:
    """Give the largest sum of amounts in any sliding minute; times in order."""
    totals = [0.0]
    for amount in amounts:
        totals.append(totals[-1] + amount)
    ends = [bisect.bisect_left(times_s, at_s + MINUTE_S) for at_s in times_s]
    return max((totals[end] - totals[first] for first, end in enumerate(ends)), default=0.0)


def limits_kept(endpoint: Endpoint, log: dict[str, Any]) -> tuple[str, str]:
    """Say what an endpoint received at most, and what it may receive."""
    seen = log["seen"]
    times_s = [one["at_s"] for one in seen]
    requests = most_in_a_minute(times_s, [1] * len(seen))
    tokens = most_in_a_minute(times_s, [len(one["text"]) // 4 + 1 for one in seen])
    at_once = max((one["running"] for one in seen), default=0)
    limit = f"{endpoint.max_concurrency}, rpm {endpoint.rpm}, tpm_input {endpoint.tpm_input}"
    return f"{at_once}, {requests:.0f} requests, {tokens:.0f} tokens in", f"<= {limit}"
