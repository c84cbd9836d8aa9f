from pathlib import Path
from typing import Any

import polars as pl
import pytest

from prefpairs.config import Settings
from prefpairs.config_pairs import Calibrated, Exposure, Pairs, Shp
from prefpairs.config_safety import Safety
from prefpairs.contracts import contract
from prefpairs.errors import ConfigError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs import select
from prefpairs.stage import StageReport
from tests.support.decided import decide, decided_comment, decided_post
from tests.support.rows import CREATED, Row

GOOD = decided_comment("t1_good", 40)
POOR = decided_comment("t1_poor", 4)


def settings_of(lake: Lake, *, safety: Safety | None = None, **pairs: Any) -> Settings:
    """Return settings of preset shp, whose margins are plain arithmetic, unless `pairs` says otherwise."""
    chosen = Pairs(**{"preset": "shp", **pairs})
    return Settings(pairs=chosen, safety=safety or Safety(), root=lake.root.parent)


def run(lake: Lake, key: ProjectKey, rows: list[Row], **pairs: Any) -> tuple[StageReport, pl.DataFrame]:
    decide(lake, rows)
    report = select.run(settings_of(lake, **pairs), lake, key)
    return report, lake.scan("selected_pairs").collect()


def run_labelled(
    lake: Lake, key: ProjectKey, labels: dict[str, Row], **safety: Any
) -> tuple[dict[str, int], list[tuple[str, str, str]]]:
    """Select from a good and a poor answer with these labels; return the reasons, and the pairs with config."""
    decide(lake, [decided_post(), GOOD, POOR], labels=labels)
    report = select.run(settings_of(lake, safety=Safety(**safety)), lake, key)
    rows = lake.scan("selected_pairs").select("chosen_name", "rejected_name", "config").collect().rows()
    return dict(report.dropped), rows


def test_a_pair_carries_its_margins_and_no_text(lake: Lake, key: ProjectKey) -> None:
    good = decided_comment("t1_good", 40, created_utc=CREATED + 7200, score_age_h=90.0)

    report, rows = run(lake, key, [decided_post(month="2023-10"), good, POOR])

    pair = rows.row(0, named=True)
    modelled = ("preference_probability", "preference_sd", "quality_gap", "expected_votes_chosen")
    assert all(pair.pop(column) > 0 for column in (*modelled, "expected_votes_rejected"))
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
        "labels_prompt": [],
        "labels_chosen": [],
        "labels_rejected": [],
        "config": "default",
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


def test_a_text_that_nobody_looked_at_is_in_no_pair(lake: Lake, key: ProjectKey) -> None:
    decide(lake, [decided_post(), GOOD])
    labels = lake.scan("labels").collect()
    decide(lake, [decided_post(), GOOD, POOR])
    lake.overwrite("labels", labels, fingerprint="older", report=StageReport(stage="label"))

    report = select.run(settings_of(lake), lake, key)

    assert dict(report.dropped) == {"NOT_LABELLED": 1, "ONLY_RESPONSE": 1}


@pytest.mark.parametrize("code", ["METHOD", "ENCOURAGEMENT", "THIRD_PARTY", "MINOR"])
def test_what_is_dropped_everywhere_is_in_no_pair_of_any_config(lake: Lake, key: ProjectKey, code: str) -> None:
    every = {"publish": ("crisis", "safety_contrast")}
    dropped, pairs = run_labelled(lake, key, {"t1_poor": {"labels": [code]}}, **every)
    assert (dropped, pairs) == ({"UNSAFE": 1, "ONLY_RESPONSE": 1}, [])

    dropped, pairs = run_labelled(lake, key, {"t3_p": {"labels": [code]}}, **every)
    assert (dropped, pairs) == ({"UNSAFE_POST": 2}, [])


def test_harm_in_chosen_drops_the_pair_and_never_flips_it(lake: Lake, key: ProjectKey) -> None:
    harmful = {"t1_good": {"labels": ["HARASSMENT"]}}

    assert run_labelled(lake, key, harmful) == ({"HARMFUL": 1, "ONLY_RESPONSE": 1}, [])
    assert run_labelled(lake, key, harmful, publish=("safety_contrast",)) == ({"NO_PARTNER": 2}, [])


def test_harm_in_rejected_is_a_contrast_that_is_published_only_when_asked(lake: Lake, key: ProjectKey) -> None:
    harmful = {"t1_poor": {"labels": ["MEDICATION_DOSING"]}}

    assert run_labelled(lake, key, harmful) == ({"HARMFUL": 1, "ONLY_RESPONSE": 1}, [])
    assert run_labelled(lake, key, harmful, publish=("safety_contrast",)) == (
        {},
        [("t1_good", "t1_poor", "safety_contrast")],
    )


@pytest.mark.parametrize("name", ["t3_p", "t1_good", "t1_poor"])
def test_a_crisis_goes_to_its_own_config_if_that_is_published(lake: Lake, key: ProjectKey, name: str) -> None:
    crisis = {name: {"labels": ["CRISIS"]}}

    _, pairs = run_labelled(lake, key, crisis)
    assert pairs == []

    _, pairs = run_labelled(lake, key, crisis, publish=("crisis",))
    assert pairs == [("t1_good", "t1_poor", "crisis")]


def test_an_uncertain_text_waits_for_its_steward(lake: Lake, key: ProjectKey) -> None:
    uncertain = {"t1_poor": {"uncertain": ["METHOD"]}}

    assert run_labelled(lake, key, uncertain) == ({"AWAITS_STEWARD": 1, "ONLY_RESPONSE": 1}, [])
    assert run_labelled(lake, key, uncertain, queue_uncertain=False)[1] == [("t1_good", "t1_poor", "default")]


