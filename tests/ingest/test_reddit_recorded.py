"""The real PRAW client on exchanges that were recorded with the real Reddit."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic import SecretStr

from prefpairs.config import Basis, Credentials, Ingest, RedditSource, Settings
from prefpairs.errors import SourceError
from prefpairs.ingest import reddit as live
from prefpairs.ingest.reddit_client import connect
from prefpairs.ingest.reddit_crawl import Tree, list_new, look_again, read_tree
from prefpairs.ingest.reddit_recorder import Recorder
from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from tests.support.cassettes import FOLDER, Cassettes, RecordedReddit, recorded_answer
from tests.support.reddit import USER_AGENT, Clock, LoopbackServer, StandInReddit
from tests.support.shared_data import shared_data

CREDENTIALS = Credentials(
    reddit_client_id=SecretStr("stand-in-app"), reddit_client_secret=SecretStr("stand-in-secret")
)


@pytest.fixture
def cassettes() -> Path:
    return shared_data(FOLDER) / "cassettes"


def _source(server: LoopbackServer) -> RedditSource:
    return RedditSource(user_agent=USER_AGENT, reddit_url=server.url, oauth_url=server.url)


@pytest.mark.parametrize(
    ("cassette", "post", "comments", "requests"),
    [("replace__all_large", "t3_n49rw", 1428, 237), ("replace__all", "t3_3hahrw", 541, 20)],
)
def test_a_recorded_tree_is_read_to_its_last_comment(
    cassettes: Path, cassette: str, post: str, comments: int, requests: int
) -> None:
    server = Cassettes([cassettes / f"TestCommentForest.test_{cassette}.json"])
    recorder, clock = Recorder(), Clock()
    with server.serving():
        client = connect(_source(server), CREDENTIALS, recorder=recorder, now=clock.now, sleep=clock.sleep)
        outcome = read_tree(client, recorder, post, comment_limit=2048)

    assert outcome is Tree.COMPLETE
    assert sum(name.startswith("t1_") for name in recorder.things) == comments
    assert (len(server.requests), server.misses) == (requests, [])


def test_a_recorded_list_and_recorded_looks_are_read(cassettes: Path) -> None:
    server = RecordedReddit(cassettes.glob("*.json"))
    recorder, clock = Recorder(), Clock()
    with server.serving():
        client = connect(_source(server), CREDENTIALS, recorder=recorder, now=clock.now, sleep=clock.sleep)
        names = list_new(client, recorder, "askreddit", floor=None)
        recorder.things.clear()
        absent = look_again(client, recorder, [*names[:99], "t1_zzzzzzz"], subreddit="askreddit")

    assert len(names) == len(set(names)) > 500
    assert absent == ["t1_zzzzzzz"]


@pytest.mark.parametrize(
    ("cassette", "status", "words"),
    [
        ("TestSubredditQuarantine.test_opt_out", 403, "403"),
        ("TestSubreddit.test_sticky__not_set", 404, "404"),
        ("TestSubreddit.test_sticky", 302, "no such community"),
        ("TestReddit.test_bad_request_without_json_text_html_response", 400, "makes no sense|answered 400"),
        ("TestReddit.test_bad_request_without_json_text_plain_response", 400, "makes no sense|answered 400"),
    ],
)
def test_a_recorded_refusal_is_an_error_that_names_the_community(
    cassettes: Path, cassette: str, status: int, words: str
) -> None:
    server = StandInReddit()
    server.fault("/r/ferguson/new", recorded_answer(cassettes / f"{cassette}.json", status))
    recorder, clock = Recorder(), Clock()
    with server.serving():
        client = connect(_source(server), CREDENTIALS, recorder=recorder, now=clock.now, sleep=clock.sleep)
        with pytest.raises(SourceError, match=rf"r/ferguson.*({words})"):
            list_new(client, recorder, "ferguson", floor=None)


def test_recorded_communities_go_into_the_lake_and_a_second_night_adds_nothing(
    cassettes: Path, lake: Lake
) -> None:
    server = RecordedReddit(cassettes.glob("*.json"))
    clock = Clock()

    def night() -> StageReport:
        settings = Settings(
            basis=Basis(statement="a test", approval_id="T-1"),
            ingest=Ingest(live=True, subreddits=("announcements", "funny", "IAmA"), reddit=_source(server)),
        )
        return live.run(settings, lake, credentials=CREDENTIALS, now=clock.now, sleep=clock.sleep)

    with server.serving():
        first = night()
        server.requests.clear()
        clock.time += 3600
        second = night()

    rows = lake.scan("comments").collect()
    trees = Counter(rows["link_id"])
    assert (trees["t3_n49rw"], trees["t3_3hahrw"]) == (1428, 541)
    assert rows["name"].n_unique() == rows.height
    assert first.counts["incomplete_trees"] == 0
    assert first.quarantined == {}
    assert second.rows_out == 0
    assert len(server.requests) == 4
