"""Parquet files of a version -> rows, in batches; a file that breaks its contract is named."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from prefpairs.errors import ContractError

_BATCH_ROWS = 1024
_MAY_BE_NULL = {"seconds_between", "draft_id", "better_id", "preference_probability"}

Row: TypeAlias = dict[str, Any]


def grouped(
    files: Sequence[Path], columns: Sequence[str], *, by: Sequence[str], if_known: Sequence[str] = ()
) -> Iterator[list[Row]]:
    """Yield the rows that agree in `by`, of which one is `thread_id`, in the order of their first.

    Where threads stand in order, as in `sft`, one at a time is in memory, else all of them.
    """
    rows = (row for _, _, row in read(files, columns, if_known=if_known))
    together: Iterable[Iterable[Row]] = [rows]
    if _is_sorted(files):
        together = (thread for _, thread in groupby(rows, itemgetter("thread_id")))
    for some in together:
        groups: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in some:
            groups[tuple(row[name] for name in by)].append(row)
        yield from groups.values()


def _is_sorted(files: Iterable[Path]) -> bool:
    threads = (row["thread_id"] for _, _, row in read(files, ["thread_id"]))
    return all(one <= other for one, other in pairwise(threads))


def read(
    files: Iterable[Path], columns: Sequence[str], *, if_known: Sequence[str] = ()
) -> Iterator[tuple[Path, int, Row]]:
    """Yield file, row number from 1, and row; columns `if_known` only where a file has them.

    Raises
    ------
    ContractError
        If a file is not Parquet, lacks a column, or has a null where its contract allows none.

    """
    for file in files:
        try:
            yield from ((file, number, row) for number, row in enumerate(_rows(file, columns, if_known), start=1))
        except (pa.ArrowException, OSError, UnicodeError) as error:
            msg = f"{file} cannot be read as Parquet ({type(error).__name__}). Pull the version again."
            raise ContractError(msg) from None


def _rows(file: Path, columns: Sequence[str], if_known: Sequence[str]) -> Iterator[Row]:
    with pq.ParquetFile(file) as parquet:
        known = parquet.schema_arrow.names
        if missing := [name for name in columns if name not in known]:
            msg = f"{file} lacks the columns {missing}. A labels-only version has no text to train on."
            raise ContractError(msg)
        wanted = [*columns, *(name for name in if_known if name in known)]
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=wanted):
            empty = [name for name in wanted if name not in _MAY_BE_NULL and batch.column(name).null_count]
            if empty:
                msg = f"{file} has nulls in the columns {empty}, which its contract forbids."
                raise ContractError(msg)
            yield from batch.to_pylist()
