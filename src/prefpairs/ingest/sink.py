"""The rows of one input -> four tables, in commits that a crash between them cannot make double.

Each commit carries the input's application transaction. A rerun writes only the tables that lack it,
and `posts`, the last one, says that the input is done.
"""

from collections.abc import Sequence
from typing import Self

import pyarrow as pa

from prefpairs.lake import Lake

TABLES = ("quarantine", "score_observations", "comments", "posts")
"""In the order of their commits."""
LAST_TABLE = TABLES[-1]


class Sink:
    """The tables of one input. Use it in a `with`: without `commit`, nothing was written."""

    def __init__(self, lake: Lake, application: str) -> None:
        self._application = application
        self._writers = {
            table: lake.writer(table) for table in TABLES if lake.transaction_version(table, application) is None
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.abandon()

    def write(self, table: str, rows: pa.Table) -> None:
        """Add rows, unless an earlier run that was interrupted has committed this table already."""
        if table in self._writers and rows.num_rows:
            self._writers[table].write(rows)

    def commit(self, *, also: Sequence[tuple[str, int]] = ()) -> None:
        """Make everything visible, `posts` last; `also` are further transactions to store with `posts`."""
        for table, writer in self._writers.items():
            writer.commit(transaction=(self._application, 1), also=also if table == LAST_TABLE else ())
