"""What a data engineer sees in `decisions`: who was kept, who was dropped, and every reason why."""

import polars as pl
import pytest

from prefpairs.config import Ingest, Settings
from prefpairs.config_curate import Curate
from prefpairs.contracts import contract
from prefpairs.curate import decide
from prefpairs.curate.votes import settled_votes
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from tests.support.rows import CREATED, LONG_ENOUGH, Row, append, comment, frame, observation, post

HOUR = 3600


def reasons_for(lake: Lake, key: ProjectKey, row: Row, *, settings: Settings | None = None) -> list[str]:
    """Put one row beside an ordinary post, curate, and return the reasons against the row."""
    table = "comments" if row["name"].startswith("t1_") else "posts"
    if table == "comments":
        append(lake, "posts", [post()])
    append(lake, table, [row])
    append(lake, "score_observations", [observation("t3_p"), observation(row["name"])])
    decide.run(settings or Settings(), lake, key)
    return list(decision(lake, row["name"])["reasons"])


@pytest.mark.parametrize("profile", ["u_marigold", "U_Marigold-3"])
def test_the_owner_of_a_profile_is_not_named_in_decisions(lake: Lake, key: ProjectKey, profile: str) -> None:
    reasons_for(lake, key, comment("t1_a", subreddit=profile))
    assert decision(lake, "t1_a")["subreddit"] == "u_"


def decision(lake: Lake, name: str) -> Row:
    return lake.scan("decisions").filter(pl.col("name") == name).collect().row(0, named=True)


def test_ordinary_post_and_comment_are_kept(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post()])
    append(lake, "comments", [comment("t1_a")])
    append(lake, "score_observations", [observation("t3_p", 40), observation("t1_a", 7)])

    report = decide.run(Settings(), lake, key)

    assert (report.rows_in, report.rows_out, dict(report.dropped)) == (2, 2, {})
    assert decision(lake, "t1_a")["score"] == 7
    assert decision(lake, "t3_p")["score"] == 40


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"was_deleted_later": True}, "DELETED_LATER"),
        ({"removal_type": "removed by reddit"}, "DELETED_LATER"),
        ({"body": "[deleted]"}, "DELETED"),
        ({"body": "[Deleted]"}, "DELETED"),
        ({"body": "[removed]"}, "REMOVED"),
        ({"body": "[ Removed by Reddit ]"}, "REMOVED"),
        ({"author": "[deleted]"}, "AUTHOR_DELETED"),
        ({"subreddit": "u_marigold"}, "PROFILE"),
        ({"author": "automoderator"}, "BOT"),
        ({"author": "helper_bot", "body": f"{LONG_ENOUGH} I'm a bot."}, "BOT"),
        ({"body": f"{LONG_ENOUGH} ^(This action was performed automatically.)"}, "BOT"),
        ({"distinguished": "moderator"}, "MODERATOR"),
        ({"stickied": True}, "STICKIED"),
        ({"body": "Get well soon."}, "TOO_SHORT"),
        ({"body": "word " * 1000}, "TOO_LONG"),
        ({"body": "Ich glaube nicht, dass du dir deswegen Vorwürfe machen musst, wirklich nicht."}, "LANGUAGE"),
    ],
)
def test_comment_is_dropped_with_its_reason(lake: Lake, key: ProjectKey, change: Row, reason: str) -> None:
    assert reason in reasons_for(lake, key, comment("t1_a", **change))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"selftext": "[removed]"}, "REMOVED"),
        ({"removed_by_category": "moderator"}, "REMOVED"),
        ({"title": "Help", "selftext": ""}, "TOO_SHORT"),
        ({"quarantine": True}, "QUARANTINED_COMMUNITY"),
    ],
)
def test_post_is_dropped_with_its_reason(lake: Lake, key: ProjectKey, change: Row, reason: str) -> None:
    assert reason in reasons_for(lake, key, post("t3_other", **change))


@pytest.mark.parametrize(
    "change",
    [
        {"author": "abbott"},
        {"author": "talbot", "body": f"{LONG_ENOUGH} Not that I am a saint."},
        {"body": "Ça va aller, you will see, and it is not your fault that it is like this."},
        {"body": f"My answer was [removed] once. {LONG_ENOUGH}"},
    ],
)
def test_look_alike_is_kept(lake: Lake, key: ProjectKey, change: Row) -> None:
    assert reasons_for(lake, key, comment("t1_a", **change)) == []


