"""The second scan, by Polars alone: each hard rule is broken once, and found."""

from collections.abc import Callable

import polars as pl
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.errors import GateError
from prefpairs.lake import Lake
from prefpairs.quality import gate, invariants
from prefpairs.quality.suites import GATED_TABLES
from tests.quality.conftest import Rows, store

Change = Callable[[Rows], object]

BREAKS: dict[str, tuple[Change, str]] = {
    "the same pair twice": (
        lambda rows: rows["pairs"].append(rows["pairs"][0]),
        "pairs: the key pair_id is not unique",
    ),
    "more votes for rejected": (
        lambda rows: rows["pairs"][0].update(score_chosen=1, score_gap=-11, score_ratio=1 / 12),
        "pairs: chosen has no more votes than rejected",
    ),
    "a wrong gap": (
        lambda rows: rows["selected_pairs"][0].update(score_gap=1),
        "selected_pairs: score_gap is not the difference",
    ),
    "a wrong ratio": (
        lambda rows: rows["pairs"][0].update(score_ratio=9.0),
        "pairs: score_ratio is not the quotient of two positive scores",
    ),
    "a ratio of a negative score": (
        lambda rows: rows["pairs"][0].update(score_rejected=-2, score_gap=42, score_ratio=-20.0),
        "pairs: score_ratio is not the quotient of two positive scores",
    ),
    "a percentile above 100": (
        lambda rows: rows["pairs"][0].update(percentile_chosen=100.5),
        "pairs: percentile_chosen is not within 0 to 100",
    ),
    "percentiles the wrong way round": (
        lambda rows: rows["pairs"][0].update(percentile_rejected=99.5),
        "pairs: rejected has a higher percentile than chosen",
    ),
    "chosen and rejected alike": (
        lambda rows: rows["pairs"][0].update(rejected=rows["pairs"][0]["chosen"] + " \n"),
        "pairs: chosen and rejected are the same text",
    ),
    "an empty prompt": (lambda rows: rows["pairs"][0].update(prompt=" \n"), "pairs: prompt is empty"),
    "an address in a response that no pair shows": (
        lambda rows: rows["threads"][0]["responses"][0].update(text="see https://tidewell.org/ana"),
        "threads: responses holds a web address",
    ),
    "a pair without its thread": (
        lambda rows: rows["threads"][0].update(thread_id="9" * 24),
        "pairs: a pair has no thread with its thread_id and split",
    ),
    "a pair in another split than its thread": (
        lambda rows: rows["pairs"][0].update(split="test"),
        "pairs: a pair has no thread with its thread_id and split",
    ),
    "a chosen response of another thread": (
        lambda rows: rows["pairs"][0].update(chosen_id="8" * 24),
        "pairs: chosen_id is not a response of its thread",
    ),
    "a position past the responses": (
        lambda rows: rows["threads"][0]["pairs"][0].update(rejected=3),
        "threads: a pair points outside the responses, or at one response twice",
    ),
    "a comment that was dropped after all": (
        lambda rows: rows["decisions"][1].update(keep=False, reason="BOT", reasons=["BOT"]),
        "selected_pairs: chosen_name is not a comment that was kept",
    ),
    "kept, with a reason": (
        lambda rows: rows["decisions"][3].update(reason="BOT"),
        "decisions: a row is kept with a reason, or dropped without one",
    ),
}


def test_a_good_night_breaks_no_rule(good_lake: Lake) -> None:
    assert invariants.wrong_schemas(good_lake, GATED_TABLES) == []
    assert _violations(good_lake) == {}


@pytest.mark.parametrize(("change", "rule"), BREAKS.values(), ids=BREAKS)
def test_a_broken_rule_is_found_and_counted(lake: Lake, night: Rows, change: Change, rule: str) -> None:
    change(night)

    assert _violations(store(lake, night)).get(rule, 0) >= 1


def test_a_null_where_the_contract_asks_for_a_value_is_found(good_lake: Lake) -> None:
    nulls = good_lake.scan("pairs").with_columns(split=pl.lit(None, pl.String)).collect().to_arrow()
    write_deltalake(str(good_lake.path("pairs")), nulls, mode="overwrite", schema_mode="overwrite")

    assert _violations(good_lake)["pairs: a required value is null"] == 2


def test_a_table_that_was_written_with_another_schema_is_stopped(lake: Lake, night: Rows) -> None:
    rows = pa.Table.from_pylist(night.pop("spans"), schema=contract("spans").schema)
    store(lake, night)
    other_order = rows.select([*rows.column_names[1:], rows.column_names[0]])
    write_deltalake(str(lake.path("spans")), other_order)

    assert invariants.wrong_schemas(lake, GATED_TABLES) == ["spans"]
    with pytest.raises(GateError, match="stored schema is not the contract's for spans"):
        gate.run(Settings(), lake)


def _violations(lake: Lake) -> dict[str, int]:
    return invariants.violations({table: lake.scan(table) for table in GATED_TABLES})
