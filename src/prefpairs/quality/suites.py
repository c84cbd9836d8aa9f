"""expectations/suites/*.json + contracts -> suites of which nothing is left to a default.

The files hold the domain rules that a steward reads and changes; the checks that every column is
there, in order, and filled where it must be, are generated from the contract.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefpairs.contracts import Contract, contract
from prefpairs.errors import ContractError, GateError
from prefpairs.resources import project_folder

GATED_TABLES = (
    "posts", "comments", "score_observations", "decisions", "selected_pairs", "texts", "spans", "threads", "pairs",
    "sft", "improvements",
)  # fmt: skip
RAW_TEXT = "restricted"
"""The privacy class of columns whose values are never handed to a validation library."""

_COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list")
_CONDITION = "row_condition"
_NAME = re.compile(r"[A-Za-z_]\w*")
_EVERY_ROW: dict[str, Any] = {"mostly": 1, "row_condition": None, "condition_parser": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One rule: Great Expectations' type, its arguments, and the rule in plain words."""

    type: str
    description: str
    arguments: Mapping[str, Any]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        named = [self.arguments[name] for name in _COLUMN_ARGUMENTS if name in self.arguments]
        return tuple(column for value in named for column in ([value] if isinstance(value, str) else value))

    @property
    def reads(self) -> frozenset[str]:
        """Everything that its result hangs on: its columns, and whatever name its condition may mean."""
        condition = self.arguments.get(_CONDITION)
        return frozenset(self.columns) | frozenset(_NAME.findall(condition) if isinstance(condition, str) else ())

    def __str__(self) -> str:
        return f"{self.type} on {', '.join(self.columns) or 'the table'} ({self.description})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The rules of one table.

    Attributes
    ----------
    written
        The rules of the JSON file.
    generated
        The rules that follow from the contract.
    min_rows
        Fewer rows than this fail: Great Expectations itself passes an empty table.

    """

    table: str
    min_rows: int
    written: tuple[Expectation, ...]
    generated: tuple[Expectation, ...]

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """All rules: the contract's first."""
        return self.generated + self.written


def suites_folder() -> Path:
    """Return the folder of the suites that ship with this installation."""
    return project_folder("expectations") / "suites"


def read_suites(folder: Path) -> tuple[Suite, ...]:
    """Read the suites of all gated tables.

    Raises
    ------
    GateError
        If one is missing, empty, malformed, or belongs to no gated table: it names the file.

    """
    files = {path.stem: path for path in folder.glob("*.json")}
    missing = [table for table in GATED_TABLES if table not in files]
    unknown = sorted(set(files) - set(GATED_TABLES))
    if missing or unknown:
        msg = f"The suites in {folder} do not match the gated tables: missing {missing}, unknown {unknown}."
        raise GateError(msg)
    return tuple(_read_suite(files[table]) for table in GATED_TABLES)


def _read_suite(path: Path) -> Suite:
    try:
        return suite_from_json(path.stem, json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError):
        msg = f"Suite {path} is not valid JSON. Correct it, or restore it from the last release."
        raise GateError(msg) from None


def suite_from_json(table: str, document: Any) -> Suite:
    """Check the JSON of a suite against its contract, and add the rules that the contract asks for.

    Raises
    ------
    GateError
        If a key is missing or unknown, there is no expectation, or a column is not in the contract.

    """
    body = _object(document, {"name", "meta", "expectations"}, f"Suite '{table}'")
    meta = _object(body["meta"], {"min_rows"}, f"Suite '{table}', meta")
    definition = _contract(table)
    if body["name"] != table:
        msg = f"Suite '{table}' carries the name of another table."
        raise GateError(msg)
    if type(meta["min_rows"]) is not int or meta["min_rows"] < 0:
        msg = f"Suite '{table}': meta.min_rows must be a whole number, 0 or more."
        raise GateError(msg)
    if not isinstance(body["expectations"], list) or not body["expectations"]:
        msg = f"Suite '{table}' holds no expectations. An empty suite would pass everything, so it is refused."
        raise GateError(msg)
    return Suite(
        table=table,
        min_rows=meta["min_rows"],
        written=tuple(_expectation(definition, item) for item in body["expectations"]),
        generated=_from_contract(definition),
    )


def _expectation(definition: Contract, item: Any) -> Expectation:
    where = f"Suite '{definition.table}', an expectation"
    body = _object(item, {"type", "description", "kwargs"}, where)
    if not isinstance(body["kwargs"], dict) or not all(
        isinstance(body[key], str) for key in ("type", "description")
    ):
        msg = f"{where}: type and description are texts, kwargs is an object."
        raise GateError(msg)
    rule = Expectation(type=body["type"], description=body["description"], arguments=body["kwargs"])
    privacy = {field.name: field.privacy for field in definition.fields}
    for column in rule.columns:
        if column not in privacy:
            msg = f"Suite '{definition.table}', {rule.type}: the contract has no column {column!r}."
            raise GateError(msg)
    for column in sorted(rule.reads):
        if privacy.get(column) == RAW_TEXT:
            msg = f"Suite '{definition.table}', {rule.type}: '{column}' is raw text, which the gate never reads."
            raise GateError(msg)
    return rule


def _from_contract(definition: Contract) -> tuple[Expectation, ...]:
    in_order = Expectation(
        type="expect_table_columns_to_match_ordered_list",
        description="The columns are those of the contract, in its order.",
        arguments={"column_list": list(definition.columns)},
    )
    filled = [
        Expectation(
            type="expect_column_values_to_not_be_null",
            description="The contract requires a value.",
            arguments={"column": field.name, **_EVERY_ROW},
        )
        for field in definition.fields
        if not field.nullable
    ]
    return (in_order, *filled)


def _contract(table: str) -> Contract:
    try:
        return contract(table)
    except ContractError as error:
        msg = f"Suite '{table}': {error}"
        raise GateError(msg) from None


def _object(value: Any, keys: set[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != keys:
        got = sorted(value) if isinstance(value, dict) else type(value).__name__
        msg = f"{where}: expected an object with exactly the keys {sorted(keys)}, got {got}."
        raise GateError(msg)
    return value
