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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from prefpairs.contracts import Contract, contract
from prefpairs.errors import BusyError, ContractError, PrefpairsError, system_words
from prefpairs.files import make_private_folder, sha256_json
from prefpairs.stage import StageReport
from prefpairs.stream_writer import StreamWriter
from prefpairs.table_folder import TableFolder, check_folder

_FINGERPRINT = "prefpairs.fingerprint"
_REPORT = "prefpairs.report"
NO_TABLE = -1
# Delta's log keeps the smallest and largest value of each column of each file, and keeps them after the
# file was erased. Only columns that anybody may read get such statistics.
_STATISTICS = "delta.dataSkippingStatsColumns"


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables of one project under one folder (`<root>/<zone>/<table>`), private to its owner.

    Raises
    ------
    ConfigError
        If the folder's path holds a character with which no table can be read.

    """

    root: Path

    def __post_init__(self) -> None:
        """Refuse a folder before anything is written to it."""
        check_folder(self.root)

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
        return pl.scan_delta(TableFolder(str(self.path(table)), version=version))

    def append(
        self, table: str, rows: pl.DataFrame | pa.Table, *, transaction: tuple[str, int] | None = None
    ) -> None:
        """Add rows in one commit. `transaction` = (application id, version) is stored with them."""
        properties = _properties(transactions=[transaction] if transaction else ())
        self._write(table, rows, mode="append", properties=properties)

    def overwrite(
        self, table: str, rows: pl.DataFrame | pa.Table, *, fingerprint: str, report: StageReport
    ) -> None:
        """Replace the table in one commit that remembers what it was made from, and the counts.

        Its schema is replaced too: a lake of an earlier version of prefpairs gets the contract's new columns.
        """
        properties = _properties(fingerprint=fingerprint, report=report)
        self._write(table, rows, mode="overwrite", properties=properties, schema_mode="overwrite")

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

    def writer(self, table: str) -> StreamWriter:
        """Return a writer for more rows than memory holds; they appear with its one `commit`."""
        definition = contract(table)

        def commit(files: Sequence[AddAction], transactions: Sequence[tuple[str, int]]) -> None:
            self._commit_files(definition, files, transactions)

        return StreamWriter(definition, self.path(table), commit)

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

    def _commit_files(
        self, definition: Contract, files: Sequence[AddAction], transactions: Sequence[tuple[str, int]]
    ) -> None:
        if not self.exists(definition.table):
            self._create(definition)
        actions: list[AddAction | RemoveAction] = [*files]
        try:
            self._delta(definition.table).create_write_transaction(
                actions,
                "append",
                definition.schema,
                partition_by=list(definition.partition_by) or None,
                commit_properties=_properties(transactions=transactions),
            )
        except DeltaError as error:
            raise _refused(definition.table, error) from None

    def _write(
        self,
        table: str,
        rows: pl.DataFrame | pa.Table,
        *,
        mode: Any,
        properties: CommitProperties,
        predicate: str | None = None,
        schema_mode: Literal["overwrite"] | None = None,
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
                schema_mode=schema_mode,
                predicate=predicate,
                partition_by=list(definition.partition_by) or None,
                commit_properties=properties,
            )
        except DeltaError as error:
            raise _refused(table, error) from None


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
