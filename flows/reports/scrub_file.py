"""`sonocurate scrub`: a JSONL file of reports becomes a JSONL file of scrubbed reports, line by line, in order.

Flows in: rows {"case_id", "language", "text", "known_phi"}; the last and the language may be missing. Flows out: rows
{"case_id", "text", "spans": [{"start", "end", "entity_type", "replacement"}]}, offsets half-open code points of the
original text; a rejected row has {"text": null, "spans": [], "error"}. The output appears when it is whole.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from curation.pseudonym import Pseudonymizer
from curation.text.ner import load_redactor
from curation.text.scrub import Report, RowRejected, Tools, scrub_report
from flows.known import read_known
from flows.progress import Track
from schemas.config import Scrub, Scrubbing
from schemas.errors import ConfigError
from schemas.reject import RejectReason

#: Rows that one process scrubs at a time, and such batches that wait.
_BATCH, _AHEAD = 64, 2
#: The site of reports outside a warehouse: surrogates are consistent within a project.
_SITE = "file"


@dataclass(frozen=True)
class Scrubbed:
    """How many rows were written, and why some have no text."""

    rows: int
    rejected: Counter[str]

    def lines(self) -> list[str]:
        """Say it in plain words."""
        lines = [f"{self.rows} reports, {self.rows - self.rejected.total()} scrubbed"]
        return lines + [f"  {count} rejected: {reason}" for reason, count in sorted(self.rejected.items())]


def scrub_file(source: Path, target: Path, *, config: Scrubbing, key: bytes | None, workers: int = 1) -> Scrubbed:
    """Scrub a file.

    Raises: ConfigError when the input cannot be read, the output exists, or surrogates have no key.
    """
    if config.scrub.mode == "surrogate" and key is None:
        raise ConfigError("--mode surrogate needs the pseudonym key: run `sonocurate key init`")
    if target.exists():
        raise ConfigError(f"{target} exists: name a new file")
    rejected: Counter[str] = Counter()
    rows = 0
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with source.open("rb") as lines, unfinished.open("w", encoding="utf-8", newline="\n") as out:
            n_lines = sum(1 for line in lines if line.strip())
            lines.seek(0)
            with Track("scrub", n_lines, unit="reports") as track:
                for row in _scrubbed(lines, config.scrub, key, workers):
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")
                    rows += 1
                    rejected.update([row["error"]] if "error" in row else [])
                    track.advance()
        unfinished.replace(target)
    except OSError as error:
        raise ConfigError(f"cannot read {source} or write {target}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return Scrubbed(rows, rejected)


def _scrubbed(lines: Iterable[bytes], config: Scrub, key: bytes | None, workers: int) -> Iterator[dict[str, Any]]:
    """Scrub lines in order, in this process or in several."""
    filled = (line for line in lines if line.strip())
    batches = iter(lambda: list(islice(filled, _BATCH)), [])
    if workers == 1:
        _start(config, key)
        for batch in batches:
            yield from _scrub_batch(batch)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (config, key)) as pool:
        waiting = [pool.submit(_scrub_batch, batch) for batch in islice(batches, workers * _AHEAD)]
        while waiting:
            yield from waiting.pop(0).result()
            waiting += [pool.submit(_scrub_batch, batch) for batch in islice(batches, 1)]


_ready: dict[str, Any] = {}


def _start(config: Scrub, key: bytes | None) -> None:
    """Load the models of this process once."""
    tools = Tools(load_redactor(ner=config.ner), Pseudonymizer(key) if key else None)
    _ready.update(config=config, tools=tools)


def _scrub_batch(lines: list[bytes]) -> list[dict[str, Any]]:
    return [_scrub_line(line.rstrip(b"\r\n"), _ready["config"], _ready["tools"]) for line in lines]


def _scrub_line(line: bytes, config: Scrub, tools: Tools) -> dict[str, Any]:
    """Scrub one row; whatever is wrong with it becomes its error."""
    case_id = None
    try:
        row, case_id = _read(line)
        if not isinstance(row.get("text"), str) or not row["text"].strip():
            raise RowRejected(RejectReason.EMPTY_REPORT)
        known = read_known(row.get("known_phi"))
        if known is None or not isinstance(row.get("language") or "", str):
            raise RowRejected(RejectReason.MALFORMED_ROW)
        report = Report((row["text"],), row.get("language"), known, _SITE, str(case_id))
        _, [redaction] = scrub_report(report, config, tools)
    except RowRejected as refusal:
        return {"case_id": case_id, "text": None, "spans": [], "error": refusal.reason.value}
    spans = [
        {"start": s.start, "end": s.end, "entity_type": s.entity, "replacement": s.replacement} for s in redaction.spans
    ]
    return {"case_id": case_id, "text": redaction.text, "spans": spans}


def _read(line: bytes) -> tuple[dict[str, Any], Any]:
    """Read a row and its id; bytes that are no UTF-8 leave the id, not the text."""
    plain = line.removeprefix(b"\xef\xbb\xbf")
    try:
        row = json.loads(plain.decode("utf-8"))
    except UnicodeDecodeError:
        return {"text": "\ufffd" * 3}, _id_of(plain)
    except (ValueError, RecursionError):
        raise RowRejected(RejectReason.MALFORMED_ROW) from None
    if not isinstance(row, dict):
        raise RowRejected(RejectReason.MALFORMED_ROW)
    case_id = row.get("case_id")
    return row, case_id if isinstance(case_id, str | int) else None


def _id_of(line: bytes) -> str | None:
    try:
        row = json.loads(line.decode("utf-8", "replace"))
    except ValueError:
        return None
    case_id = row.get("case_id") if isinstance(row, dict) else None
    return case_id if isinstance(case_id, str) and "\ufffd" not in case_id else None
