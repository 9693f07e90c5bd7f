"""`sonocurate review export` and `import`: the same tasks and answers as in Label Studio, in sheets, without a server.

Flows in: a sample, or a sheet that a reviewer filled in. Flows out: a folder with `review-1.csv` (every pair),
`review-2.csv` (those that two reviewers look at) and `frames/`; or rows of `reviews`.
Of a sheet only task, verdict, errors, comment, reviewer and time are read; what was asked is known from the sample.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.masks.readers.sheets import PRIVATE_FOLDER, fresh_folder, read_moment, read_sheet, sheet, write_private
from flows.person import check_code
from flows.progress import Track
from flows.review.interface import made_of
from flows.review.push import answers_of
from flows.review.record import Given, Recorded, record
from flows.review.sample import tasks_of
from flows.review.shown import Desk
from flows.stage import Context
from schemas.errors import ConfigError
from schemas.expert import ExpertError, ExpertVerdict, ReviewSource

_SHOWN = ("system", "kind", "language", "report", "question", "answer", "frames")
_ANSWERED = ("verdict", "errors", "comment", "reviewer")
COLUMNS = ("task_id", *_SHOWN, *_ANSWERED, "reviewed_at")
FRAMES = "frames"
_BLOCK = 200
#: A cell that starts so would be a formula for a spreadsheet program.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Exported:
    """How many rows the sheets have."""

    rows: dict[str, int]
    left: int

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        for name, count in self.rows.items():
            yield f"{name}: {count} pairs"
        if self.left:
            yield f"{self.left} pairs have left or changed since the sample was drawn"


def export_sheets(context: Context, sample: str | None, out_dir: Path) -> Exported:
    """Write a sheet for each reader, and the frames, into a new folder.

    Raises: ConfigError.
    """
    rows = tasks_of(context.shelf, sample).to_pylist()
    fresh_folder(out_dir, apart_from=[context.shelf.root])
    (out_dir / FRAMES).mkdir(mode=PRIVATE_FOLDER)
    written = list(_written(context, rows, out_dir))
    twice = {row["task_id"] for row in rows if row["readers"] > 1}
    second = [row for row in written if row["task_id"] in twice]
    sheets = {"review-1.csv": written, **({"review-2.csv": second} if second else {})}
    for name, content in sheets.items():
        write_private(out_dir / name, sheet(COLUMNS, content))
    return Exported({name: len(content) for name, content in sheets.items()}, len(rows) - len(written))


def import_sheet(context: Context, path: Path) -> Recorded:
    """Take the filled-in rows of a sheet; the same ones again change nothing.

    Raises: ConfigError naming the row, with nothing changed, when one is half filled in.
    """
    saved_at = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.is_file() else datetime.now(UTC)
    given: list[Given] = []
    empty = 0
    seen: set[tuple[str, str]] = set()
    for number, row in read_sheet(path, ("task_id", *_ANSWERED), optional=("reviewed_at",)):
        where = f"{path.name}, row {number}"
        if not any(row[name] for name in ("verdict", "errors", "comment")):
            empty += 1
            continue
        one = _given(row, saved_at, where)
        if (one.task_id, one.reviewer) in seen:
            raise ConfigError(f"{where}: {one.reviewer} reviewed this task in an earlier row; delete one of the rows")
        seen.add((one.task_id, one.reviewer))
        given.append(one)
    recorded = record(context, given)
    if empty:
        recorded.notes.append(f"{empty} rows are not filled in yet")
    return recorded


def _written(context: Context, rows: Sequence[Mapping[str, Any]], out_dir: Path) -> Iterator[dict[str, str]]:
    desk = Desk(context.shelf)
    with Track("review export", len(rows), unit="pairs") as track:
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            shown = list(answers_of(context, block, desk))
            for name, picture in desk.frames([pair for _, pair, _ in shown], context.config.review.picture_px).items():
                write_private(out_dir / FRAMES / _file_of(name), picture)
            for task_id, pair, answer in shown:
                frames = "; ".join(f"{FRAMES}/{_file_of(name)}" for name in pair.frame_ids)
                texts = (pair.system, pair.task, pair.language, pair.report, pair.question, answer, frames)
                yield {"task_id": task_id, **dict(zip(_SHOWN, map(_cell, texts), strict=True))}
            track.advance(len(block))


def _file_of(frame_id: str) -> str:
    return frame_id.replace("/", "_") + ".jpg"


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _given(row: Mapping[str, str], saved_at: datetime, where: str) -> Given:
    errors = [word.strip().lower() for word in row["errors"].replace("；", ";").replace(",", ";").split(";")]
    errors = [word for word in errors if word]
    verdict = row["verdict"].lower()
    if not verdict:
        raise ConfigError(f"{where}: half filled in: the verdict is missing ({', '.join(ExpertVerdict)})")
    if verdict not in set(ExpertVerdict):
        raise ConfigError(f"{where}: verdict must be one of {', '.join(ExpertVerdict)}")
    if not set(errors) <= set(ExpertError):
        raise ConfigError(f"{where}: errors must be of {', '.join(ExpertError)}, separated by ;")
    answer = made_of(verdict, errors, row["comment"])
    if answer is None:
        wanted = "an accepted pair has no errors" if verdict == ExpertVerdict.ACCEPT else "errors are missing"
        raise ConfigError(f"{where}: half filled in: {wanted}")
    if not row["reviewer"] or not row["task_id"]:
        raise ConfigError(f"{where}: half filled in: task_id and reviewer are needed; the reviewer is a code")
    try:
        reviewer = check_code(row["reviewer"], "reviewer")
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    moment = read_moment(row.get("reviewed_at", "")) or saved_at
    return Given(row["task_id"], reviewer, answer, moment, ReviewSource.CSV)
