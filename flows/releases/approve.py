"""`sonocurate release approve`: answer the release that waits, from the command line.

Flows in: a decision. Flows out: the flow run goes on; it checks the decision itself.
"""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from flows.person import check_code
from flows.releases.decision import WAITING
from flows.server import set_quiet
from schemas.errors import ConfigError


def waiting(root: Path) -> dict[str, Any]:
    """Read which release waits.

    Raises: ConfigError when none does.
    """
    try:
        note: dict[str, Any] = json.loads((root / WAITING).read_text(encoding="utf-8"))
        UUID(note["flow_run_id"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"no release of {root} waits for approval") from None
    return note


def answer(root: Path, approver: str, *, approve: bool) -> str:
    """Answer the release that waits; gives its name.

    Raises: ConfigError when none waits, the approver is no code, or Prefect does not take the answer.
    """
    note = waiting(root)
    check_code(approver, "approver")
    set_quiet()
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - reads its settings at import
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    given = {"approve": approve, "approver": approver, "figures_sha256": note["figures_sha256"]}
    try:
        with temporary_settings(updates={PREFECT_API_URL: note["api_url"]}), get_client(sync_client=True) as client:
            result = client.resume_flow_run(UUID(note["flow_run_id"]), run_input=given)
    except Exception as error:  # noqa: BLE001 - client and server errors of many kinds
        raise ConfigError(
            f"Prefect does not take the answer ({type(error).__name__}): is the run still there?"
        ) from None
    if str(getattr(result.status, "value", result.status)) != "ACCEPT":
        raise ConfigError("Prefect does not take the answer: the run no longer waits")
    return str(note["release"])
