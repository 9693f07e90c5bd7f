"""`sonocurate generate --dry-run`: requests, tokens and cost per endpoint before anything is spent.

Flows in: the shelf and the ledger; what is answered already costs nothing. Flows out: upper bounds. Nobody is asked:
the generate step runs against a pool that counts, gives an unusable answer to every free question (so that every
fallback is counted) and the first choice to every multiple-choice one (so that every check that follows is counted).
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from curation.generate.embedded import MODEL_FILE
from curation.generate.generate import STAGE, generate
from curation.generate.request import Answer, Failure, Request
from curation.pool.ledger import Ledger
from curation.pool.route import in_order, nobody
from curation.pool.terms import check_hosts
from curation.pool.tokens import tokens_in, tokens_out
from curation.step import table_of
from flows.generate import inputs_of
from flows.stage import context_of
from flows.watch.costs import ledger_path
from schemas.endpoint import Endpoint
from schemas.errors import ConfigError
from schemas.instruction import GENERATE_INPUT, Tier
from warehouse.journal import unfinished_ids

_EMBEDDED = Endpoint(name="embedded", base_url="http://127.0.0.1/v1", model=MODEL_FILE, tier=Tier.DEMO)


@dataclass
class Estimate:
    """What one endpoint would be asked at most."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0


class CountingPool:
    """Counts requests at their first choice; answers from the ledger where it can."""

    def __init__(self, endpoints: Sequence[Endpoint], ledger: Ledger | None) -> None:
        self._endpoints = endpoints
        self._ledger = ledger
        self._counted: set[str] = set()
        self.estimates = {endpoint.name: Estimate() for endpoint in endpoints}
        self.known = 0
        self.purposes: Counter[str] = Counter()

    def ask(self, requests: Sequence[Request]) -> list[Answer | Failure]:
        """Count every request that is not answered yet."""
        known = self._ledger.find(request.key for request in requests) if self._ledger else {}
        return [known.get(key := request.key) or self._count(request, key) for request in requests]

    def _count(self, request: Request, key: str) -> Answer | Failure:
        places = in_order(request, key, self._endpoints)
        if not places:
            return nobody(request, self._endpoints, "no endpoint can take it")
        endpoint = self._endpoints[places[0]]
        if key not in self._counted:
            self._counted.add(key)
            estimate, n_in, n_out = self.estimates[endpoint.name], round(tokens_in(request)), tokens_out(request)
            estimate.requests += 1
            estimate.tokens_in += n_in
            estimate.tokens_out += n_out
            estimate.cost_usd += endpoint.cost_usd(n_in, n_out)
            self.purposes[request.purpose] += 1
        return Answer(key, _first_choice(request), endpoint.name, endpoint.model, endpoint.tier, "stop")

    def table(self) -> Table:
        """Give the estimates."""
        table = Table("endpoint", "requests", "tokens in", "tokens out, at most", "USD, at most")
        for name, one in self.estimates.items():
            table.add_row(name, str(one.requests), str(one.tokens_in), str(one.tokens_out), f"{one.cost_usd:.4f}")
        return table


def _first_choice(request: Request) -> str:
    """Choose the first of the choices that a schema leaves; nothing where it leaves none."""
    properties: dict[str, Any] = dict((request.schema or {}).get("properties", {}))
    chosen = {name: field["enum"][0] for name, field in properties.items() if field.get("enum")}
    return json.dumps(chosen, ensure_ascii=False) if chosen else ""


def dry_run(config_path: Path, *, embedded: bool) -> CountingPool:
    """Count what the generate stage would ask for all that is new on the shelf.

    Raises: ConfigError.
    """
    context = context_of(str(config_path))
    endpoints = context.config.endpoints or ((_EMBEDDED,) if embedded else ())
    check_hosts(endpoints, context.config.generate.allowed)
    if not context.shelf.exists("reports"):
        raise ConfigError("nothing is on the shelf yet: run the stages before generate (`sonocurate run`) first")
    ids = sorted(context.shelf.read("reports", ["case_id"])["case_id"].to_pylist())
    book = ledger_path(context.shelf.root)
    pool = CountingPool(endpoints, Ledger(book) if book.exists() else None)
    unfinished = unfinished_ids(context.shelf, STAGE, context.fingerprint(STAGE), ids)
    rows = [row for row in inputs_of(context, unfinished) if row["frame_ids"]]
    generate(table_of(rows, GENERATE_INPUT), config=context.config.generate, pool=pool)
    return pool
