from typing import Any

import polars as pl
import pytest

from prefpairs.config import Pairs, Settings, Shp
from prefpairs.contracts import contract
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs import select
from prefpairs.stage import StageReport
from tests.support.decided import decide, decided_comment, decided_post
from tests.support.rows import CREATED, Row

GOOD = decided_comment("t1_good", 40)
POOR = decided_comment("t1_poor", 4)


def run(lake: Lake, key: ProjectKey, rows: list[Row], **pairs: Any) -> tuple[StageReport, pl.DataFrame]:
    decide(lake, rows)
    report = select.run(Settings(pairs=Pairs(**pairs)), lake, key)
    return report, lake.scan("selected_pairs").collect()


def test_a_pair_carries_its_margins_and_no_text(lake: Lake, key: ProjectKey) -> None:
    good = decided_comment("t1_good", 40, created_utc=CREATED + 7200, score_age_h=90.0)

    report, rows = run(lake, key, [decided_post(month="2023-10"), good, POOR])

    pair = rows.row(0, named=True)
    del pair["split"]
    assert pair == {
        "link_id": "t3_p",
        "chosen_name": "t1_good",
        "rejected_name": "t1_poor",
        "subreddit": "HarbourTalk",
        "month": "2023-10",
        "score_chosen": 40,
        "score_rejected": 4,
        "score_gap": 36,
        "score_ratio": 10.0,
        "percentile_chosen": 50.0,
        "percentile_rejected": 0.0,
        "seconds_between": 3600,
        "age_h_chosen": 90.0,
        "age_h_rejected": 100.0,
        "unvoted": False,
        "preset": "shp",
    }
    assert rows.columns == list(contract("selected_pairs").columns)
    assert (report.rows_in, report.rows_out, dict(report.dropped)) == (2, 1, {})
    assert report.counts["responses_in_pairs"] == 2
    assert report.counts["posts_with_pairs"] == 1


@pytest.mark.parametrize(
    ("reason", "rows"),
    [
        ("NO_POST", [decided_comment("t1_x", 20, link_id="t3_elsewhere")]),
        ("NO_POST", [decided_post("t3_q", keep=False), decided_comment("t1_x", 20, link_id="t3_q")]),
        ("NOT_TOP_LEVEL", [decided_comment("t1_x", 20, parent_id="t1_good")]),
        ("OWN_REPLY", [decided_comment("t1_x", 20, author_hash="author of t3_p")]),
        ("NO_SCORE", [decided_comment("t1_x", None)]),
        ("SCORE_BELOW_MINIMUM", [decided_comment("t1_x", 1)]),
        ("NO_TIME", [decided_comment("t1_x", 20, created_utc=None)]),
        ("ONLY_RESPONSE", [decided_post("t3_q"), decided_comment("t1_x", 20, link_id="t3_q")]),
        ("NO_PARTNER", [decided_comment("t1_x", 30, created_utc=CREATED - 1)]),
    ],
)
def test_a_response_that_is_not_compared_has_its_reason(
    lake: Lake, key: ProjectKey, reason: str, rows: list[Row]
) -> None:
    rows = [{**POOR, "score": 20}, *rows] if reason == "NO_PARTNER" else [POOR, *rows]

    report, selected = run(lake, key, [decided_post(), GOOD, *rows])

    assert dict(report.dropped) == {reason: 1}
    assert selected.select("chosen_name", "rejected_name").rows() == [("t1_good", "t1_poor")]


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("NOT_SELF_POST", {"is_self": False}),
        ("POST_OVER_18", {"over_18": True}),
        ("POST_EDITED", {"edited": 0}),
        ("POST_SCORE", {"score": 9}),
        ("POST_SCORE", {"score": None}),
    ],
)
def test_shp_leaves_out_posts_by_their_own_rules_and_llumi_does_not(
    lake: Lake, key: ProjectKey, reason: str, change: Row
) -> None:
    rows = [decided_post(**change), GOOD, POOR]

    report, selected = run(lake, key, rows)
    assert (dict(report.dropped), selected.height) == ({reason: 2}, 0)

    _, selected = run(lake, key, rows, preset="llumi", llumi={"chosen_percentile": 50})
    assert selected.height == 1


def test_dropped_comments_are_neither_compared_nor_counted(lake: Lake, key: ProjectKey) -> None:
    report, selected = run(lake, key, [decided_post(), GOOD, POOR, decided_comment("t1_bot", 90, keep=False)])

    assert report.rows_in == 2
    assert selected["chosen_name"].to_list() == ["t1_good"]


