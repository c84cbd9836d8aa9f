"""Great Expectations is believed only when every expectation came back, without exceptions."""

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from prefpairs.errors import GateError
from prefpairs.quality import engine
from prefpairs.quality.suites import Expectation, Suite

EVERY_ROW: dict[str, Any] = {"mostly": 1, "row_condition": None, "condition_parser": None}
IN_SET = "expect_column_values_to_be_in_set"


def suite(*rules: Expectation) -> Suite:
    return Suite(table="pairs", min_rows=1, written=rules, generated=())


def in_set(*values: str, column: str = "split") -> Expectation:
    arguments = {"column": column, "value_set": list(values), **EVERY_ROW}
    return Expectation(type=IN_SET, description="A known value.", arguments=arguments)


FRAME = pl.DataFrame({"split": ["train", "test"]})


def test_only_the_rules_that_are_broken_come_back() -> None:
    kept, broken = in_set("train", "test"), in_set("train")

    assert engine.failures(suite(kept, broken), FRAME) == [broken]


def test_a_missing_column_is_an_error_not_a_pass() -> None:
    with pytest.raises(GateError, match="could not be evaluated: expect_column_values_to_be_in_set on mood"):
        engine.failures(suite(in_set("low", column="mood")), FRAME)


def test_a_result_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = engine._validate
    monkeypatch.setattr(engine, "_validate", lambda *arguments: complete(*arguments)[:-1])

    with pytest.raises(GateError, match="2 expectations went in, 1 results came back"):
        engine.failures(suite(in_set("train"), in_set("test")), FRAME)


def test_an_exception_that_only_a_metric_reports_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = suite(in_set("train", "test"))
    result = SimpleNamespace(
        expectation_config=SimpleNamespace(id=engine._id(rules, 0)),
        exception_info={"some metric": {"raised_exception": True, "exception_message": "of a value"}},
        success=True,
    )
    monkeypatch.setattr(engine, "_validate", lambda *_: [result])

    with pytest.raises(GateError, match="could not be evaluated") as caught:
        engine.failures(rules, FRAME)
    assert "of a value" not in str(caught.value)


def test_an_error_of_the_library_itself_is_named_but_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> list[Any]:
        raise RuntimeError("could not parse 'Ana lives in Tidewell'")

    monkeypatch.setattr(engine, "_validate", fail)

    with pytest.raises(GateError, match=r"could not be carried out: RuntimeError\.$") as caught:
        engine.failures(suite(in_set("train")), FRAME)
    assert caught.value.__suppress_context__
