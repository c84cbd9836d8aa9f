"""schemas/*.odcs.yaml -> Arrow schemas, and the check that a table is what its contract says.

Contracts are ODCS 3.1 (Open Data Contract Standard, Bitol): one table a file, `physicalType` is the
Arrow type in Arrow's own spelling, `classification` the privacy class. Every schema in prefpairs comes
from here: the Delta tables, the Great Expectations column checks, the field table of the dataset card.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import pyarrow as pa
import yaml

from prefpairs.errors import ContractError
from prefpairs.resources import project_folder

Zone = Literal["raw", "clean", "control"]

_SIMPLE_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "binary": pa.binary(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column: its Arrow type, and what a reader of the card needs to know."""

    name: str
    type: pa.DataType
    nullable: bool
    description: str
    privacy: str
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One table: where it lives, its columns in order, its key and its partition columns."""

    table: str
    version: str
    zone: Zone
    description: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    partition_by: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, in column order."""
        return pa.schema([pa.field(field.name, field.type, field.nullable) for field in self.fields])

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(field.name for field in self.fields)

    def conform(self, table: pa.Table) -> pa.Table:
        """Return `table` with exactly the contract's columns, order and types.

        Columns may come in any order and in a type that casts without loss (`large_string`, `int32`
        for `int64`). Nothing is invented: a missing or an extra column is an error.

        Raises
        ------
        ContractError
            Names the table, the column and what is wrong. Never a value.

        """
        missing = [name for name in self.columns if name not in table.column_names]
        extra = [name for name in table.column_names if name not in self.columns]
        if missing or extra:
            msg = f"Table '{self.table}' has other columns than its contract: missing {missing}, extra {extra}."
            raise ContractError(msg)
        columns = [self._conform_column(field, table.column(field.name)) for field in self.fields]
        return pa.Table.from_arrays(columns, schema=self.schema)

    def _conform_column(self, field: Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
        if column.type != field.type:
            try:
                column = column.cast(field.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
                # `from None`: Arrow's own message quotes the value.
                msg = f"Table '{self.table}', column '{field.name}': {column.type} is not {field.type}."
                raise ContractError(msg) from None
        if not field.nullable and column.null_count:
            msg = f"Table '{self.table}', column '{field.name}': {column.null_count} nulls where none are allowed."
            raise ContractError(msg)
        return column


def contract(table: str) -> Contract:
    """Return the contract of a table.

    Raises
    ------
    ContractError
        If there is no such contract, or its file is not a valid one.

    """
    return _read_contract(table)


def tables() -> tuple[str, ...]:
    """Return the names of all tables that have a contract, sorted."""
    return tuple(
        sorted(path.name.removesuffix(".odcs.yaml") for path in project_folder("schemas").glob("*.odcs.yaml"))
    )


def arrow_type(text: str) -> pa.DataType:
    """Read an Arrow type in Arrow's own spelling: `string`, `list<int32>`, `struct<a: string, b: int32>`.

    Raises
    ------
    ContractError
        If the spelling is not one of the types that contracts use.

    """
    text = text.strip()
    if text in _SIMPLE_TYPES:
        return _SIMPLE_TYPES[text]
    if match := re.fullmatch(r"list<(.+)>", text, re.DOTALL):
        return pa.list_(arrow_type(match.group(1)))
    if match := re.fullmatch(r"struct<(.+)>", text, re.DOTALL):
        parts = [part.split(":", 1) for part in _split_outside_brackets(match.group(1))]
        if all(len(part) == 2 for part in parts):
            return pa.struct([pa.field(name.strip(), arrow_type(spelling)) for name, spelling in parts])
    msg = f"'{text}' is not an Arrow type that contracts use."
    raise ContractError(msg)


def _split_outside_brackets(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


@cache
def _read_contract(table: str) -> Contract:
    path = project_folder("schemas") / f"{table}.odcs.yaml"
    if not path.is_file():
        msg = f"There is no contract for a table '{table}'. Known: {', '.join(tables())}."
        raise ContractError(msg)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return _contract_from(document)
    except (KeyError, IndexError, TypeError) as error:
        msg = f"The contract {path.name} is not complete: {error!r}."
        raise ContractError(msg) from error


def _contract_from(document: dict[str, Any]) -> Contract:
    schema = document["schema"][0]
    custom = {item["property"]: item["value"] for item in schema["customProperties"]}
    properties = schema["properties"]
    partitions = sorted((p["partitionKeyPosition"], p["name"]) for p in properties if p.get("partitioned"))
    return Contract(
        table=schema["name"],
        version=document["version"],
        zone=custom["zone"],
        description=schema["description"],
        fields=tuple(_field_from(item) for item in properties),
        key=tuple(item["name"] for item in properties if item.get("primaryKey")),
        partition_by=tuple(name for _, name in partitions),
    )


def _field_from(item: dict[str, Any]) -> Field:
    custom = {entry["property"]: entry["value"] for entry in item.get("customProperties", [])}
    return Field(
        name=item["name"],
        type=arrow_type(item["physicalType"]),
        nullable=not item["required"],
        description=item["description"],
        privacy=item["classification"],
        unit=custom.get("unit"),
    )
