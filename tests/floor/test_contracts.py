"""Contracts are complete, and a table that differs from its contract is refused without quoting a value."""

import pyarrow as pa
import pytest
import yaml

from prefpairs.contracts import arrow_type, contract, tables
from prefpairs.errors import ContractError
from prefpairs.resources import project_folder

PRIVACY_CLASSES = {"public", "identifier", "restricted", "pseudonymous", "deidentified"}
DESIGNED = {
    "posts", "comments", "score_observations", "quarantine", "decisions", "selected_pairs", "texts", "spans",
    "threads", "pairs", "tombstones", "runs", "signatures", "near_duplicates", "labels", "safety_queue",
    "responses", "revisions", "selected_improvements", "improvements", "sft",
}  # fmt: skip


def test_every_designed_table_has_a_contract() -> None:
    assert set(tables()) == DESIGNED


@pytest.mark.parametrize("table", sorted(DESIGNED))
def test_contract_says_what_a_reader_needs(table: str) -> None:
    definition = contract(table)
    assert definition.key, "a table without a key cannot be checked for duplicates"
    assert set(definition.key) <= set(definition.columns)
    for field in definition.fields:
        assert field.description.endswith(".")
        assert field.privacy in PRIVACY_CLASSES


@pytest.mark.parametrize("table", sorted(DESIGNED))
def test_contract_is_odcs_3_1(table: str) -> None:
    document = yaml.safe_load((project_folder("schemas") / f"{table}.odcs.yaml").read_text(encoding="utf-8"))
    assert document["apiVersion"] == "v3.1.0"
    assert document["kind"] == "DataContract"
    assert document["schema"][0]["name"] == table


@pytest.mark.parametrize("table", sorted(DESIGNED))
def test_texts_and_identifiers_stay_out_of_published_tables(table: str) -> None:
    definition = contract(table)
    classes = {field.privacy for field in definition.fields}
    if definition.zone != "raw":
        assert "restricted" not in classes
    if table in ("pairs", "threads", "sft", "improvements"):
        assert "identifier" not in classes


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("int64", pa.int64()),
        ("list<string>", pa.list_(pa.string())),
        (
            "list<struct<a: string, b: list<int32>>>",
            pa.list_(pa.struct([pa.field("a", pa.string()), pa.field("b", pa.list_(pa.int32()))])),
        ),
    ],
)
def test_arrow_type_is_read_as_arrow_spells_it(spelling: str, expected: pa.DataType) -> None:
    assert arrow_type(spelling) == expected


@pytest.mark.parametrize("spelling", ["varchar", "list<varchar>", "struct<a>", ""])
def test_unknown_type_is_refused(spelling: str) -> None:
    with pytest.raises(ContractError):
        arrow_type(spelling)


def tombstones(**changes: object) -> pa.Table:
    columns = {"name_hash": ["a"], "reason": ["user"], "requested_at": [1], "applied_at": [None], **changes}
    return pa.table({name: values for name, values in columns.items() if values is not None})


def test_conform_puts_columns_in_order_and_in_type() -> None:
    table = tombstones(applied_at=pa.array([None], pa.int32())).select([3, 2, 1, 0])
    assert contract("tombstones").conform(table).schema == contract("tombstones").schema


@pytest.mark.parametrize(
    "wrong",
    [
        tombstones(reason=None),
        tombstones(another=["x"]),
        tombstones(requested_at=["the secret Zebedee"]),
        tombstones(reason=pa.array([None], pa.string())),
    ],
    ids=["missing", "extra", "type", "null"],
)
def test_other_table_is_refused_without_quoting_it(wrong: pa.Table) -> None:
    with pytest.raises(ContractError) as caught:
        contract("tombstones").conform(wrong)
    assert "Zebedee" not in str(caught.value)
    assert "tombstones" in str(caught.value)


def test_unknown_table_names_the_known_ones() -> None:
    with pytest.raises(ContractError, match="pairs"):
        contract("pears")