def test_every_reason_is_recorded_and_the_first_one_is_counted(lake: Lake, key: ProjectKey) -> None:
    row = comment("t1_a", author="AutoModerator", distinguished="moderator", stickied=True)
    assert reasons_for(lake, key, row) == ["BOT", "MODERATOR", "STICKIED"]
    report = decide.run(Settings(), lake, key)
    assert report.skipped
    assert dict(report.dropped) == {"comment.BOT": 1}


def test_first_settled_look_counts_for_good(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post()])
    append(lake, "comments", [comment("t1_a")])
    looks = [observation("t1_a", 1, age_h=2), observation("t1_a", 12, age_h=50), observation("t1_a", 3, age_h=170)]
    append(lake, "score_observations", looks)

    decide.run(Settings(), lake, key)

    assert (decision(lake, "t1_a")["score"], decision(lake, "t1_a")["score_age_h"]) == (12, 50)


@pytest.mark.parametrize(
    ("looks", "reason"),
    [
        ([observation("t1_a", 9, age_h=34.9)], "UNSETTLED_SCORE"),
        ([observation("t1_a", 1, age_h=60, score_hidden=True)], "HIDDEN_SCORE"),
        ([observation("t1_a", None)], "NO_SCORE"),
        ([], "NO_SCORE"),
    ],
)
def test_comment_without_a_known_score_is_dropped(
    lake: Lake, key: ProjectKey, looks: list[Row], reason: str
) -> None:
    append(lake, "posts", [post()])
    append(lake, "comments", [comment("t1_a")])
    append(lake, "score_observations", [observation("t3_p"), *looks])

    decide.run(Settings(), lake, key)

    assert decision(lake, "t1_a")["reasons"] == [reason]
    assert decision(lake, "t1_a")["score"] is None


def test_score_hidden_at_first_is_taken_once_it_shows(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post()])
    append(lake, "comments", [comment("t1_a")])
    hidden = observation("t1_a", 1, age_h=50, score_hidden=True)
    append(lake, "score_observations", [hidden, observation("t1_a", 8, age_h=80)])

    decide.run(Settings(), lake, key)

    assert decision(lake, "t1_a")["score"] == 8


def test_score_of_unknown_age_is_a_setting(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post()])
    append(lake, "comments", [comment("t1_a")])
    append(lake, "score_observations", [observation("t1_a", 8, age_h=None)])

    decide.run(Settings(), lake, key)
    assert decision(lake, "t1_a")["score"] == 8

    decide.run(Settings(curate=Curate(unknown_score_age="drop")), lake, key)
    assert decision(lake, "t1_a")["reasons"] == ["UNSETTLED_SCORE"]


def test_contest_mode_hides_every_score_of_the_thread(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post(contest_mode=True)])
    append(lake, "comments", [comment("t1_a")])
    append(lake, "score_observations", [observation("t3_p"), observation("t1_a")])

    decide.run(Settings(), lake, key)

    assert decision(lake, "t1_a")["reasons"] == ["HIDDEN_SCORE"]


def test_later_copy_of_a_text_is_dropped(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post()])
    again = LONG_ENOUGH.upper().replace(" ", "\n")
    append(
        lake,
        "comments",
        [
            comment("t1_late", body=again, created_utc=CREATED + 2 * HOUR),
            comment("t1_early", body=LONG_ENOUGH, created_utc=CREATED + HOUR),
            comment("t1_gone", body=LONG_ENOUGH, created_utc=CREATED, was_deleted_later=True),
        ],
    )
    append(lake, "score_observations", [observation(f"t1_{name}") for name in ("late", "early", "gone")])

    decide.run(Settings(), lake, key)

    assert decision(lake, "t1_late")["reason"] == "DUPLICATE"
    assert decision(lake, "t1_early")["keep"]


def test_older_dump_does_not_bring_a_deleted_comment_back(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post()])
    gone = comment("t1_a", was_deleted_later=True, retrieved_on=CREATED)
    intact = comment("t1_a", retrieved_on=CREATED + 9_999_999, input_hash="a later dump")
    append(lake, "comments", [gone, intact])
    append(lake, "score_observations", [observation("t1_a")])

    decide.run(Settings(), lake, key)

    assert decision(lake, "t1_a")["reasons"] == ["DELETED_LATER"]


def test_tombstone_keeps_an_item_out(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post()])
    append(lake, "comments", [comment("t1_a")])
    append(lake, "score_observations", [observation("t1_a")])
    append(lake, "tombstones", [{"name_hash": key.name_hash("t1_a"), "reason": "user", "requested_at": 1}])

    decide.run(Settings(), lake, key)

    assert decision(lake, "t1_a")["reason"] == "TOMBSTONE"


