"""Keys of endpoints: from the environment or a Prefect Secret block, at the last moment, into memory only.

Flows in: endpoints. Flows out: keys by endpoint name, or ConfigError that names the endpoint and the setting.
"""

from collections.abc import Sequence

from curation.pool.terms import checked_key, key_from_environment
from flows.server import set_quiet
from schemas.endpoint import Endpoint
from schemas.errors import ConfigError


def keys_of(endpoints: Sequence[Endpoint]) -> dict[str, str]:
    """Find the keys of the endpoints that need one; the environment wins over a Secret block.

    Raises: ConfigError.
    """
    keys: dict[str, str] = {}
    for endpoint in endpoints:
        if endpoint.api_key_env is not None:
            keys[endpoint.name] = key_from_environment(endpoint) or ""
        elif endpoint.api_key_secret is not None:
            keys[endpoint.name] = checked_key(endpoint, "api_key_secret", _from_block(endpoint))
    return keys


def _from_block(endpoint: Endpoint) -> str:
    set_quiet()
    from prefect.blocks.system import Secret  # noqa: PLC0415 - needs a Prefect server

    try:
        return str(Secret.load(str(endpoint.api_key_secret)).get())  # type: ignore[union-attr]
    except Exception:  # noqa: BLE001 - server answers carry the block's document
        message = f"Prefect Secret '{endpoint.api_key_secret}' cannot be loaded"
        raise ConfigError(f"endpoint {endpoint.name}: api_key_secret: {message}") from None
