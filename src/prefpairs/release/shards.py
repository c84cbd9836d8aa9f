"""A table -> Parquet files by split, the same bytes for the same rows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from prefpairs.contracts import Contract, contract
from prefpairs.errors import ContractError
from prefpairs.files import make_private_folder, sha256_file
from prefpairs.lake import Lake
from prefpairs.release.manifest import SPLITS, FileEntry, Split

# Pairs of 3 KB make groups of 100 MB, the size that the Hub's viewer and `datasets` work with.
_ROW_GROUP_ROWS = 32_768
_COMPRESSION_LEVEL = 3
_MAX_FILES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shards:
    """One config of a version: rows of a table that are published under a name, in files of a bounded size.

    Attributes
    ----------
    config, table
        The name, and where the rows are.
    max_rows
        Of one file.
    part
        Only the rows whose column `config` is this; None takes every row.
    without
        Columns that are left out.

    """

    config: str
    table: str
    max_rows: int
    part: str | None = None
    without: tuple[str, ...] = ()

    @property
    def contract(self) -> Contract:
        """The contract of the table, without the columns that are left out."""
        whole = contract(self.table)
        return replace(whole, fields=tuple(field for field in whole.fields if field.name not in self.without))

    def write(self, lake: Lake, folder: Path) -> list[FileEntry]:
        """Write the files of every split that has rows below `folder`, sorted by key; return their entries.

        Memory is bounded by the keys of the table and the rows of one file.

        Raises
        ------
        ContractError
            If a row has another split than train, validation and test, or a key occurs twice.

        """
        definition = self.contract
        version = lake.version(self.table)
        rows = lake.scan(self.table, version=version if version >= 0 else None).drop(self.without)
        _refuse_other_splits(definition, rows)
        if self.part is not None:
            rows = rows.filter(pl.col("config") == self.part)
        return [entry for split in SPLITS for entry in self._write_split(definition, rows, split, folder)]

    def _write_split(
        self, definition: Contract, rows: pl.LazyFrame, split: Split, folder: Path
    ) -> Iterator[FileEntry]:
        of_split = rows.filter(pl.col("split") == split)
        keys = of_split.select(definition.key).sort(definition.key).collect()
        if keys.is_duplicated().any():
            msg = f"Table '{definition.table}' has a key twice in the split '{split}'; nothing was published."
            raise ContractError(msg)
        count = -(-keys.height // self.max_rows)
        if count > _MAX_FILES:
            msg = f"The split '{split}' needs {count} files; raise release.max_rows_per_file."
            raise ContractError(msg)
        for index, part in enumerate(keys.iter_slices(self.max_rows)):
            relative = f"data/{self.config}/{split}-{index:05d}-of-{count:05d}.parquet"
            path = folder / relative
            make_private_folder(path.parent)
            _write_file(definition, _rows_of(definition, of_split, part), path)
            yield FileEntry(
                path=relative,
                sha256=sha256_file(path),
                bytes=path.stat().st_size,
                rows=part.height,
                config=self.config,
                split=split,
            )


def _refuse_other_splits(definition: Contract, rows: pl.LazyFrame) -> None:
    found = rows.select(pl.col("split").unique()).collect()["split"]
    if others := len(set(found) - set(SPLITS)):
        msg = f"Table '{definition.table}' has {others} splits besides {', '.join(SPLITS)}; nothing was published."
        raise ContractError(msg)


def _rows_of(definition: Contract, rows: pl.LazyFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of some sorted keys, sorted. The range is what lets the scan skip files."""
    key = list(definition.key)
    first = keys[key[0]]
    within = pl.col(key[0]).is_between(pl.lit(first[0]), pl.lit(first[-1]))
    return rows.filter(within).join(keys.lazy(), on=key, how="semi").sort(key).collect()


def _write_file(definition: Contract, rows: pl.DataFrame, path: Path) -> None:
    with pq.ParquetWriter(
        path,
        definition.schema,
        compression="zstd",
        compression_level=_COMPRESSION_LEVEL,
        write_page_checksum=True,
        write_page_index=True,
        # Pages cut by content: a store of chunks keeps only what changed between two versions.
        use_content_defined_chunking=True,
    ) as writer:
        for part in rows.iter_slices(_ROW_GROUP_ROWS):
            # One chunk a group: how the lake's files were cut must not show in the bytes.
            table = definition.conform(part.to_arrow()).combine_chunks()
            writer.write_table(table, row_group_size=_ROW_GROUP_ROWS)
