"""Rows, more than memory holds -> Parquet files inside a table's folder, which appear with one commit."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Self
from urllib.parse import quote

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from prefpairs.contracts import Contract
from prefpairs.files import PRIVATE_FILE, make_private_folder

_ROW_GROUP_ROWS = 131_072
_WAITING_BYTES = 1 << 27
_OPEN_FILES = 64
_COMPRESSION_LEVEL = 3  # zstd 9 saves 7 % of the bytes for four times the CPU
# A dictionary of values that are mostly different costs memory and time and saves nothing.
_MOSTLY_DIFFERENT = frozenset({"name", "title", "selftext", "body", "text", "age_h"})

Commit = Callable[[Sequence[AddAction], Sequence[tuple[str, int]]], None]
"""Makes files appear in their table, with application transactions stored beside them."""


class StreamWriter:
    """Writes rows to Parquet files inside a Delta table's folder; `commit` makes them appear, at once.

    Rows wait in memory until there are enough for a good row group, and few files are open at a time,
    so a table may have any number of rows and partitions. Use it in a `with`: without a commit its files
    are removed. Those of a process that was killed are invisible, and `Lake.purge` removes them.
    """

    def __init__(self, definition: Contract, folder: Path, commit: Commit) -> None:
        self._contract = definition
        self._folder = make_private_folder(folder)
        self._commit = commit
        self._waiting: dict[tuple[str, ...], list[pa.Table]] = {}
        self._waiting_bytes = 0
        self._open: dict[tuple[str, ...], tuple[Path, pq.ParquetWriter]] = {}
        self._finished: list[AddAction] = []
        self._file_schema = pa.schema([f for f in definition.schema if f.name not in definition.partition_by])
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abandon()

    def write(self, rows: pl.DataFrame | pa.Table) -> None:
        """Add rows, which must conform to the table's contract. They stay invisible until `commit`."""
        data = self._contract.conform(rows.to_arrow() if isinstance(rows, pl.DataFrame) else rows)
        self.rows += data.num_rows
        for key, part in _partitions(data, self._contract.partition_by):
            self._waiting.setdefault(key, []).append(part.select(self._file_schema.names))
        self._waiting_bytes += data.nbytes
        if self._waiting_bytes >= _WAITING_BYTES:
            self._flush()

    def commit(self, *, transaction: tuple[str, int] | None = None, also: Sequence[tuple[str, int]] = ()) -> None:
        """Make every row written appear in one commit, with `transaction` and `also` stored beside them."""
        self._flush()
        for key in list(self._open):
            self._finish(key)
        self._commit(self._finished, [*([transaction] if transaction else []), *also])
        self._finished.clear()

    def abandon(self) -> None:
        """Remove the files written since the last commit; nothing of them was visible."""
        for path, writer in self._open.values():
            with suppress(OSError):
                writer.close()
            path.unlink(missing_ok=True)
        for action in self._finished:
            (self._folder / action.path).unlink(missing_ok=True)
        self._open.clear()
        self._finished.clear()
        self._waiting.clear()

    def _flush(self) -> None:
        for key, parts in self._waiting.items():
            rows = pa.concat_tables(parts).combine_chunks()
            self._file(key).write_table(rows, row_group_size=_ROW_GROUP_ROWS)
        self._waiting.clear()
        self._waiting_bytes = 0

    def _file(self, key: tuple[str, ...]) -> pq.ParquetWriter:
        if key not in self._open:
            if len(self._open) >= _OPEN_FILES:
                self._finish(next(iter(self._open)))
            path = self._new_file(key)
            writer = pq.ParquetWriter(
                path,
                self._file_schema,
                compression="zstd",
                compression_level=_COMPRESSION_LEVEL,
                use_dictionary=[f.name for f in self._file_schema if f.name not in _MOSTLY_DIFFERENT],
                write_page_checksum=True,
            )
            self._open[key] = (path, writer)
        return self._open[key][1]

    def _new_file(self, key: tuple[str, ...]) -> Path:
        names = zip(self._contract.partition_by, key, strict=True)
        folder = self._folder.joinpath(*(f"{name}={quote(value, safe='')}" for name, value in names))
        # The name only has to be new: what is in the file is decided by the rows alone.
        path = make_private_folder(folder) / f"part-{os.getpid()}-{os.urandom(8).hex()}.zstd.parquet"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        return path

    def _finish(self, key: tuple[str, ...]) -> None:
        path, writer = self._open.pop(key)
        writer.close()
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        rows = pq.read_metadata(path).num_rows
        self._finished.append(
            AddAction(
                path=str(path.relative_to(self._folder)),
                size=path.stat().st_size,
                partition_values=dict(zip(self._contract.partition_by, key, strict=True)),
                modification_time=int(path.stat().st_mtime * 1000),
                data_change=True,
                stats=json.dumps({"numRecords": rows}),
            )
        )


def _partitions(rows: pa.Table, columns: Sequence[str]) -> Iterator[tuple[tuple[str, ...], pa.Table]]:
    """Split rows by the values of `columns`, each part in the order of the rows."""
    if rows.num_rows == 0:
        return
    codes = np.zeros(rows.num_rows, dtype=np.int64)
    for name in columns:
        encoded = rows[name].combine_chunks().dictionary_encode()
        codes = codes * len(encoded.dictionary) + encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    starts = [0, *(np.flatnonzero(np.diff(codes[order])) + 1).tolist(), rows.num_rows]
    if codes.max() > codes.min():
        rows = rows.take(pa.array(order))
    for start, end in pairwise(starts):
        part = rows.slice(start, end - start)
        yield tuple(str(part[name][0].as_py()) for name in columns), part
