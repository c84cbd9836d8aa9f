"""The gate stops a whole night over one text, so no text, however hostile, may come out of masking as such."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config_deid import Deid
from prefpairs.deid.engine import Engine
from prefpairs.quality.invariants import IDENTIFIERS, holds
from prefpairs.quality.suites import suites_folder

PIECES = (
    "u/", "/u/", "U/", "r/", "quiet_lark", "jane.roe", "@", "gmail", ".com", ".con", ".local", " ", "\n", "-", "_",
    "\\", "/", "é", "ß", "中", "\u200b", "👍", "*", "(", ")", "[", "<", ">", "’", ".", ",", ":", "http://",
    "HTTPS://", "www.", "ftp://", "intranet", "1", "415", "555", "2671", "0132", "050", "+44", "+1",
    "+32419254122", "t3_", "abc12", "day", "1-800-273-8255", "988", "06 12 34 56 78", "٣",
)  # fmt: skip
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), min_size=2, max_size=9).map("".join), min_size=20, max_size=20)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(Deid())


def suite_patterns(path: Path) -> list[re.Pattern[str]]:
    rules: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["expectations"]
    return [
        re.compile(rule["kwargs"]["regex"])
        for rule in rules
        if rule["type"] == "expect_column_values_to_not_match_regex"
    ]


@settings(max_examples=40, deadline=None)
@given(texts=TEXTS)
def test_no_masked_text_stops_the_gate(engine: Engine, texts: list[str]) -> None:
    masked = pl.DataFrame({"text": [engine.deidentify(text).text for text in texts]})
    assert {rule.kind for rule in IDENTIFIERS if masked.filter(holds(rule)).height} == set()
    patterns = suite_patterns(suites_folder() / "texts.json")
    assert len(patterns) >= len(IDENTIFIERS)
    assert [pattern.pattern for pattern in patterns if any(map(pattern.search, masked["text"]))] == []