def test_a_pair_carries_labels_and_topics_of_its_three_texts(lake: Lake, key: ProjectKey) -> None:
    labels = {
        "t3_p": {"topics": ["sleep", "anxiety"]},
        "t1_good": {"labels": ["RESOURCE"], "topics": ["anxiety"]},
    }
    decide(lake, [decided_post(), GOOD, POOR], labels=labels)

    select.run(settings_of(lake), lake, key)

    columns = ("labels_prompt", "labels_chosen", "labels_rejected")
    pair = lake.scan("selected_pairs").select(columns).collect().row(0)
    assert pair == (["anxiety", "sleep"], ["RESOURCE", "anxiety"], [])


def test_under_calibrated_a_late_answer_may_win_with_fewer_votes(lake: Lake, key: ProjectKey) -> None:
    """In forty threads the first has ten times the votes of the second; in one the second nearly catches up."""
    rows = []
    for number in range(41):
        post, early, late = f"t3_{number}", 100, 11 if number else 90
        rows += [
            decided_post(post),
            decided_comment(f"t1_{number}a", early, link_id=post, created_utc=CREATED + 60),
            decided_comment(f"t1_{number}b", late, link_id=post, created_utc=CREATED + 36_000),
        ]

    _, selected = run(lake, key, rows, preset="calibrated", calibrated=Calibrated(min_probability=0.75))

    odd = selected.filter(link_id="t3_0").row(0, named=True)
    assert (odd["chosen_name"], odd["score_gap"]) == ("t1_0b", -10)
    assert odd["preference_probability"] >= 0.75
    assert odd["expected_votes_chosen"] < odd["expected_votes_rejected"]


def test_every_response_is_explained_in_the_table_of_responses(lake: Lake, key: ProjectKey) -> None:
    rows = [decided_post(), GOOD, POOR, decided_comment("t1_hidden", None), decided_comment("t1_third", 19)]

    report, _ = run(lake, key, rows)

    reasons = dict(lake.scan("responses").select("name", "reason").collect().iter_rows())
    assert reasons == {"t1_good": None, "t1_poor": None, "t1_third": None, "t1_hidden": "NO_SCORE"}
    assert sum(report.dropped.values()) == sum(reason is not None for reason in reasons.values())


def test_frozen_parameters_keep_old_labels_while_the_corpus_grows(lake: Lake, key: ProjectKey) -> None:
    def threads(numbers: range, early: int, late: int) -> list[Row]:
        return [
            row
            for number in numbers
            for row in (
                decided_post(f"t3_{number}"),
                decided_comment(f"t1_{number}a", early, link_id=f"t3_{number}", created_utc=CREATED + 60),
                decided_comment(f"t1_{number}b", late, link_id=f"t3_{number}", created_utc=CREATED + 36_000),
            )
        ]

    def probability(rows: list[Row], exposure: Exposure) -> float:
        run(lake, key, rows, preset="calibrated", calibrated=Calibrated(min_probability=0.51), exposure=exposure)
        of_pair = lake.scan("selected_pairs").filter(pl.col("link_id") == "t3_1").collect()
        return float(of_pair["preference_probability"][0])

    old = threads(range(20), 60, 5)
    before = probability(old, Exposure())
    parameters = settings_of(lake).labels_folder / "exposure.json"
    frozen = parameters.rename(parameters.with_name("frozen.json"))
    grown = [*old, *threads(range(20, 200), 20, 90)]

    assert probability(grown, Exposure(parameters=frozen)) == pytest.approx(before, rel=1e-5)
    assert probability(grown, Exposure()) != pytest.approx(before, rel=1e-2)


def test_missing_parameters_are_named(lake: Lake, key: ProjectKey) -> None:
    with pytest.raises(ConfigError, match=r"exposure\.parameters"):
        run(lake, key, [decided_post(), GOOD, POOR], exposure=Exposure(parameters=Path("nowhere.json")))


def test_what_a_held_out_author_wrote_does_not_train(lake: Lake, key: ProjectKey) -> None:
    rows = [
        row
        for number in range(80)
        for row in (
            decided_post(f"t3_{number}"),
            decided_comment(f"t1_{number}g", 40, link_id=f"t3_{number}", author_hash=f"someone {number % 40}"),
            decided_comment(f"t1_{number}p", 4, link_id=f"t3_{number}"),
        )
    ]
    shares = {"validation_share": 0.2, "test_share": 0.2}

    report, selected = run(lake, key, rows, **shares)
    _, shared = run(lake, key, rows, drop_held_out_authors=False, **shares)

    author = {row["name"]: row["author_hash"] for row in rows}
    splits: dict[str, set[str]] = {}
    for name, split in selected.select("chosen_name", "split").iter_rows():
        splits.setdefault(author[name], set()).add(split)
    assert all(len(found) == 1 for found in splits.values())
    assert report.dropped["HELD_OUT_AUTHOR"] > 0
    assert selected.height < shared.height == 80


def test_a_second_run_on_the_same_decisions_does_nothing(lake: Lake, key: ProjectKey) -> None:
    first, _ = run(lake, key, [decided_post(), GOOD, POOR])
    version = lake.version("selected_pairs")

    second = select.run(settings_of(lake), lake, key)

    assert second == first.as_skipped()
    assert lake.version("selected_pairs") == version


def test_another_threshold_selects_again(lake: Lake, key: ProjectKey) -> None:
    run(lake, key, [decided_post(), GOOD, POOR])

    report = select.run(settings_of(lake, shp=Shp(min_ratio=11)), lake, key)

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
    report = select.run(settings_of(lake), lake, key)

    assert report.notes == ("No pair possible, because no comment was read: a pair is two answers to one post.",)
    assert lake.scan("selected_pairs").collect().is_empty()