def test_second_run_does_nothing_and_a_new_row_is_noticed(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post()])
    first = decide.run(Settings(), lake, key)
    second = decide.run(Settings(), lake, key)
    append(lake, "comments", [comment("t1_a")])
    third = decide.run(Settings(), lake, key)

    assert (first.skipped, second.skipped, third.skipped) == (False, True, False)
    assert second.counts == first.counts
    assert third.counts["comments"] == 1


def test_decisions_hold_neither_texts_nor_author_names(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post(author="Marigold_Finch", title="A title about the canary Zebedee")])
    append(lake, "comments", [comment("t1_a", author="Marigold_Finch", body=f"{LONG_ENOUGH} Zebedee")])

    decide.run(Settings(), lake, key)

    written = lake.scan("decisions").collect().write_json()
    assert "Zebedee" not in written
    assert "marigold" not in written.lower()
    assert decision(lake, "t3_p")["author_hash"] == decision(lake, "t1_a")["author_hash"]
    assert tuple(lake.scan("decisions").collect_schema().names()) == contract("decisions").columns


@pytest.mark.parametrize(
    "gone",
    [
        {"body": "[deleted]", "author": "[deleted]", "retrieved_on": CREATED + 30 * 24 * HOUR},
        {"body": "[Deleted]", "retrieved_on": None},
        {"body": "[removed]", "retrieved_on": CREATED + 30 * 24 * HOUR},
    ],
)
def test_a_dump_without_the_text_takes_the_comment_from_a_live_look_that_had_it(
    lake: Lake, key: ProjectKey, gone: Row
) -> None:
    append(lake, "comments", [comment("t1_a", input_hash="dump", **gone)])
    live = comment("t1_a", source="reddit", retrieved_on=CREATED + 48 * HOUR)
    assert reasons_for(lake, key, live) == ["DELETED_LATER"]


@pytest.mark.parametrize("gone", [{"selftext": "[deleted]"}, {"removed_by_category": "moderator"}])
def test_a_dump_without_the_text_takes_the_post_from_a_live_look_that_had_it(
    lake: Lake, key: ProjectKey, gone: Row
) -> None:
    append(lake, "posts", [post("t3_q", input_hash="dump", retrieved_on=CREATED + 30 * 24 * HOUR, **gone)])
    live = post("t3_q", source="reddit", retrieved_on=CREATED + 48 * HOUR)
    assert reasons_for(lake, key, live) == ["DELETED_LATER"]


def test_a_comment_that_moderators_let_through_in_the_end_is_kept(lake: Lake, key: ProjectKey) -> None:
    append(lake, "comments", [comment("t1_a", body="[removed]", retrieved_on=CREATED + HOUR, input_hash="first")])
    live = comment("t1_a", source="reddit", retrieved_on=CREATED + 48 * HOUR)
    assert reasons_for(lake, key, live) == []


def test_two_looks_that_nothing_tells_apart_give_the_same_votes_in_any_order() -> None:
    looks = [observation(f"t1_{number}", score, age_h=None) for number in range(200) for score in (1, 9)]
    found = [
        settled_votes(frame("score_observations", rows).lazy(), Curate()).collect().sort("name")
        for rows in (looks, looks[::-1])
    ]
    assert found[0].equals(found[1])


def test_a_community_that_is_no_longer_named_gives_nothing(lake: Lake, key: ProjectKey) -> None:
    wide, narrow = (
        Settings(ingest=Ingest(subreddits=names)) for names in (("HarbourTalk", "quietminds"), ("harbourtalk",))
    )
    append(lake, "posts", [post("t3_q", subreddit="QuietMinds")])
    assert reasons_for(lake, key, comment("t1_a", subreddit="QuietMinds", link_id="t3_q"), settings=wide) == []

    report = decide.run(narrow, lake, key)

    assert not report.skipped
    assert decision(lake, "t1_a")["reasons"] == ["OTHER_SUBREDDIT"]
    assert decision(lake, "t3_p")["keep"]


def test_naming_communities_of_reddit_leaves_other_sources_alone(lake: Lake, key: ProjectKey) -> None:
    append(lake, "posts", [post("counselchat_q1", subreddit="counselchat", source="counselchat")])
    decide.run(Settings(ingest=Ingest(subreddits=("HarbourTalk",))), lake, key)
    assert decision(lake, "counselchat_q1")["keep"]
