"""Who is asked: endpoints that can take a request, in an order that follows from the request alone.

In: a request and endpoints. Out: endpoints by choice. The order does not depend on timing, load or what else is asked.
Source: Schindelhauer and Schomaker 2005, weighted distributed hash tables (score = -weight / ln(u)).
"""

import hashlib
import math
from collections.abc import Sequence

from curation.generate.request import Request
from schemas.endpoint import Endpoint


def can_take(endpoint: Endpoint, request: Request) -> bool:
    """Say whether an endpoint can take a request: the one that must, its pictures, and log probabilities if asked."""
    if request.only not in (None, endpoint.name):
        return False
    if request.params.get("logprobs") and "logprobs" not in endpoint.capabilities:
        return False
    n_pictures = len(request.pictures)
    if n_pictures == 0 or (request.blind_ok and "vision" not in endpoint.capabilities):
        return True
    return "vision" in endpoint.capabilities and n_pictures <= endpoint.max_images


def in_order(request: Request, key: str, endpoints: Sequence[Endpoint]) -> list[int]:
    """Give the places of the endpoints that can take a request, by weighted rendezvous hashing.

    Endpoints that keep to a JSON schema come first for a request that has one.
    """

    def score(endpoint: Endpoint) -> float:
        digest = hashlib.sha256(f"{key}/{endpoint.name}".encode()).digest()
        return -endpoint.weight / math.log((int.from_bytes(digest[:8]) + 1) / (2**64 + 1))

    def rank(place: int) -> tuple[bool, float, str]:
        endpoint = endpoints[place]
        misfit = request.schema is not None and "json_schema" not in endpoint.capabilities
        return misfit, -score(endpoint), endpoint.name

    return sorted((place for place, one in enumerate(endpoints) if can_take(one, request)), key=rank)


def jitter(key: str, *what: object) -> float:
    """Draw a number in [0, 1) that depends on the request and the occasion alone."""
    text = "/".join([key, *map(str, what)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48
