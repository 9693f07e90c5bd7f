"""The terms of a pool: how long a request may take, what may be spent, where data may go, and with which keys.

In: endpoints and the list of allowed hosts. Out: which endpoints lie off this machine under which agreement, or
ConfigError. The analogous table of a pipeline's TOML is ``[[generate.allowed]]``, of an endpoints file ``[[allowed]]``.
"""

import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.endpoint import AllowedHost, Endpoint
from schemas.errors import ConfigError

DEADLINE_S = 600.0


@dataclass(frozen=True, slots=True)
class Terms:
    """``keys`` holds the keys by endpoint name; an endpoint that is not in it needs none."""

    deadline_s: float = DEADLINE_S
    first_backoff_s: float = 0.5
    budget_usd: float | None = None
    allowed: Sequence[AllowedHost] = ()
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class External:
    """An endpoint off this machine, and the agreement that allows it."""

    endpoint: str
    host: str
    agreement: str


def check_hosts(endpoints: Sequence[Endpoint], allowed: Sequence[AllowedHost]) -> list[External]:
    """List the endpoints off this machine; the host must be allowed exactly as it stands in ``base_url``.

    Raises: ConfigError for a host that is not allowed, for two endpoints of one name, or for none.
    """
    if not endpoints:
        raise ConfigError("endpoints: at least one is needed")
    names = [endpoint.name for endpoint in endpoints]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"endpoint {twice[0]}: name: two endpoints have it")
    agreements = {entry.host.lower().rstrip("."): entry.agreement for entry in allowed}
    found = []
    for endpoint in endpoints:
        if is_loopback(endpoint):
            continue
        if endpoint.host not in agreements:
            raise ConfigError(
                f"endpoint {endpoint.name}: base_url: {endpoint.host} is off this machine and not allowed: list it in "
                "an [[allowed]] table ([[generate.allowed]] in a pipeline) with host and agreement (the reference of "
                "the data-processing agreement)"
            )
        found.append(External(endpoint.name, endpoint.host, agreements[endpoint.host]))
    return found


def is_loopback(endpoint: Endpoint) -> bool:
    """Say whether an endpoint's address never leaves this machine."""
    if endpoint.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(endpoint.host).is_loopback
    except ValueError:
        return False


def key_from_environment(endpoint: Endpoint) -> str | None:
    """Read the key of an endpoint from its variable; None where it names none.

    Raises: ConfigError.
    """
    if endpoint.api_key_env is None:
        return None
    return checked_key(endpoint, "api_key_env", os.environ.get(endpoint.api_key_env, ""))


def checked_key(endpoint: Endpoint, setting: str, value: str) -> str:
    """Take a key that can stand in a header.

    Raises: ConfigError that names the endpoint and the setting, never the value.
    """
    key = value.strip()
    place = getattr(endpoint, setting)
    if not key:
        raise ConfigError(f"endpoint {endpoint.name}: {setting}: {place} is not set: it must hold the key")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(f"endpoint {endpoint.name}: {setting}: {place} holds characters that no key has")
    return key
