"""What is damaged in a table: its log, or which of its files.

In: the name of a table and paths of its files. Out: what to say about it.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import ConfigError

BROKEN_LOG = "table {0}: its log cannot be read; restore tables/{0}/_delta_log from a copy"


def count_rows(name: str, paths: Sequence[str]) -> int:
    """Count the rows of files of a table, by what stands at their ends.

    Raises: ConfigError naming the file that is missing or damaged.
    """
    try:
        return sum(pq.read_metadata(path).num_rows for path in paths)
    except (OSError, pa.ArrowException):
        raise ConfigError(broken_file(name, paths)) from None


def broken_file(name: str, paths: Sequence[str]) -> str:
    """Say which of a table's files cannot be read."""
    for path in paths:
        try:
            for _ in pq.ParquetFile(path).iter_batches():
                pass
        except FileNotFoundError:
            return f"table {name}: {Path(path).name} is missing; restore it from a copy"
        except (OSError, pa.ArrowException):
            return f"table {name}: {Path(path).name} is damaged; restore it from a copy"
    return f"table {name} could not be read; try again"
