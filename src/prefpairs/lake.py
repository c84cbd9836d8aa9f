"""The table store: Delta tables in three zones, each write one atomic commit that conforms to its contract.

Nothing half-done is ever visible: data files are written first, and a table changes only with the
commit that names them. A commit carries a *fingerprint* of what it was made from, so that the next
run can see that there is nothing to do, and an *application transaction*, so that the same input is
never appended twice and a watermark can never disagree with its rows.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from prefpairs.contracts import Contract, contract
from prefpairs.errors import BusyError, ContractError
from prefpairs.files import make_private_folder, sha256_json
from prefpairs.stage import StageReport

_FINGERPRINT = "prefpairs.fingerprint"
_REPORT = "prefpairs.report"
_ROW_GROUP_ROWS = 131_072
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
        self._write(table, rows, mode="append", properties=_properties(transaction=transaction))

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
            # `from None`: the engine's message may quote a value.
            msg = f"Table '{table}' refused the write: {type(error).__name__}."
            raise ContractError(msg) from None


class StreamWriter:
    """Writes rows to Parquet files inside a Delta table's folder; `commit` makes them appear, at once.

    One open file a partition, so memory is bounded by the rows that were not flushed yet.
    Files of a writer that never commits are invisible, and `Lake.purge` removes them.
    """

    def __init__(self, lake: Lake, definition: Contract) -> None:
        self._lake = lake
        self._contract = definition
        self._folder = make_private_folder(lake.path(definition.table))
        self._open: dict[tuple[str, ...], tuple[Path, pq.ParquetWriter]] = {}
        self._file_schema = pa.schema([f for f in definition.schema if f.name not in definition.partition_by])
        self.rows = 0

    def write(self, rows: pl.DataFrame | pa.Table) -> None:
        """Add rows, which must conform to the table's contract. They stay invisible until `commit`."""
        data = _conform(self._contract, rows)
        self.rows += data.num_rows
        if not self._contract.partition_by:
            self._write_partition((), data)
            return
        frame = pl.from_arrow(data)
        if not isinstance(frame, pl.DataFrame):
            raise TypeError
        for key, part in frame.partition_by(
            list(self._contract.partition_by), as_dict=True, maintain_order=True
        ).items():
            self._write_partition(tuple(str(value) for value in key), self._contract.conform(part.to_arrow()))

    def commit(self, *, transaction: tuple[str, int] | None = None) -> None:
        """Make every row written appear in one commit, with `transaction` stored beside them."""
        actions: list[AddAction | RemoveAction] = [self._finish(key) for key in list(self._open)]
        if not self._lake.exists(self._contract.table):
            self._lake._create(self._contract)
        self._lake._delta(self._contract.table).create_write_transaction(
            actions,
            "append",
            self._contract.schema,
            partition_by=list(self._contract.partition_by) or None,
            commit_properties=_properties(transaction=transaction),
        )

    def abandon(self) -> None:
        """Remove the files written so far; nothing of them was visible."""
        for path, writer in self._open.values():
            with suppress(OSError):
                writer.close()
            path.unlink(missing_ok=True)
        self._open.clear()

    def _write_partition(self, key: tuple[str, ...], rows: pa.Table) -> None:
        if rows.num_rows == 0:
            return
        if key not in self._open:
            parts = [
                f"{name}={quote(value, safe='')}"
                for name, value in zip(self._contract.partition_by, key, strict=True)
            ]
            folder = make_private_folder(self._folder.joinpath(*parts))
            # The name only has to be new: what is in the file is decided by the rows alone.
            path = folder / f"part-{os.getpid()}-{os.urandom(8).hex()}.zstd.parquet"
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.close(handle)
            writer = pq.ParquetWriter(
                path,
                self._file_schema,
                compression="zstd",
                compression_level=_COMPRESSION_LEVEL,
                use_dictionary=[f.name for f in self._file_schema if f.name not in _LONG_TEXT],
                write_page_checksum=True,
            )
            self._open[key] = (path, writer)
        self._open[key][1].write_table(rows.select(self._file_schema.names), row_group_size=_ROW_GROUP_ROWS)

    def _finish(self, key: tuple[str, ...]) -> AddAction:
        path, writer = self._open.pop(key)
        writer.close()
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        rows = pq.read_metadata(path).num_rows
        return AddAction(
            path=str(path.relative_to(self._folder)),
            size=path.stat().st_size,
            partition_values=dict(zip(self._contract.partition_by, key, strict=True)),
            modification_time=int(path.stat().st_mtime * 1000),
            data_change=True,
            stats=json.dumps({"numRecords": rows}),
        )


# A dictionary of long, mostly different texts costs memory and time and saves nothing.
_LONG_TEXT = frozenset({"title", "selftext", "body", "text"})


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
    transaction: tuple[str, int] | None = None,
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
        app_transactions=[Transaction(*transaction)] if transaction else None,
    )


def _sql(value: str) -> str:
    return value.replace("'", "''")
