"""The table store: Delta tables in three zones, each write one atomic commit that conforms to its contract.

Nothing half-done is ever visible: data files are written first, and a table changes only with the
commit that names them. A commit carries a *fingerprint* of what it was made from, so that the next
run can see that there is nothing to do, and an *application transaction*, so that the same input is
never appended twice and a watermark can never disagree with its rows.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from prefpairs.contracts import Contract, contract
from prefpairs.errors import BusyError, ContractError, PrefpairsError, system_words
from prefpairs.files import PRIVATE_FILE, make_private_folder, sha256_json
from prefpairs.stage import StageReport

_FINGERPRINT = "prefpairs.fingerprint"
_REPORT = "prefpairs.report"
_ROW_GROUP_ROWS = 131_072
_WAITING_BYTES = 1 << 27
_OPEN_FILES = 64
_COMPRESSION_LEVEL = 3  # zstd 9 saves 7 % of the bytes for four times the CPU
NO_TABLE = -1
# Delta's log keeps the smallest and largest value of each column of each file, and keeps them after the
# file was erased. Only columns that anybody may read get such statistics.
_STATISTICS = "delta.dataSkippingStatsColumns"


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables of one project under one folder (`<root>/<zone>/<table>`), private to its owner."""

    root: Path

    def path(self, table: str) -> Path:
        """Return the folder of a table."""
        return self.root / contract(table).zone / table

    def exists(self, table: str) -> bool:
        """Say whether the table was ever written."""
        return DeltaTable.is_deltatable(str(self.path(table)))

    def version(self, table: str) -> int:
        """Return the table's Delta version, or -1 if it was never written."""
        return self._delta(table).version() if self.exists(table) else NO_TABLE

    def scan(self, table: str, *, version: int | None = None) -> pl.LazyFrame:
        """Return the table as a lazy frame; a table that was never written is an empty one.

        `version` reads the table as of that Delta version.
        """
        if not self.exists(table):
            return _empty(contract(table)).lazy()
        return pl.scan_delta(str(self.path(table)), version=version)

    def append(
        self, table: str, rows: pl.DataFrame | pa.Table, *, transaction: tuple[str, int] | None = None
    ) -> None:
        """Add rows in one commit. `transaction` = (application id, version) is stored with them."""
        properties = _properties(transactions=[transaction] if transaction else ())
        self._write(table, rows, mode="append", properties=properties)

    def overwrite(
        self, table: str, rows: pl.DataFrame | pa.Table, *, fingerprint: str, report: StageReport
    ) -> None:
        """Replace the table in one commit that remembers what it was made from, and the counts."""
        properties = _properties(fingerprint=fingerprint, report=report)
        self._write(table, rows, mode="overwrite", properties=properties)

    def replace_partition(
        self, table: str, rows: pl.DataFrame | pa.Table, *, where: Mapping[str, str], fingerprint: str
    ) -> None:
        """Replace the rows of one partition in one commit. `where` = partition column -> value."""
        predicate = " AND ".join(f"{name} = '{_sql(value)}'" for name, value in where.items())
        properties = _properties(fingerprint=fingerprint)
        self._write(table, rows, mode="overwrite", properties=properties, predicate=predicate)

    def merge(self, table: str, rows: pl.DataFrame | pa.Table) -> int:
        """Append the rows whose key is not in the table yet; return how many. Running it twice adds none."""
        definition = contract(table)
        if not self.exists(table):
            self._create(definition)
        match = " AND ".join(f"old.{name} = new.{name}" for name in definition.key)
        result = (
            self._delta(table)
            .merge(_conform(definition, rows), match, source_alias="new", target_alias="old")
            .when_not_matched_insert_all()
            .execute()
        )
        return int(result["num_target_rows_inserted"])

    def delete_ids(
        self, table: str, column: str, ids: Sequence[str], *, where: Mapping[str, str] | None = None
    ) -> int:
        """Delete the rows whose `column` is one of `ids`; return how many. Old versions keep them: `purge`.

        `where` = column -> value narrows it to the rows that have these values too.
        """
        if not ids or not self.exists(table):
            return 0
        # A DELETE statement would write the ids into the table's log; a merge writes only names of columns.
        gone = pa.table({column: pa.array(sorted(set(ids)), pa.string())})
        conditions = [f"old.{column} = gone.{column}"]
        conditions += [f"old.{name} = '{_sql(value)}'" for name, value in (where or {}).items()]
        result = (
            self._delta(table)
            .merge(gone, " AND ".join(conditions), source_alias="gone", target_alias="old")
            .when_matched_delete()
            .execute()
        )
        return int(result["num_target_rows_deleted"])

    def purge(self, table: str) -> int:
        """Erase from disk every file that the newest version does not use; return how many."""
        if not self.exists(table):
            return 0
        return len(self._delta(table).vacuum(0, dry_run=False, enforce_retention_duration=False, full=True))

    def transaction_versions(self, table: str, applications: Iterable[str]) -> dict[str, int]:
        """Return application -> newest version, of the applications that stored one, with one look at the log."""
        if not self.exists(table):
            return {}
        delta = self._delta(table)
        versions = {application: delta.transaction_version(application) for application in applications}
        return {application: version for application, version in versions.items() if version is not None}

    def transaction_version(self, table: str, application: str) -> int | None:
        """Return the newest version that an application stored with its rows, or None."""
        return self._delta(table).transaction_version(application) if self.exists(table) else None

    def report_if_current(self, table: str, fingerprint: str) -> StageReport | None:
        """Return the report of the newest commit if it was made from `fingerprint`, else None."""
        if not self.exists(table):
            return None
        newest = self._delta(table).history(1)[0]
        if newest.get(_FINGERPRINT) != fingerprint or _REPORT not in newest:
            return None
        return StageReport.from_json(json.loads(newest[_REPORT]))

    def fingerprint(self, inputs: Sequence[str], *settings: Any) -> str:
        """Return one hash over the versions of the input tables and the JSON values that decide the output."""
        return sha256_json({"tables": {name: self.version(name) for name in inputs}, "settings": list(settings)})

    def writer(self, table: str) -> "StreamWriter":
        """Return a writer for more rows than memory holds; they appear with its one `commit`."""
        return StreamWriter(self, contract(table))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lake for one run; the operating system frees it when the process ends, however it ends.

        Raises
        ------
        BusyError
            If another run holds it.

        """
        path = make_private_folder(self.root / "control") / "run.lock"
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                msg = f"Another run holds the lake {self.root}. Wait for it to end; nothing was changed."
                raise BusyError(msg) from None
            yield
        finally:
            os.close(handle)

    def _delta(self, table: str) -> DeltaTable:
        return DeltaTable(str(self.path(table)))

    def _create(self, definition: Contract) -> DeltaTable:
        path = make_private_folder(self.path(definition.table))
        return DeltaTable.create(
            str(path),
            definition.schema,
            mode="ignore",
            partition_by=list(definition.partition_by),
            configuration={_STATISTICS: ",".join(_public_columns(definition)) or "none"},
        )

    def _write(
        self,
        table: str,
        rows: pl.DataFrame | pa.Table,
        *,
        mode: Any,
        properties: CommitProperties,
        predicate: str | None = None,
    ) -> None:
        definition = contract(table)
        data = _conform(definition, rows)
        if not self.exists(table):
            # The first write carries the contract's schema, nullability included.
            self._create(definition)
        try:
            write_deltalake(
                str(self.path(table)),
                data,
                mode=mode,
                predicate=predicate,
                partition_by=list(definition.partition_by) or None,
                commit_properties=properties,
            )
        except DeltaError as error:
            raise _refused(table, error) from None


class StreamWriter:
    """Writes rows to Parquet files inside a Delta table's folder; `commit` makes them appear, at once.

    Rows wait in memory until there are enough for a good row group, and few files are open at a time,
    so a table may have any number of rows and partitions. Use it in a `with`: without a commit its files
    are removed. Those of a process that was killed are invisible, and `Lake.purge` removes them.
    """

    def __init__(self, lake: Lake, definition: Contract) -> None:
        self._lake = lake
        self._contract = definition
        self._folder = make_private_folder(lake.path(definition.table))
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
        data = _conform(self._contract, rows)
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
        if not self._lake.exists(self._contract.table):
            self._lake._create(self._contract)
        actions: list[AddAction | RemoveAction] = [*self._finished]
        try:
            self._lake._delta(self._contract.table).create_write_transaction(
                actions,
                "append",
                self._contract.schema,
                partition_by=list(self._contract.partition_by) or None,
                commit_properties=_properties(transactions=[*([transaction] if transaction else []), *also]),
            )
        except DeltaError as error:
            raise _refused(self._contract.table, error) from None
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


# A dictionary of values that are mostly different costs memory and time and saves nothing.
_MOSTLY_DIFFERENT = frozenset({"name", "title", "selftext", "body", "text", "age_h"})


def _empty(definition: Contract) -> pl.DataFrame:
    frame = pl.from_arrow(definition.schema.empty_table())
    if not isinstance(frame, pl.DataFrame):
        raise TypeError
    return frame


def _public_columns(definition: Contract) -> list[str]:
    nested = (pa.types.is_nested, pa.types.is_binary)
    return [
        field.name
        for field in definition.fields
        if field.privacy == "public"
        and field.name not in definition.partition_by
        and not any(is_type(field.type) for is_type in nested)
    ]


def _conform(definition: Contract, rows: pl.DataFrame | pa.Table) -> pa.Table:
    table = rows.to_arrow() if isinstance(rows, pl.DataFrame) else rows
    return definition.conform(table)


def _properties(
    *,
    transactions: Sequence[tuple[str, int]] = (),
    fingerprint: str | None = None,
    report: StageReport | None = None,
) -> CommitProperties:
    metadata: dict[str, str] = {}
    if fingerprint is not None:
        metadata[_FINGERPRINT] = fingerprint
    if report is not None:
        metadata[_REPORT] = json.dumps(report.to_json(), sort_keys=True)
    return CommitProperties(
        custom_metadata=metadata or None,
        app_transactions=[Transaction(*transaction) for transaction in transactions] or None,
    )


def _refused(table: str, error: DeltaError) -> PrefpairsError:
    """Return an error without the engine's message, which may quote a value."""
    if words := system_words(error):
        return PrefpairsError(
            f"Table '{table}' could not be written: {words}. "
            "What was finished is kept; put this right, then run again."
        )
    return ContractError(f"Table '{table}' refused the write: {type(error).__name__}.")


def _sql(value: str) -> str:
    return value.replace("'", "''")
