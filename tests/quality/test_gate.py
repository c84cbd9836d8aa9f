"""What passes the gate, what it stops, and what it says when it does."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from prefpairs.config import Quality, Settings
from prefpairs.config_safety import Safety
from prefpairs.errors import GateError
from prefpairs.lake import Lake
from prefpairs.quality import engine, gate
from prefpairs.quality.suites import GATED_TABLES, read_suites, suite_from_json, suites_folder
from tests.quality.conftest import Rows, store
from tests.support.rows import frame

MAY_BE_EMPTY = {"spans", "sft", "improvements"}
SECRET = "nobody.in.particular@harbourmail.org"


def test_a_good_night_passes_and_its_counts_are_reported(good_lake: Lake) -> None:
    report = gate.run(Settings(), good_lake)

    assert (report.stage, report.rows_out, report.skipped) == ("validate", 2, False)
    assert report.counts["suites"] == len(GATED_TABLES)
    assert report.counts["rows_comments"] == 3


def test_a_second_run_on_the_same_tables_does_nothing_and_says_so(good_lake: Lake) -> None:
    first = gate.run(Settings(), good_lake)

    assert gate.run(Settings(), good_lake) == first.as_skipped()


def test_a_changed_suite_setting_or_table_is_validated_again(good_lake: Lake, night: Rows, tmp_path: Path) -> None:
    gate.run(Settings(), good_lake)
    assert not gate.run(Settings(), good_lake, suites=_changed(tmp_path, "spans", min_rows=1)).skipped

    fewer_codes = Settings(safety=Safety(drop_everywhere=("METHOD",)))
    assert not gate.run(fewer_codes, good_lake).skipped

    store(good_lake, {"posts": night["posts"]})  # the same id from another archive is no fault
    assert not gate.run(Settings(), good_lake).skipped


def test_a_night_without_spans_passes(lake: Lake, night: Rows) -> None:
    night["spans"] = []

    assert gate.run(Settings(), store(lake, night)).counts["rows_spans"] == 0


@pytest.mark.parametrize("table", sorted(set(GATED_TABLES) - MAY_BE_EMPTY))
def test_an_empty_table_is_stopped(lake: Lake, night: Rows, table: str) -> None:
    night[table] = []

    with pytest.raises(GateError, match=f"{table} has 0 rows"):
        gate.run(Settings(), store(lake, night))


def test_fewer_pairs_than_asked_for_are_stopped(good_lake: Lake) -> None:
    settings = Settings(quality=Quality(min_pairs=3))

    with pytest.raises(GateError, match=r"2 rows of the config default, the setting quality.min_pairs asks for 3"):
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


def test_pairs_of_other_configs_do_not_count_for_a_version(lake: Lake, night: Rows) -> None:
    night["pairs"][0].update(config="crisis", labels_prompt=["CRISIS"])
    settings = Settings(quality=Quality(min_pairs=2))

    with pytest.raises(GateError, match="pairs has 1 rows of the config default"):
        gate.run(settings, store(lake, night))


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("labels_prompt", ["CRISIS", "sleep"], "regex on labels_prompt (No prompt is in a crisis"),
        ("labels_completion", ["CRISIS"], "regex on labels_completion (No completion is in a crisis"),
        (
            "labels_completion",
            ["RESOURCE", "HARASSMENT"],
            "regex on labels_completion (Nothing harmful is imitated",
        ),
        ("labels_prompt", ["MINOR"], "regex on labels_prompt (No prompt names a method"),
        ("labels_completion", ["RESOURCE", "PROFESSIONAL_HELP"], None),
        ("pairs_won", 0, "between on pairs_won (A completion is chosen"),
        ("completion", f"Write to {SECRET}", "regex on completion (No e-mail"),
    ],
)
def test_the_suite_knows_what_nobody_should_imitate(
    night: Rows, column: str, value: object, rule: str | None
) -> None:
    sft = next(suite for suite in read_suites(suites_folder()) if suite.table == "sft")
    night["sft"][0][column] = value

    failed = [str(item) for item in engine.failures(sft, gate.batch(frame("sft", night["sft"]).lazy(), sft))]

    assert [rule is not None and rule in told for told in failed] == ([True] if rule else [])


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("preference_probability", 0.4, "between on preference_probability (Where the vote model decides"),
        ("labels_prompt", ["METHOD"], "regex on labels_prompt (No prompt names a method"),
        ("labels_prompt", ["CRISIS", "sleep"], "regex on labels_prompt (A prompt in a crisis"),
        ("labels_chosen", ["RESOURCE", "HARASSMENT"], "regex on labels_chosen (Nothing harmful is chosen"),
        ("labels_rejected", ["MEDICATION_DOSING"], "regex on labels_rejected (What is harmful is rejected"),
        ("labels_chosen", ["RESOURCE", "CLINICIAN", "eating_disorder"], None),
        ("labels_chosen", ["it's"], "regex on labels_chosen (Labels of the chosen"),
    ],
)
def test_the_suites_know_the_labels_and_the_vote_model_too(
    night: Rows, column: str, value: object, rule: str | None
) -> None:
    """Without the second pair of eyes: the suite alone."""
    pairs = next(suite for suite in read_suites(suites_folder()) if suite.table == "pairs")
    night["pairs"][0].update(
        preset="calibrated", score_chosen=1, score_gap=-11, score_ratio=1 / 12, **{column: value}
    )
    rows = frame("pairs", night["pairs"]).lazy()

    failed = [str(item) for item in engine.failures(pairs, gate.batch(rows, pairs))]

    assert [rule is not None and rule in told for told in failed] == ([True] if rule else [])


def test_fewer_votes_for_chosen_are_stopped_where_votes_decide(night: Rows) -> None:
    pairs = next(suite for suite in read_suites(suites_folder()) if suite.table == "pairs")
    night["pairs"][0].update(score_chosen=1, score_gap=-11, score_ratio=1 / 12)

    failed = engine.failures(pairs, gate.batch(frame("pairs", night["pairs"]).lazy(), pairs))

    assert {rule.columns[0] for rule in failed} == {"score_chosen", "score_gap", "score_ratio"}


def test_a_condition_is_read_whoever_else_names_its_column(night: Rows) -> None:
    """A column that no rule names is handed over as True: a condition on it would hold for no row."""
    arguments = {
        "column": "score_gap", "min_value": 1, "max_value": None, "strict_min": False, "strict_max": False,
        "mostly": 1, "row_condition": 'preset == "shp"', "condition_parser": "pandas",
    }  # fmt: skip
    item = {"type": "expect_column_values_to_be_between", "description": "A gap.", "kwargs": arguments}
    alone = suite_from_json("pairs", {"name": "pairs", "meta": {"min_rows": 1}, "expectations": [item]})
    night["pairs"][0]["score_gap"] = 0

    (failed,) = engine.failures(alone, gate.batch(frame("pairs", night["pairs"]).lazy(), alone))

    assert failed.columns == ("score_gap",)


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


def test_a_list_of_codes_reads_as_them_and_any_other_counts_as_its_length(lake: Lake, night: Rows) -> None:
    suites = {suite.table: suite for suite in read_suites(suites_folder())}

    night["pairs"][0]["labels_prompt"] = ["RESOURCE", "sleep"]
    good_lake = store(lake, night)
    threads = gate.batch(good_lake.scan("threads"), suites["threads"])
    pairs = gate.batch(good_lake.scan("pairs"), suites["pairs"])

    assert (threads["responses"].to_list(), threads["pairs"].to_list()) == ([3], [2])
    assert sorted(pairs["labels_prompt"]) == ["", "RESOURCE sleep"]


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
