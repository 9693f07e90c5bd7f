"""Which pairs of a release are exported: the rows of a split that meet a condition, counted once, read in order.

In: a source and an optional SQL condition on the columns of a pair. Out: rows by position. A condition sees one row at
a time and nothing else: no file, no other table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from schemas.errors import ConfigError
from schemas.grounding import ANNOTATION
from schemas.instruction import INSTRUCTION_PAIR
from schemas.released import RELEASED_GROUNDED
from warehouse.catalog import check_text
from warehouse.export.source import Group, Source
from warehouse.export.steady import unsteady

#: Errors of DuckDB that quote the condition and never a row.
_ABOUT_THE_CONDITION = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)


#: Components that are exported, with the columns of their rows.
SCHEMAS = {"pairs": INSTRUCTION_PAIR, "grounded": RELEASED_GROUNDED, "annotations": ANNOTATION}


class Condition:
    """A condition on the columns of a pair, as DuckDB reads it."""

    def __init__(self, sql: str | None, component: str = "pairs") -> None:
        """Check the condition.

        Raises: ConfigError when it is none.
        """
        self._schema = SCHEMAS[component]
        self.sql = sql
        if sql is None:
            return
        self._database = duckdb.connect(config={"threads": 1})
        self._database.execute("SET python_enable_replacements = false")
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")
        self._check(sql)

    def filter(self, rows: pa.Table) -> pa.Table:
        """Keep the rows that meet the condition, in their order.

        Raises: ConfigError when it cannot be computed.
        """
        if self.sql is None or rows.num_rows == 0:
            return rows
        self._database.register("pairs", rows)
        try:
            statement = f"SELECT coalesce(({self.sql}\n), false) AS kept FROM pairs"  # noqa: S608 - see _check
            mask = self._database.sql(statement).to_arrow_table()
        except (duckdb.Error, pa.ArrowException) as error:  # these quote values of rows
            raise ConfigError(f"--where: the condition failed ({type(error).__name__})") from None
        finally:
            self._database.unregister("pairs")
        if mask.num_rows != rows.num_rows or not pa.types.is_boolean(mask["kept"].type):
            raise ConfigError("--where: must be a condition that is true or false of every pair")
        return rows.filter(mask["kept"])

    def _check(self, sql: str) -> None:
        check_text(sql, "--where")
        statement = f"SELECT 1 FROM pairs WHERE ({sql}\n)"  # noqa: S608 - parsed and bound only, on no rows
        self._database.register("pairs", self._schema.empty_table())
        try:
            parsed = self._database.extract_statements(statement)
            if len(parsed) != 1 or parsed[0].type != duckdb.StatementType.SELECT:
                raise ConfigError("--where: must be one condition, such as \"language = 'zh'\"")
            moving = unsteady(self._database, sql, self._schema.names)
            if moving:
                raise ConfigError(
                    "--where: a condition may use the columns of a pair only, and functions that give the same for "
                    f"the same row whenever they are asked: not {moving}"
                )
            self._database.sql(statement).fetchall()
        except _ABOUT_THE_CONDITION as error:
            raise ConfigError(f"--where: {str(error).splitlines()[0]}") from None
        except duckdb.Error as error:
            raise ConfigError(
                f"--where: a condition may use the columns of a pair only ({type(error).__name__})"
            ) from None
        finally:
            self._database.unregister("pairs")


@dataclass
class Selected:
    """The pairs of one split that are exported."""

    split: str
    counts: list[tuple[Group, int]] = field(default_factory=list)
    frames: set[str] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """Number of pairs."""
        return sum(count for _, count in self.counts)


class Selection:
    """The pairs of some splits that meet a condition."""

    def __init__(self, source: Source, splits: tuple[str, ...], condition: Condition, component: str = "pairs") -> None:
        """Count the pairs and collect the frames that they name.

        Raises: ConfigError when a case is in two splits, or nothing is selected.
        """
        self._source, self._component = source, component
        self._condition = condition
        self._frames = "frame_id" if component == "annotations" else "frame_ids"
        self._last: tuple[Group, Sequence[str] | None, pa.Table] | None = None
        self.splits = {split: self._scan(split) for split in splits}
        self._keep_apart()
        if not any(found.rows for found in self.splits.values()):
            raise ConfigError(f"release {source.name}: no pair of {', '.join(splits)} meets the condition")

    def rows(self, split: str, start: int, stop: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Give the selected pairs from one position to another (half-open), in the order of the release.

        With all columns, or those that are named.
        """
        position = 0
        for group, count in self.splits[split].counts:
            first, last = max(start, position), min(stop, position + count)
            if first < last:
                yield self._filtered(group, columns).slice(first - position, last - first)
            position += count

    def _scan(self, split: str) -> Selected:
        found = Selected(split)
        places = ["case_id", self._frames]
        for group in self._source.groups(self._component, split):
            rows = self._condition.filter(self._source.read(group, None if self._condition.sql else places))
            found.counts.append((group, rows.num_rows))
            found.frames.update(_listed(rows)["frame_ids"].combine_chunks().flatten().to_pylist())
            found.cases.update(rows["case_id"].unique().to_pylist())
        return found

    def _filtered(self, group: Group, columns: Sequence[str] | None) -> pa.Table:
        if self._last is None or self._last[:2] != (group, columns):
            own = None if columns is None or self._condition.sql else [self._own(name) for name in columns]
            rows = _listed(self._condition.filter(self._source.read(group, own)))
            self._last = (group, columns, rows if columns is None else rows.select(list(columns)))
        return self._last[2]

    def _own(self, column: str) -> str:
        return self._frames if column == "frame_ids" else column

    def _keep_apart(self) -> None:
        """Refuse a release where a case, or a patient, is in two of its splits, chosen or not."""
        seen: dict[str, str] = {}
        for split in self._source.splits(self._component):
            patients = self._source.patients(split)
            cases = self.splits[split].cases if split in self.splits else set()
            for one in {*cases, *patients, *(f"patient {key}" for key in patients.values())}:
                if seen.setdefault(one, split) != split:
                    unit = "patient" if one.startswith("patient ") else "case"
                    raise ConfigError(
                        f"release {self._source.name}: a {unit} is in {seen[one]} and in {split}: damaged"
                    )


def _listed(rows: pa.Table) -> pa.Table:
    """Give rows about one frame a list of frames, as pairs have it."""
    if "frame_ids" in rows.column_names:
        return rows
    frames = rows["frame_id"].combine_chunks()
    ends = pa.array(range(len(frames) + 1), pa.int32())
    return rows.append_column("frame_ids", pa.ListArray.from_arrays(ends, frames))
