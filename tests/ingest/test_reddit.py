"""Whole nights: the real PRAW client against a Reddit of our own."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from prefpairs.config import Basis, Credentials, Ingest, RedditSource, Settings
from prefpairs.errors import ConfigError, SourceError, TransientError
from prefpairs.ingest import reddit as live
from prefpairs.ingest import reddit_capture
from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from tests.support.reddit import (
    BANNED,
    CLIENT_ID,
    CLIENT_SECRET,
    EMPTY_BODY,
    FORBIDDEN,
    NO_SUCH_COMMUNITY,
    UNAVAILABLE,
    USER_AGENT,
    Answer,
    Clock,
    Request,
    StandInReddit,
    json_answer,
    listing,
    skip_prawcores_own_waits,
)

HOUR = 3600.0
CREDENTIALS = Credentials(reddit_client_id=SecretStr(CLIENT_ID), reddit_client_secret=SecretStr(CLIENT_SECRET))


class Night:
    """A Reddit, a lake and a clock; `read()` is one night."""

    def __init__(self, reddit: StandInReddit, lake: Lake) -> None:
        self.reddit, self.lake, self.clock = reddit, lake, Clock()

    def read(self, *subreddits: str, **reddit: Any) -> StageReport:
        settings = Settings(
            basis=Basis(statement="a test", approval_id="T-1"),
            ingest=Ingest(
                live=True,
                subreddits=subreddits or ("Anxiety",),
                reddit=RedditSource.model_validate({
                        "user_agent": USER_AGENT, "reddit_url": self.reddit.url, "oauth_url": self.reddit.url,
                        "burst": 100, "attempts": 2, "rescore_hours": (), **reddit,
                    }),
            ),
        )  # fmt: skip
        self.reddit.requests.clear()
        return live.run(settings, self.lake, credentials=CREDENTIALS, now=self.clock.now, sleep=self.clock.sleep)

    def names(self, table: str) -> list[str]:
        return self.lake.scan(table).sort("name").collect()["name"].to_list()

    def mark(self, subreddit: str = "anxiety") -> int | None:
        return self.lake.transaction_version("posts", f"reddit:{subreddit}")

    def thread(self, *, hours_ago: float, answers: int = 2, subreddit: str = "Anxiety", replies: int = 0) -> str:
        created = self.clock.time - hours_ago * HOUR
        return self.reddit.add_thread(subreddit, created=created, answers=answers, replies=replies)


@pytest.fixture
def night(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Any:
    skip_prawcores_own_waits(monkeypatch)
    reddit = StandInReddit()
    with reddit.serving():
        yield Night(reddit, lake)


def test_a_first_night_stores_every_post_and_comment_with_its_score(night: Night) -> None:
    for hours in (30, 20, 10):
        night.thread(hours_ago=hours, answers=3, replies=1)

    report = night.read()

    assert len(night.names("posts")) == 3
    assert len(night.names("comments")) == 18
    assert sorted(night.names("posts") + night.names("comments")) == sorted(night.reddit.things)
    looks = night.lake.scan("score_observations").collect()
    assert dict(zip(looks["name"], looks["score"], strict=True)) == {
        name: thing["score"] for name, thing in night.reddit.things.items()
    }
    assert set(looks["observed_at"]) == {int(night.clock.time)}
    assert night.mark() == int(night.clock.time - 10 * HOUR)
    assert (report.rows_in, report.counts["posts"], report.counts["comments"]) == (21, 3, 18)
    assert (report.counts["trees"], report.counts["incomplete_trees"]) == (3, 0)
    assert report.counts["missing_comments"] == 0


def test_a_second_night_without_changes_adds_nothing(night: Night) -> None:
    night.thread(hours_ago=5, answers=4)
    night.read()
    versions = {table: night.lake.version(table) for table in ("posts", "comments", "score_observations")}

    night.clock.time += HOUR
    report = night.read()

    assert {table: night.lake.version(table) for table in versions} == versions
    assert report.rows_out == 0
    assert night.reddit.paths() == ["/r/Anxiety/new"]


def test_a_second_night_reads_new_posts_and_late_comments_only(night: Night) -> None:
    quiet = night.thread(hours_ago=30)
    busy = night.thread(hours_ago=20)
    night.read()

    night.clock.time += 5 * HOUR
    late = night.reddit.add_comment(busy, created=night.clock.time - HOUR)
    new = night.thread(hours_ago=1)
    night.read()

    counts = Counter(night.names("comments"))
    assert counts[late] == 1
    assert set(counts.values()) == {1}
    assert Counter(night.names("posts")) == {quiet: 1, busy: 2, new: 1}
    assert not any(quiet.removeprefix("t3_") in path for path in night.reddit.paths())


def test_an_old_post_with_late_comments_is_left_alone_after_the_lookback(night: Night) -> None:
    old = night.thread(hours_ago=30)
    night.read()

    night.clock.time += 100 * HOUR
    night.reddit.add_comment(old, created=night.clock.time - HOUR)
    night.thread(hours_ago=2)
    night.read()

    assert not any(old.removeprefix("t3_") in path for path in night.reddit.paths())


def test_a_changed_score_is_another_row_and_another_look(night: Night) -> None:
    post = night.thread(hours_ago=5, answers=1)
    night.read()
    (comment,) = set(night.names("comments"))

    night.clock.time += HOUR
    night.reddit.things[comment]["score"] = 40
    night.reddit.add_comment(post, created=night.clock.time)
    night.read()

    looks = night.lake.scan("score_observations").filter(pl.col("name") == comment).sort("age_h").collect()
    assert looks["score"].to_list() == [0, 40]


def test_more_posts_than_a_page_are_all_read(night: Night) -> None:
    for number in range(230):
        night.reddit.add_post("Anxiety", created=night.clock.time - number * 60)

    report = night.read()

    assert len(night.names("posts")) == 230
    assert night.reddit.paths().count("/r/Anxiety/new") == 3
    assert report.counts["requests"] == 3 + 230 + 1


def test_what_is_captured_is_what_reddit_sent(night: Night) -> None:
    post = night.thread(hours_ago=5, answers=1)
    night.reddit.things[post] |= {
        "a_new_field_of_reddit": {"deep": [1, 2.5, None]},
        "title": "caf\u00e9 \U0001f642 &amp;",
    }

    night.read()

    (capture,) = (night.lake.root / "raw" / "captures" / "anxiety").iterdir()
    things = {line["name"]: line for line in map(json.loads, capture.read_text().splitlines())}
    assert things[post] == night.reddit.things[post] | {"retrieved_on": int(night.clock.time)}
    assert capture.stat().st_mode & 0o777 == 0o600
    assert night.lake.scan("posts").collect()["title"].to_list() == ["caf\u00e9 \U0001f642 &amp;"]


def test_big_trees_are_read_to_their_last_comment(lake: Lake) -> None:
    reddit = StandInReddit(first_page=20, batch=15, max_depth=3)
    with reddit.serving():
        night = Night(reddit, lake)
        night.thread(hours_ago=5, answers=60, replies=2)
        parent = night.thread(hours_ago=4, answers=0)
        for _ in range(9):
            parent = reddit.add_comment(parent, created=night.clock.time - HOUR)

        report = night.read()

        assert len(set(night.names("comments"))) == 60 * 3 + 9
        assert any("/_/" in path for path in reddit.paths())
        assert report.counts["incomplete_trees"] == 0


# Scores, again.


def test_scores_are_read_again_at_each_age_and_only_once(night: Night) -> None:
    night.thread(hours_ago=1, answers=2)
    looks = []
    for hours in (0, 30, 20, 2, 120, 24):
        night.clock.time += hours * HOUR
        looks.append(night.read(rescore_hours=(48, 168)).counts["rescored"])

    ages = night.lake.scan("score_observations").collect()["age_h"]
    # Nights at ages 1, 31, 51, 53, 173 and 197 hours: looks at 51 and 173.
    assert sum(48 <= age < 60 for age in ages) == 3
    assert sum(168 <= age < 180 for age in ages) == 3
    assert len(ages) == 9
    # The post itself comes with the listing: only its two comments are asked for.
    assert looks == [0, 0, 2, 0, 2, 0]


def test_scores_are_matched_by_name_and_absent_ids_are_only_counted(night: Night) -> None:
    night.thread(hours_ago=1, answers=3)
    night.read(lookback_hours=0)
    gone, moved = night.names("comments")[:2]
    night.reddit.hidden.add(gone)
    night.reddit.things[moved]["score"] = 99

    night.clock.time += 50 * HOUR
    report = night.read(lookback_hours=0, rescore_hours=(48,))

    newest = night.lake.scan("score_observations").filter(pl.col("age_h") > 48).collect()
    assert dict(zip(newest["name"], newest["score"], strict=True))[moved] == 99
    assert gone not in set(newest["name"])
    assert (report.counts["absent"], report.counts["absent_batches"]) == (1, 0)
    assert Counter(night.names("comments"))[gone] == 1


def test_a_whole_batch_that_is_absent_raises_an_alarm_and_marks_nothing(night: Night) -> None:
    night.thread(hours_ago=1, answers=2)
    night.read()
    night.reddit.fault("/api/info/", json_answer(listing([])))

    night.clock.time += 50 * HOUR
    report = night.read(lookback_hours=0, rescore_hours=(48,))

    assert (report.counts["absent"], report.counts["absent_batches"]) == (2, 1)
    assert any("Nothing was marked" in note for note in report.notes)
    assert not night.lake.scan("comments").filter(pl.col("was_deleted_later")).collect().height


def test_ids_are_asked_for_a_hundred_at_a_time(night: Night) -> None:
    night.thread(hours_ago=1, answers=249)
    night.read()

    night.clock.time += 60 * HOUR
    night.read(lookback_hours=0, rescore_hours=(48,))

    asked = [request.query["id"] for request in night.reddit.requests if request.path == "/api/info/"]
    assert [len(ids.split(",")) for ids in asked] == [100, 100, 49]


def test_looks_before_a_failure_are_kept_and_the_others_are_made_later(night: Night) -> None:
    night.thread(hours_ago=1, answers=150)
    night.read()
    night.clock.time += 60 * HOUR
    night.reddit.fault(
        lambda request: request.path == "/api/info/" and request.query["id"].count(",") < 99, UNAVAILABLE, times=2
    )

    with pytest.raises(TransientError):
        night.read(rescore_hours=(48,))

    def settled() -> int:
        return night.lake.scan("score_observations").filter(pl.col("age_h") > 48).collect()["name"].n_unique()

    # The post came with the listing; one batch of a hundred comments was answered.
    assert settled() == 101
    assert night.read(rescore_hours=(48,)).counts["rescored"] == 50
    assert settled() == 151


def test_many_looks_are_committed_in_windows(night: Night) -> None:
    night.thread(hours_ago=1, answers=250)
    night.read()
    night.clock.time += 60 * HOUR
    version = night.lake.version("comments")

    night.read(rescore_hours=(48,), window_posts=1)

    assert night.lake.version("comments") == version + 3


def test_what_was_deleted_meanwhile_is_captured_as_it_comes_back(night: Night) -> None:
    night.thread(hours_ago=1, answers=1)
    night.read()
    (comment,) = night.names("comments")
    night.reddit.things[comment] |= {"author": "[deleted]", "body": "[deleted]"}

    night.clock.time += 50 * HOUR
    night.read(rescore_hours=(48,))

    rows = night.lake.scan("comments").sort("retrieved_on").collect()
    assert rows["body"].to_list()[-1] == "[deleted]"


# Trees that do not fit together keep what was found.


def _answer_morechildren(things: list[dict[str, Any]]) -> Answer:
    return json_answer({"json": {"errors": [], "data": {"things": things}}})


def _small_pages(night: Night) -> str:
    night.reddit.first_page = 3
    return night.thread(hours_ago=5, answers=8)


def _repeated(night: Night, post: str) -> Answer:
    first = night.reddit._children[post][0]
    return _answer_morechildren([{"kind": "t1", "data": night.reddit.things[first]}] * 2)


def _orphan(night: Night, post: str) -> Answer:
    orphan = {**night.reddit.things[night.reddit._children[post][4]], "parent_id": "t1_zzzzzz"}
    return _answer_morechildren([{"kind": "t1", "data": orphan}])


def _more_without_children(night: Night, post: str) -> Answer:
    more = {"count": 3, "children": [], "id": "x", "name": "t1_x", "parent_id": post, "depth": 0}
    return _answer_morechildren([{"kind": "more", "data": more}])


def _fields_missing(night: Night, post: str) -> Answer:
    return _answer_morechildren([{"kind": "t1", "data": {"id": "abc"}}])


def _refused(night: Night, post: str) -> Answer:
    return FORBIDDEN


def _bad_request(night: Night, post: str) -> Answer:
    return json_answer({"reason": "BAD", "explanation": "no", "fields": ["children"]}, status=400)


def _errors(night: Night, post: str) -> Answer:
    return json_answer({"json": {"errors": [["RATELIMIT", "try again in 5 minutes", "x"]]}})


@pytest.mark.parametrize(
    "oddity",
    [_repeated, _orphan, _more_without_children, _fields_missing, _refused, _bad_request, _errors],
)
def test_an_oddity_in_a_tree_keeps_what_was_found(night: Night, oddity: Any) -> None:
    post = _small_pages(night)
    other = night.thread(hours_ago=2, answers=1)
    night.reddit.fault("/api/morechildren/", oddity(night, post), times=3)

    report = night.read()

    assert {post, other} == set(night.names("posts"))
    assert set(night.reddit._children[post][:3]) <= set(night.names("comments"))
    assert report.counts["incomplete_trees"] == 1
    assert night.mark() == int(night.reddit.things[other]["created_utc"])


def test_a_comment_deleted_below_continue_this_thread_costs_only_itself(lake: Lake) -> None:
    reddit = StandInReddit(max_depth=2)
    with reddit.serving():
        night = Night(reddit, lake)
        post = night.thread(hours_ago=3, answers=1)
        parent = reddit._children[post][0]
        for _ in range(4):
            parent = reddit.add_comment(parent, created=night.clock.time)
        reddit.fault(lambda request: "/_/" in request.path, json_answer([listing([]), listing([])]))

        report = night.read()

        assert len(night.names("comments")) == 2
        assert report.counts["incomplete_trees"] == 1
        assert report.counts["missing_comments"] == 3


def test_comments_that_reddit_counts_and_does_not_give_are_counted(night: Night) -> None:
    _small_pages(night)
    night.reddit.fault("/api/morechildren/", _answer_morechildren([]))

    report = night.read()

    assert (report.counts["missing_comments"], report.counts["incomplete_trees"]) == (5, 0)


def test_a_more_that_names_itself_for_ever_ends(night: Night) -> None:
    post = _small_pages(night)
    child = night.reddit._children[post][5].removeprefix("t1_")
    loop = {"count": 9, "children": [child], "id": child, "name": f"t1_{child}", "parent_id": post, "depth": 0}
    night.reddit.fault("/api/morechildren/", _answer_morechildren([{"kind": "more", "data": loop}]), times=10**6)

    report = night.read()

    assert report.counts["incomplete_trees"] == 1
    assert len(night.names("comments")) == 3


def test_a_post_that_is_gone_between_list_and_tree_is_counted(night: Night) -> None:
    gone = night.thread(hours_ago=5)
    kept = night.thread(hours_ago=4)
    night.reddit.fault(f"/comments/{gone.removeprefix('t3_')}/", BANNED)

    report = night.read()

    assert report.counts["unreachable_posts"] == 1
    assert set(night.reddit._children[kept]) == set(night.names("comments"))
    assert night.mark() == int(night.reddit.things[kept]["created_utc"])


def test_posts_of_which_none_is_shown_are_not_taken_for_read(night: Night) -> None:
    night.thread(hours_ago=5)
    night.thread(hours_ago=4)
    night.reddit.fault("/comments/", FORBIDDEN, times=2)

    with pytest.raises(SourceError, match="lists 2 posts and shows none"):
        night.read()

    assert night.mark() is None


def test_a_tree_page_that_makes_no_sense_costs_only_its_tree(night: Night) -> None:
    post = night.thread(hours_ago=5)
    other = night.thread(hours_ago=4)
    night.reddit.fault(f"/comments/{post.removeprefix('t3_')}/", json_answer({"kind": "Listing"}))

    report = night.read()

    assert report.counts["incomplete_trees"] == 1
    assert night.names("posts") == [post, other]


# Listings that end early.


def test_an_empty_body_is_not_an_empty_community(night: Night) -> None:
    night.thread(hours_ago=5)
    night.reddit.fault("/r/Anxiety/new", EMPTY_BODY, times=2)

    with pytest.raises(TransientError, match="empty answer for /r/Anxiety/new"):
        night.read()

    assert night.mark() is None
    assert night.names("posts") == []


def test_a_list_that_ends_before_the_watermark_does_not_move_it(night: Night) -> None:
    night.thread(hours_ago=5)
    night.read()
    mark = night.mark()

    night.clock.time += HOUR
    night.reddit.fault("/r/Anxiety/new", json_answer(listing([])))
    report = night.read()

    assert night.mark() == mark
    assert report.counts["short_listings"] == 1
    assert any("the watermark stays" in note for note in report.notes)


def test_a_first_list_that_ends_with_more_to_come_sets_no_watermark(night: Night) -> None:
    post = night.thread(hours_ago=5)
    night.reddit.fault("/r/Anxiety/new", json_answer(listing([], after=post)))

    report = night.read()

    assert (night.mark(), report.counts["short_listings"]) == (None, 1)
    assert night.read().counts["posts"] == 1


def test_reddits_wall_raises_an_alarm_and_the_next_night_goes_on(night: Night) -> None:
    night.reddit.wall = 40
    night.thread(hours_ago=5)
    night.read(listing_wall=40)
    for number in range(60):
        night.reddit.add_post("Anxiety", created=night.clock.time + number)

    night.clock.time += HOUR
    report = night.read(listing_wall=40)
    again = night.read(listing_wall=40)

    assert report.counts["listing_wall"] == 1
    assert any("posts were lost" in note for note in report.notes)
    assert len(set(night.names("posts"))) == 41
    assert (again.counts["listing_wall"], again.rows_out) == (0, 0)


def test_a_first_night_at_the_wall_says_where_older_posts_come_from(night: Night) -> None:
    night.reddit.wall = 40
    for number in range(60):
        night.reddit.add_post("Anxiety", created=night.clock.time - number)

    report = night.read(listing_wall=40)

    assert report.counts["listing_wall"] == 0
    assert any("Older ones come from archives" in note for note in report.notes)


def test_a_page_that_makes_no_sense_leaves_the_watermark(night: Night) -> None:
    night.thread(hours_ago=5)
    night.reddit.fault("/r/Anxiety/new", json_answer({"message": "a text that somebody wrote"}))

    with pytest.raises(TransientError, match="makes no sense") as failure:
        night.read()

    assert "somebody wrote" not in str(failure.value)
    assert night.mark() is None


# One community never costs another.


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (FORBIDDEN, "403, private"),
        (json_answer({"reason": "quarantined"}, status=403), "403, quarantined"),
        (json_answer({"reason": "a text that somebody wrote"}, status=403), r"\(403\)"),
        (Answer(b"<html>", 403, {"www-authenticate": 'Bearer error="odd"'}), r"\(403\)"),
        (BANNED, "404, banned"),
        (NO_SUCH_COMMUNITY, "no such community"),
        (Answer(b"", 302), "no such community"),
        (Answer(b"{}", 451), "answered 451"),
        (Answer(b"not json", 415), "makes no sense"),
    ],
)
def test_a_community_that_reddit_refuses_is_named_and_the_others_are_read(
    night: Night, answer: Answer, words: str
) -> None:
    night.thread(hours_ago=5, subreddit="Anxiety")
    night.reddit.fault("/r/depression/new", answer)

    report = night.read("depression", "Anxiety")

    assert len(night.names("posts")) == 1
    assert report.counts["failed_subreddits"] == 1
    (note,) = report.notes
    assert "r/depression" in note
    assert re.search(words, note)
    assert "somebody wrote" not in note
    assert not any("optin" in path for path in night.reddit.paths())


def test_communities_that_all_fail_are_an_error_that_names_each(night: Night) -> None:
    with pytest.raises(SourceError, match=r"(?s)r/nowhere.*r/nothing") as failure:
        night.read("nowhere", "nothing")

    assert not isinstance(failure.value, TransientError)


def test_a_community_named_twice_is_read_once(night: Night) -> None:
    night.thread(hours_ago=5)

    night.read("Anxiety", "anxiety")

    assert len(night.names("posts")) == 1


# A night that breaks off.


def test_a_failure_in_the_middle_leaves_the_watermark_and_the_next_night_completes(night: Night) -> None:
    posts = [night.thread(hours_ago=hours) for hours in (9, 8, 7, 6)]
    night.reddit.fault(f"/comments/{posts[2].removeprefix('t3_')}/", UNAVAILABLE, times=2)

    with pytest.raises(TransientError, match="answered 503 for /comments/<id>/"):
        night.read()

    assert night.mark() is None
    assert night.names("posts") == posts[:2]
    night.read()
    assert night.names("posts") + night.names("comments") == sorted(
        night.reddit.things, key=lambda name: (name.startswith("t1_"), name)
    )
    assert night.mark() == int(night.reddit.things[posts[3]]["created_utc"])


def test_windows_before_the_failure_keep_their_watermark(night: Night) -> None:
    posts = [night.thread(hours_ago=hours) for hours in (9, 8, 7)]
    night.reddit.fault(f"/comments/{posts[2].removeprefix('t3_')}/", UNAVAILABLE, times=2)

    with pytest.raises(TransientError):
        night.read(window_posts=1)

    assert night.mark() == int(night.reddit.things[posts[1]]["created_utc"])
    night.read()
    assert Counter(night.names("posts")) == dict.fromkeys(posts, 1)


def test_a_run_killed_before_its_commit_loses_nothing_and_doubles_nothing(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.thread(hours_ago=5, answers=3)

    def killed(*args: Any, **kwargs: Any) -> StageReport:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reddit_capture, "ingest_file", killed)
        with pytest.raises(KeyboardInterrupt):
            night.read()
    assert night.mark() is None

    night.clock.time += HOUR
    night.read()

    assert Counter(night.names("posts") + night.names("comments")) == dict.fromkeys(night.reddit.things, 1)
    assert night.mark() is not None
    captures = [path.name for path in (night.lake.root / "raw" / "captures" / "anxiety").iterdir()]
    assert not any("pending" in name for name in captures)


# What live reading asks for before it starts.


def _settings(**changes: Any) -> Settings:
    source = RedditSource(user_agent=changes.pop("user_agent", USER_AGENT))
    basis = changes.pop("basis", Basis(statement="a test", approval_id="T-1"))
    return Settings(basis=basis, ingest=Ingest(subreddits=("Anxiety",), reddit=source, **{"live": True} | changes))


def _run(settings: Settings, lake: Lake, credentials: Credentials = CREDENTIALS) -> StageReport:
    clock = Clock()
    return live.run(settings, lake, credentials=credentials, now=clock.now, sleep=clock.sleep)


def test_without_a_recorded_basis_nothing_is_asked(lake: Lake) -> None:
    with pytest.raises(ConfigError, match=r"basis\.statement"):
        _run(_settings(basis=Basis()), lake)


def test_missing_credentials_are_named(lake: Lake) -> None:
    with pytest.raises(ConfigError, match="PREFPAIRS_REDDIT_CLIENT_SECRET") as failure:
        _run(_settings(), lake, Credentials(reddit_client_id=SecretStr("an-id")))

    assert "CLIENT_ID" not in str(failure.value)


def test_a_user_agent_that_does_not_say_who_it_is_is_refused(lake: Lake) -> None:
    with pytest.raises(ConfigError, match="user_agent"):
        _run(_settings(user_agent="python-requests"), lake)


def test_live_reading_that_is_off_does_nothing(lake: Lake) -> None:
    report = _run(_settings(live=False), lake)

    assert report.skipped
    assert not lake.exists("posts")


def test_a_praw_ini_a_netrc_and_a_proxy_make_no_difference(
    night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.thread(hours_ago=5)
    (tmp_path / "praw.ini").write_text("[DEFAULT]\nreddit_url=http://192.0.2.1\nusername=x\npassword=y\n[broken")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "NETRC": str(tmp_path / ".netrc"),
        "http_proxy": "http://127.0.0.1:9",
        "NO_PROXY": "",
        "no_proxy": "",
        "praw_site": "elsewhere",
        "praw_client_id": "another",
        "praw_username": "somebody",
        "praw_password": "secret",
    }.items():
        monkeypatch.setenv(name, value)

    assert night.read().counts["posts"] == 1


def test_no_text_reaches_the_logs(night: Night, caplog: pytest.LogCaptureFixture) -> None:
    post = _small_pages(night)
    night.reddit.fault("/api/morechildren/", _orphan(night, post))
    night.reddit.fault("/r/Anxiety/new", UNAVAILABLE)

    with caplog.at_level("DEBUG"):
        report = night.read()

    assert "Synthetic" not in caplog.text + json.dumps(report.to_json())
    assert "author_" not in caplog.text + json.dumps(report.to_json())


def test_wrong_credentials_are_a_configuration_error(night: Night) -> None:
    night.reddit.fault("/api/v1/access_token", json_answer({"error": 401}, status=401))

    with pytest.raises(ConfigError, match="does not accept the credentials"):
        night.read()


def test_requests_say_who_we_are_and_ask_for_raw_json(night: Night) -> None:
    night.thread(hours_ago=5)

    night.read()

    def agent(request: Request) -> str:
        return request.headers["user-agent"]

    assert all(agent(request).startswith(USER_AGENT) for request in night.reddit.requests)
    assert all(
        request.query.get("raw_json") == "1" for request in night.reddit.requests if request.method == "GET"
    )
