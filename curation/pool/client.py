"""The HTTP client of one endpoint, and what its exceptions mean.

In: an endpoint. Out: a client that neither retries nor follows redirects: attempts, limits and time are the schedule's.
"""

import aiohttp
import httpx2
import openai
from openai import AsyncOpenAI, DefaultAioHttpClient

from curation.pool.images import UnreadableImageError
from curation.pool.terms import Terms, is_loopback
from curation.pool.wire import Kind, Trouble, trouble_of
from schemas.endpoint import Endpoint
from schemas.reject import RejectReason

_DROPPED = (openai.APIConnectionError, httpx2.HTTPError, aiohttp.ClientError, OSError)


def client_of(endpoint: Endpoint, terms: Terms) -> AsyncOpenAI:
    """Make the client; on loopback no proxy of the environment is asked."""
    limits = httpx2.Limits(max_connections=endpoint.max_concurrency, max_keepalive_connections=None)
    return AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=terms.keys.get(endpoint.name, "none"),
        max_retries=0,
        timeout=None,
        http_client=DefaultAioHttpClient(trust_env=not is_loopback(endpoint), follow_redirects=False, limits=limits),
    )


def trouble_from(error: Exception, name: str) -> Trouble:
    """Say in words without content what an exception of a call means."""
    if isinstance(error, openai.APIStatusError):
        return trouble_of(error.status_code, error.response.headers, name)
    if isinstance(error, TimeoutError):
        return Trouble(Kind.HUNG, f"endpoint {name} did not answer in time")
    if isinstance(error, UnreadableImageError):
        return Trouble(Kind.REFUSED, "an image of the request cannot be read", reason=RejectReason.UNREADABLE_IMAGE)
    if isinstance(error, _DROPPED):
        return Trouble(Kind.DOWN, f"endpoint {name} could not be reached or dropped the connection")
    return Trouble(Kind.DOWN, f"endpoint {name} sent a malformed body")
