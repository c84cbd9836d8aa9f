"""What passes the gate, what it stops, and what it says when it does."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from prefpairs.config import Quality, Settings
from prefpairs.errors import GateError
from prefpairs.lake import Lake
from prefpairs.quality import gate
from prefpairs.quality.suites import GATED_TABLES, read_suites, suites_folder
from tests.quality.conftest import Rows, store

SECRET = "nobody.in.particular@harbourmail.org"


def test_a_good_night_passes_and_its_counts_are_reported(good_lake: Lake) -> None:
    report = gate.run(Settings(), good_lake)

    assert (report.stage, report.rows_out, report.skipped) == ("validate", 2, False)
    assert report.counts["suites"] == len(GATED_TABLES)
    assert report.counts["rows_comments"] == 3


def test_a_second_run_on_the_same_tables_does_nothing_and_says_so(good_lake: Lake) -> None:
    first = gate.run(Settings(), good_lake)

    assert gate.run(Settings(), good_lake) == first.as_skipped()


def test_a_changed_suite_or_a_changed_table_is_validated_again(
    good_lake: Lake, night: Rows, tmp_path: Path
) -> None:
    gate.run(Settings(), good_lake)
    assert not gate.run(Settings(), good_lake, suites=_changed(tmp_path, "spans", min_rows=1)).skipped

    store(good_lake, {"posts": night["posts"]})  # the same id from another archive is no fault
    assert not gate.run(Settings(), good_lake).skipped


def test_a_night_without_spans_passes(lake: Lake, night: Rows) -> None:
    night["spans"] = []

    assert gate.run(Settings(), store(lake, night)).counts["rows_spans"] == 0


@pytest.mark.parametrize("table", [table for table in GATED_TABLES if table != "spans"])
def test_an_empty_table_is_stopped(lake: Lake, night: Rows, table: str) -> None:
    night[table] = []

    with pytest.raises(GateError, match=f"{table} has 0 rows"):
        gate.run(Settings(), store(lake, night))


def test_fewer_pairs_than_asked_for_are_stopped(good_lake: Lake) -> None:
    settings = Settings(quality=Quality(min_pairs=3))

    with pytest.raises(GateError, match=r"pairs has 2 rows, the setting quality.min_pairs asks for 3"):
        gate.run(settings, good_lake)


def test_an_email_left_in_a_chosen_text_is_stopped_and_never_shown(
    lake: Lake, night: Rows, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    night["pairs"][0]["chosen"] = f"Write to me, I mean it: {SECRET}"
    store(lake, night)

    with caplog.at_level(logging.DEBUG), pytest.raises(GateError) as caught:
        gate.run(Settings(), lake)

    message = str(caught.value)
    assert "suite 'pairs': expect_column_values_to_not_match_regex on chosen (No e-mail" in message
    assert "invariant 'pairs: chosen holds an e-mail address': 1 rows" in message
    printed = capfd.readouterr()
    assert not any("harbourmail" in text for text in (message, caplog.text, printed.out, printed.err))
    assert printed.err == ""  # no progress bars either
    assert not list((lake.root / "control").glob("validated/*"))


def test_what_an_earlier_policy_left_in_the_cache_stops_only_who_uses_it(lake: Lake, night: Rows) -> None:
    night["texts"].append({**night["texts"][0], "policy_hash": "ee" * 32, "text": f"Write to {SECRET}"})
    store(lake, night)

    assert gate.run(Settings(), lake, policy_hash="ab" * 32).counts["rows_texts"] == 1
    with pytest.raises(GateError, match="texts: text holds an e-mail address"):
        gate.run(Settings(), lake, policy_hash="ee" * 32)
    with pytest.raises(GateError, match="texts: text holds an e-mail address"):
        gate.run(Settings(), lake)


def test_the_profile_of_a_user_is_a_community_that_is_never_published(lake: Lake, night: Rows) -> None:
    for table, name in (("posts", "u_quiet_otter"), ("decisions", "u_"), ("threads", "u_quiet_otter")):
        night[table][0]["subreddit"] = name

    with pytest.raises(GateError) as caught:
        gate.run(Settings(), store(lake, night))

    assert "Broken rules: 1." in str(caught.value)
    assert "suite 'threads': expect_column_values_to_not_match_regex on subreddit" in str(caught.value)
    assert "quiet_otter" not in str(caught.value)


def test_every_broken_rule_is_listed_not_only_the_first(lake: Lake, night: Rows) -> None:
    night["pairs"][0]["split"] = "holdout"
    night["selected_pairs"][0]["score_gap"] = 99
    night["posts"][0]["subreddit"] = "../../x"

    with pytest.raises(GateError) as caught:
        gate.run(Settings(), store(lake, night))

    message = str(caught.value)
    assert "suite 'pairs': expect_column_values_to_be_in_set on split" in message
    assert "suite 'posts': expect_column_values_to_match_regex on subreddit" in message
    assert "selected_pairs: score_gap is not the difference" in message
    assert "../../x" not in message
    assert "holdout" not in message


def test_a_rule_that_raises_stops_the_candidate(
    good_lake: Lake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = _changed(tmp_path, "pairs", edit={"column": "prompt", "regex": "("})

    with caplog.at_level(logging.DEBUG), pytest.raises(GateError, match="could not be evaluated") as caught:
        gate.run(Settings(), good_lake, suites=broken)

    assert "expect_column_values_to_match_regex on prompt" in str(caught.value)
    assert "Traceback" not in caplog.text


def test_raw_text_is_never_handed_to_the_validation_library(good_lake: Lake) -> None:
    suites = {suite.table: suite for suite in read_suites(suites_folder())}

    posts = gate.batch(good_lake.scan("posts"), suites["posts"])
    comments = gate.batch(good_lake.scan("comments"), suites["comments"])

    assert posts["title"].to_list() == posts["selftext"].to_list() == [""]
    assert set(comments["body"]) == {""}
    assert posts["author"].to_list() == [True]  # no rule reads it


def test_a_list_counts_as_its_length(good_lake: Lake) -> None:
    suites = {suite.table: suite for suite in read_suites(suites_folder())}

    threads = gate.batch(good_lake.scan("threads"), suites["threads"])

    assert (threads["responses"].to_list(), threads["pairs"].to_list()) == ([3], [2])


def test_a_damaged_record_of_a_pass_is_no_pass(good_lake: Lake) -> None:
    gate.run(Settings(), good_lake)
    (passed,) = (good_lake.root / "control" / "validated").iterdir()
    passed.write_text("{}")

    assert not gate.run(Settings(), good_lake).skipped


def _changed(folder: Path, table: str, *, min_rows: int | None = None, edit: dict[str, Any] | None = None) -> Path:
    """Copy the suites to `folder`; set `min_rows`, or the `edit` arguments of the first rule on a column."""
    target = folder / "suites"
    shutil.copytree(suites_folder(), target)
    document = json.loads((target / f"{table}.json").read_text())
    if min_rows is not None:
        document["meta"]["min_rows"] = min_rows
    if edit:
        rules = [rule["kwargs"] for rule in document["expectations"]]
        next(rule for rule in rules if rule.get("column") == edit["column"] and "regex" in rule).update(edit)
    (target / f"{table}.json").write_text(json.dumps(document))
    return target
