"""What asking models has cost, by endpoint, as the warehouse's ledger knows it. Reads only; holds no text."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConfigError

LEDGER = "ledger.sqlite"
_SQL = """
SELECT endpoint, max(model), sum(answered), sum(wasted), total(tokens_in), total(tokens_out), total(cost_usd) FROM (
    SELECT endpoint, model, 1 AS answered, 0 AS wasted, prompt_tokens AS tokens_in, completion_tokens AS tokens_out,
           cost_usd FROM answers
    UNION ALL
    SELECT endpoint, '', 0, 1, prompt_tokens, completion_tokens, cost_usd FROM spent
) GROUP BY endpoint ORDER BY endpoint
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one endpoint has cost; ``wasted`` completions were paid for and not usable."""

    endpoint: str
    model: str
    answered: int
    wasted: int
    tokens_in: int
    tokens_out: int
    cost_usd: float


def ledger_path(root: Path) -> Path:
    """Give the file of a warehouse that remembers every paid answer."""
    return root / LEDGER


def costs_of(root: Path) -> list[Cost]:
    """Sum the ledger by endpoint; nothing where nobody was asked yet.

    Raises: ConfigError when the ledger cannot be read.
    """
    path = ledger_path(root)
    if not path.is_file():
        return []
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=60)
        try:
            rows = connection.execute(_SQL).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise ConfigError(f"{path} cannot be read ({type(error).__name__})") from None
    return [Cost(str(r[0]), str(r[1]), int(r[2]), int(r[3]), int(r[4]), int(r[5]), float(r[6])) for r in rows]
