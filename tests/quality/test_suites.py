"""Suites are read strictly: what Great Expectations would drop, default or pass is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from prefpairs.contracts import contract
from prefpairs.errors import GateError
from prefpairs.quality import engine
from prefpairs.quality.suites import GATED_TABLES, Suite, read_suites, suite_from_json, suites_folder

IN_ORDER = "expect_table_columns_to_match_ordered_list"


def rule(**changes: Any) -> dict[str, Any]:
    arguments = {
        "column": "split",
        "value_set": ["train"],
        "mostly": 1,
        "row_condition": None,
        "condition_parser": None,
    }
    item = {"type": "expect_column_values_to_be_in_set", "description": "A split.", "kwargs": arguments}
    return {**item, **changes}


def suite(*rules: dict[str, Any], table: str = "pairs") -> Suite:
    return suite_from_json(table, {"name": table, "meta": {"min_rows": 1}, "expectations": list(rules)})


def test_every_gated_table_has_a_suite_that_is_complete() -> None:
    suites = read_suites(suites_folder())

    assert tuple(item.table for item in suites) == GATED_TABLES
    for item in suites:
        engine.check(item)  # every type is known, no argument is left to a default


def test_the_contract_gives_the_column_checks() -> None:
    generated = suite(rule()).generated

    required = [field.name for field in contract("pairs").fields if not field.nullable]
    assert generated[0].type == IN_ORDER
    assert generated[0].arguments["column_list"] == list(contract("pairs").columns)
    assert [item.columns[0] for item in generated[1:]] == required


def test_identifier_rules_hold_for_every_row() -> None:
    written = [item for found in read_suites(suites_folder()) for item in found.written]
    labels = [item for item in written if item.columns[0].startswith("labels_")]
    rules = [item for item in written if "not_match" in item.type and item not in labels]

    # Five kinds in texts.text, threads.prompt, the three texts of a pair, the two of a completion and the three
    # of an improvement; profiles in threads, pairs, completions and improvements.
    assert len(rules) == 5 * 10 + 4
    assert all(item.arguments["mostly"] == 1 and item.arguments["row_condition"] is None for item in rules)


def test_a_suite_without_expectations_is_refused() -> None:
    with pytest.raises(GateError, match="Suite 'pairs' holds no expectations"):
        suite()


def test_an_unknown_expectation_is_refused() -> None:
    with pytest.raises(GateError, match="expect_splits_to_be_nice: there is no such expectation"):
        engine.check(suite(rule(type="expect_splits_to_be_nice")))


def test_a_misspelt_argument_is_refused() -> None:
    arguments = {**rule()["kwargs"], "valueset": ["train"]}
    del arguments["value_set"]

    with pytest.raises(GateError, match=r"unknown arguments \['valueset'\].* default \['value_set'\]"):
        engine.check(suite(rule(kwargs=arguments)))


def test_an_argument_left_to_a_default_is_refused() -> None:
    arguments = {name: value for name, value in rule()["kwargs"].items() if name != "mostly"}

    with pytest.raises(GateError, match=r"arguments left to a default \['mostly'\]"):
        engine.check(suite(rule(kwargs=arguments)))


def test_an_argument_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(GateError, match="an argument has a value that it does not take"):
        engine.check(suite(rule(kwargs={**rule()["kwargs"], "mostly": "all of them"})))


def test_a_column_that_the_contract_does_not_have_is_refused() -> None:
    with pytest.raises(GateError, match="the contract has no column 'splt'"):
        suite(rule(kwargs={**rule()["kwargs"], "column": "splt"}))


def test_a_rule_on_raw_text_is_refused() -> None:
    with pytest.raises(GateError, match="'body' is raw text, which the gate never reads"):
        suite(rule(kwargs={**rule()["kwargs"], "column": "body"}), table="comments")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"name": "pairs", "meta": {"min_rows": 1}}, "exactly the keys"),
        ({"name": "posts", "meta": {"min_rows": 1}, "expectations": [rule()]}, "the name of another table"),
        ({"name": "pairs", "meta": {"min_rows": -1}, "expectations": [rule()]}, "min_rows must be a whole number"),
        ({"name": "pairs", "meta": {"min_row": 1}, "expectations": [rule()]}, "exactly the keys"),
        ({"name": "pairs", "meta": {"min_rows": 1}, "expectations": [rule(severity="info")]}, "exactly the keys"),
        ([], "got list"),
    ],
)
def test_a_suite_with_a_missing_or_unknown_key_is_refused(document: Any, message: str) -> None:
    with pytest.raises(GateError, match=message):
        suite_from_json("pairs", document)


@pytest.mark.parametrize(
    ("content", "message"), [(None, r"missing \['pairs'\]"), ("{", "pairs.json is not valid JSON")]
)
def test_a_missing_or_broken_file_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    folder = tmp_path / "suites"
    shutil.copytree(suites_folder(), folder)
    (folder / "pairs.json").unlink()
    if content is not None:
        (folder / "pairs.json").write_text(content)

    with pytest.raises(GateError, match=message):
        read_suites(folder)


def test_a_suite_for_a_table_that_is_not_gated_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "suites"
    shutil.copytree(suites_folder(), folder)
    (folder / "moods.json").write_text(json.dumps({}))

    with pytest.raises(GateError, match=r"unknown \['moods'\]"):
        read_suites(folder)
