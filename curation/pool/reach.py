"""Is anyone there? Asks every endpoint for its models before any data is sent.

In: endpoints. Out: a problem in words, or None, by name.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai
from openai import OpenAI

from curation.pool.terms import Terms, check_hosts, is_loopback
from schemas.endpoint import Endpoint

_THREADS = 16


def check_endpoints(
    endpoints: Sequence[Endpoint], timeout_s: float = 10.0, terms: Terms | None = None
) -> dict[str, str | None]:
    """Ask every endpoint for its models.

    Raises: ConfigError for an endpoint off this machine whose host is not allowed.
    """
    terms = terms or Terms()
    check_hosts(endpoints, terms.allowed)
    with ThreadPoolExecutor(min(_THREADS, len(endpoints))) as threads:
        problems = threads.map(lambda endpoint: _problem(endpoint, timeout_s, terms), endpoints)
        return dict(zip((endpoint.name for endpoint in endpoints), problems, strict=True))


def _problem(endpoint: Endpoint, timeout_s: float, terms: Terms) -> str | None:
    """Say what to do about an endpoint that does not list its models."""
    client = OpenAI(
        base_url=endpoint.base_url,
        api_key=terms.keys.get(endpoint.name, "none"),
        max_retries=0,
        timeout=timeout_s,
        http_client=httpx2.Client(trust_env=not is_loopback(endpoint), follow_redirects=False),
    )
    try:
        with client:
            client.get("/models", cast_to=httpx2.Response).json()
    except openai.APIStatusError as error:
        return f"answered status {error.status_code} to GET /models: check its key and base_url"
    except (openai.APIConnectionError, httpx2.HTTPError, OSError):
        return "cannot be reached: check base_url and that the server runs"
    except (openai.OpenAIError, ValueError):
        return "sent a malformed body to GET /models: check base_url"
    return None