def test_comments_below_comments_can_be_compared_when_asked(lake: Lake, key: ProjectKey) -> None:
    nested = decided_comment("t1_nested", 12, parent_id="t1_good")

    _, selected = run(lake, key, [decided_post(), GOOD, nested], top_level_only=False)

    assert selected["rejected_name"].to_list() == ["t1_nested"]


def test_percentiles_are_taken_over_the_whole_corpus_whatever_the_preset_asks(lake: Lake, key: ProjectKey) -> None:
    elsewhere = [decided_comment(f"t1_e{score}", score, link_id="t3_low") for score in (-1, 0, 1, 30, 60, 61)]

    _, selected = run(lake, key, [decided_post(), decided_post("t3_low", score=0), GOOD, POOR, *elsewhere])

    assert selected.select("percentile_chosen", "percentile_rejected").rows() == [(62.5, 37.5)]


@pytest.mark.parametrize(
    ("name", "score", "unvoted"), [("t1_r", 1, True), ("t1_r", 0, False), ("cc_r", 0, True), ("cc_r", 1, False)]
)
def test_a_rejected_response_with_the_score_it_was_born_with_is_marked_unvoted(
    lake: Lake, key: ProjectKey, name: str, score: int, unvoted: bool
) -> None:
    rows = [decided_post(), GOOD, decided_comment(name, score)]

    report, selected = run(lake, key, rows, shp=Shp(min_score=None, min_ratio=1))

    assert selected["unvoted"].to_list() == [unvoted]
    assert report.counts["pairs_unvoted"] == int(unvoted)


def test_a_score_of_nothing_has_no_ratio(lake: Lake, key: ProjectKey) -> None:
    rows = [decided_post(), GOOD, decided_comment("t1_zero", 0)]

    _, selected = run(lake, key, rows, shp=Shp(min_score=None, min_ratio=1))

    assert selected["score_ratio"].to_list() == [None]


def test_new_posts_do_not_move_old_ones_to_another_split(lake: Lake, key: ProjectKey) -> None:
    def thread(number: int) -> list[Row]:
        post = f"t3_{number}"
        good = decided_comment(f"t1_{number}g", 40, link_id=post)
        return [decided_post(post), good, decided_comment(f"t1_{number}p", 4, link_id=post)]

    old = [row for number in range(0, 60, 2) for row in thread(number)]
    new = [row for number in range(1, 60, 2) for row in thread(number)]
    shares = {"validation_share": 0.3, "test_share": 0.3}

    _, before = run(lake, key, old, **shares)
    _, after = run(lake, key, [*old, *new], **shares)

    assert before["split"].n_unique() == 3
    assert after.height == 2 * before.height
    assert before.select("link_id", "split").join(after, on=["link_id", "split"], how="anti").is_empty()


def test_a_second_run_on_the_same_decisions_does_nothing(lake: Lake, key: ProjectKey) -> None:
    first, _ = run(lake, key, [decided_post(), GOOD, POOR])
    version = lake.version("selected_pairs")

    second = select.run(Settings(), lake, key)

    assert second == first.as_skipped()
    assert lake.version("selected_pairs") == version


def test_another_threshold_selects_again(lake: Lake, key: ProjectKey) -> None:
    run(lake, key, [decided_post(), GOOD, POOR])

    report = select.run(Settings(pairs=Pairs(shp=Shp(min_ratio=11))), lake, key)

    assert not report.skipped
    assert lake.scan("selected_pairs").collect().is_empty()


def test_without_a_pair_the_note_says_why(lake: Lake, key: ProjectKey) -> None:
    report, _ = run(
        lake, key, [decided_post(score=3), GOOD, POOR, decided_comment("t1_x", 9, parent_id="t1_good")]
    )

    assert report.rows_out == 0
    assert report.notes == (
        "No pair possible, because none of the 3 kept comments can be compared. "
        "POST_SCORE 2: the score of their post is too low or unknown (pairs.shp.min_post_score). "
        "NOT_TOP_LEVEL 1: they answer another comment, not the post (pairs.top_level_only).",
    )


def test_without_a_kept_comment_the_note_points_to_curate(lake: Lake, key: ProjectKey) -> None:
    report, _ = run(lake, key, [decided_post(), decided_comment("t1_x", 9, keep=False, reason="TOO_SHORT")])

    assert report.notes == (
        "No pair possible, because none of 1 comments was kept: curate's row has the reasons.",
    )


def test_without_any_comment_the_note_says_so(lake: Lake, key: ProjectKey) -> None:
    report = select.run(Settings(), lake, key)

    assert report.notes == ("No pair possible, because no comment was read: a pair is two answers to one post.",)
    assert lake.scan("selected_pairs").collect().is_empty()
