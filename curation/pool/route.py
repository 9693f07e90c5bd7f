"""Who is asked: endpoints that can take a request, in an order that follows from the request alone.

In: a request and endpoints. Out: endpoints by choice. The order does not depend on timing, load or what else is asked.
Source: Schindelhauer and Schomaker 2005, weighted distributed hash tables (score = -weight / ln(u)).
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace

from curation.generate.request import Failure, Request
from schemas.endpoint import Endpoint
from schemas.reject import RejectReason

ALL_SUSPENDED = "all models that could write it are suspended for it: add an endpoint, or change the prompt"


def can_take(endpoint: Endpoint, request: Request) -> bool:
    """Say whether an endpoint may take a request, and can: its pictures, and log probabilities if asked for."""
    if endpoint.model in request.barred or request.only not in (None, endpoint.name):
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


def nobody(request: Request, endpoints: Sequence[Endpoint], why: str) -> Failure:
    """Say why no endpoint takes a request: all that could are suspended for it, or none could."""
    if request.barred and in_order(replace(request, barred=frozenset()), "", endpoints):
        return Failure(RejectReason.STRATEGY_SUSPENDED, ALL_SUSPENDED)
    return Failure(RejectReason.NO_CAPABLE_ENDPOINT, why)


def jitter(key: str, *what: object) -> float:
    """Draw a number in [0, 1) that depends on the request and the occasion alone."""
    text = "/".join([key, *map(str, what)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48
