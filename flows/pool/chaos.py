"""Kill -9 `sonocurate pool run` again and again, and look what its ledger and its server know.

Flows in: the URL of a rehearsal server. Flows out: what was lost, paid twice, or sent again.
"""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from flows.pool.bench_books import log_of

CONCURRENCY = 16


@dataclass(frozen=True)
class Found:
    """What a series of kills left."""

    n_requests: int
    kills: int
    answered: int
    ledger_rows: int
    sent_again: int
    sent_after_recorded: int

    def rows(self) -> list[tuple[str, str, str]]:
        """Give name, value and what was asked."""
        return [
            ("kills that hit a running process", str(self.kills), ""),
            ("answers in the output", str(self.answered), str(self.n_requests)),
            ("answers in the ledger, each once", str(self.ledger_rows), str(self.n_requests)),
            ("sent again", str(self.sent_again), f"<= {self.kills * CONCURRENCY} in flight"),
            ("sent again although recorded", str(self.sent_after_recorded), "0"),
        ]


def kill_and_rerun(url: str, *, n_requests: int, n_kills: int, seed: int) -> Found:
    """Run, kill at random moments, and at last let it finish."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="sonocurate-chaos-") as scratch:
        folder = Path(scratch)
        command = _command(folder, url, n_requests)
        recorded_late = Counter[str]()
        kills = 0
        at = sorted(rng.uniform(0.0, 0.95) for _ in range(n_kills))
        for share in at:
            kills += _killed(command, folder / "ledger.sqlite", share * n_requests, rng.uniform(0, 0.05))
            recorded_late = _again_although_recorded(folder, url, recorded_late)
        subprocess.run(command, check=True, capture_output=True)
        rows = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
        sent = Counter(one["text"] for one in log_of(url)["seen"])
        with sqlite3.connect(folder / "ledger.sqlite") as ledger:
            n_rows = ledger.execute("SELECT count(*) FROM answers").fetchone()[0]
    answered = sum(row["status"] == "answered" and row["answer"] == f"echo {row['id']}" for row in rows)
    again = sum(count - 1 for count in sent.values())
    return Found(n_requests, kills, answered, n_rows, again, recorded_late.total())


def _command(folder: Path, url: str, n_requests: int) -> list[str | Path]:
    table = f'[[endpoints]]\nname = "a"\nbase_url = "{url}"\nmodel = "m"\nmax_concurrency = {CONCURRENCY}\n'
    (folder / "endpoints.toml").write_text(table, encoding="utf-8")
    rows = ({"id": n, "messages": [{"role": "user", "content": str(n)}], "params": {}} for n in range(n_requests))
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    options: list[str | Path] = ["--endpoints", folder / "endpoints.toml", "--ledger", folder / "ledger.sqlite"]
    return [sys.executable, "-m", "flows.cli", "pool", "run", folder / "in.jsonl", folder / "out.jsonl", *options]


def _recorded(ledger: Path) -> set[str]:
    """Read the texts that are answered in a ledger (the server echoes them)."""
    if not ledger.exists():
        return set()
    try:
        with sqlite3.connect(ledger) as connection:
            return {row[0].removeprefix("echo ") for row in connection.execute("SELECT text FROM answers")}
    except sqlite3.OperationalError:
        return set()


def _killed(command: list[str | Path], ledger: Path, moment: float, delay_s: float) -> bool:
    """Start a run and kill it soon after its ledger holds this many answers."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(_recorded(ledger)) < moment:
        time.sleep(0.01)
    time.sleep(delay_s)
    hit = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return hit


def _again_although_recorded(folder: Path, url: str, before: Counter[str]) -> Counter[str]:
    """Count sends of texts that the ledger already held when the last run began."""
    state = folder / "recorded.json"
    known = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {"recorded": [], "sent": {}}
    sent = Counter(one["text"] for one in log_of(url)["seen"])
    late = Counter({text: sent[text] - known["sent"].get(text, 0) for text in known["recorded"]})
    state.write_text(json.dumps({"recorded": sorted(_recorded(folder / "ledger.sqlite")), "sent": sent}))
    return before + late
