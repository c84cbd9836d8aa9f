"""What the client does when Reddit does not answer as asked."""

import socket
from collections.abc import Iterator
from typing import Any

import praw
import pytest
from pydantic import SecretStr

from prefpairs.config import Credentials, RedditSource
from prefpairs.errors import ConfigError, TransientError
from prefpairs.ingest.reddit_client import connect
from prefpairs.ingest.reddit_recorder import Recorder, things_in
from tests.support.reddit import (
    CLIENT_ID,
    CLIENT_SECRET,
    EMPTY_BODY,
    UNAVAILABLE,
    USER_AGENT,
    Answer,
    Clock,
    Request,
    StandInReddit,
    html_page,
    http_date,
    json_answer,
    listing,
    skip_prawcores_own_waits,
    too_many,
)

NEW = "/r/Anxiety/new"


class Client:
    """A client of a stand-in with one post; `ask()` lists it."""

    def __init__(self, reddit: StandInReddit) -> None:
        self.reddit, self.clock, self.recorder = reddit, Clock(), Recorder()
        self.post = reddit.add_post("Anxiety", created=self.clock.time)

    def connect(self, *, url: str | None = None, secret: str = CLIENT_SECRET, **settings: Any) -> praw.Reddit:
        url = url or self.reddit.url
        source = RedditSource.model_validate(
            {"user_agent": USER_AGENT, "reddit_url": url, "oauth_url": url, "burst": 100} | settings
        )
        credentials = Credentials(reddit_client_id=SecretStr(CLIENT_ID), reddit_client_secret=SecretStr(secret))
        return connect(source, credentials, recorder=self.recorder, now=self.clock.now, sleep=self.clock.sleep)

    def ask(self, **settings: Any) -> list[str]:
        return [post.fullname for post in self.connect(**settings).subreddit("Anxiety").new(limit=None)]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    skip_prawcores_own_waits(monkeypatch)
    reddit = StandInReddit()
    with reddit.serving():
        yield Client(reddit)


def test_too_many_requests_with_seconds_waits_that_long(client: Client) -> None:
    client.reddit.fault(NEW, too_many(retry_after="17"))

    assert client.ask() == [client.post]
    assert client.clock.slept == [17]


def test_too_many_requests_with_a_date_waits_until_then(client: Client) -> None:
    client.reddit.fault(NEW, too_many(retry_after=http_date(client.clock.time + 25)))

    assert client.ask() == [client.post]
    assert client.clock.slept == [25]


@pytest.mark.parametrize("retry_after", [None, "soon", "-5", "0", "nan", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_too_many_requests_without_a_usable_time_backs_off(client: Client, retry_after: str | None) -> None:
    client.reddit.fault(NEW, too_many(retry_after=retry_after), times=2)

    assert client.ask() == [client.post]
    assert client.clock.slept == [2, 4]


@pytest.mark.parametrize("retry_after", ["1e9", "86400"])
def test_no_wait_is_longer_than_the_setting(client: Client, retry_after: str) -> None:
    client.reddit.fault(NEW, too_many(retry_after=retry_after))

    client.ask(max_wait_seconds=60)

    assert client.clock.slept == [60]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (too_many(), "answered 429"),
        (UNAVAILABLE, "answered 503"),
        (Answer(b"", 500), "answered 500"),
        (Answer(b"", 520), "answered 520"),
        (Answer(b"", 521), "answered 521"),
        (Answer(b"", 408), "answered 408"),
        (html_page(), "not JSON"),
        (EMPTY_BODY, "an empty answer"),
        (Answer(b"  \n"), "an empty answer"),
        (Answer(b'{"kind": "Listing", "data": {"chil'), "not JSON"),
        (Answer(b"[" * 100_000), "not JSON"),
        (Answer(b'{"kind": "\xff"}'), "not JSON"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_again(client: Client, answer: Answer, words: str) -> None:
    client.reddit.fault(NEW, answer, times=3)
    assert client.ask(attempts=4) == [client.post]

    client.reddit.fault(NEW, answer, times=3)
    with pytest.raises(TransientError, match=f"Reddit .*{words} for {NEW}, 3 times"):
        client.ask(attempts=3)


def test_a_reddit_that_cannot_be_reached_is_said_without_its_address(client: Client) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

    with pytest.raises(TransientError, match=r"could not be reached \(ConnectionError\)"):
        client.ask(url=url, attempts=2)

    assert client.clock.slept == [2]


def test_our_timeout_is_the_one_that_counts(client: Client) -> None:
    # A socket that listens and never answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"

        with pytest.raises(TransientError, match=r"could not be reached \(ReadTimeout\)"):
            client.ask(url=url, attempts=1, timeout_seconds=0.05)


def test_a_token_that_died_is_replaced(client: Client) -> None:
    reddit = client.connect()
    assert list(reddit.subreddit("Anxiety").new(limit=None))
    client.reddit.expire_tokens()

    assert [post.fullname for post in reddit.subreddit("Anxiety").new(limit=None)] == [client.post]


@pytest.mark.parametrize("headers", [{}, {"www-authenticate": 'Bearer error="invalid_token"'}])
def test_tokens_that_are_never_accepted_are_a_configuration_error(client: Client, headers: dict[str, str]) -> None:
    client.reddit.fault(NEW, json_answer({"error": 401}, status=401, headers=headers), times=10)

    with pytest.raises(ConfigError, match="refuses every token"):
        client.ask()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>", 403),
        json_answer({"error": "invalid_grant", "error_description": "a text that somebody wrote"}),
        json_answer({"message": "Unauthorized", "error": 401}, status=401),
    ],
)
def test_credentials_that_reddit_refuses_are_a_configuration_error(client: Client, answer: Answer) -> None:
    client.reddit.fault("/api/v1/access_token", answer)

    with pytest.raises(ConfigError, match="PREFPAIRS_REDDIT_CLIENT_SECRET") as failure:
        client.ask()

    assert "somebody wrote" not in str(failure.value)


def test_a_wrong_secret_is_refused_and_not_shown(client: Client) -> None:
    with pytest.raises(ConfigError) as failure:
        client.ask(secret="not-the-secret")

    assert "not-the-secret" not in str(failure.value)


@pytest.mark.parametrize("answer", [json_answer({"scope": "*"}), json_answer([]), Answer(b"", 302)])
def test_an_answer_without_a_token_is_transient(client: Client, answer: Answer) -> None:
    client.reddit.fault("/api/v1/access_token", answer)

    with pytest.raises(TransientError, match="no token"):
        client.ask()


def test_the_token_request_is_retried_too(client: Client) -> None:
    client.reddit.fault("/api/v1/access_token", UNAVAILABLE)

    assert client.ask() == [client.post]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": "5.0"},
        {"x-ratelimit-remaining": "none", "x-ratelimit-used": "x", "x-ratelimit-reset": ""},
        {"x-ratelimit-remaining": "9", "x-ratelimit-used": "1", "x-ratelimit-reset": "600"},
    ],
)
def test_odd_rate_headers_neither_fail_nor_stall(client: Client, headers: dict[str, str]) -> None:
    empty = json_answer(listing([]), headers=headers)
    client.reddit.fault(NEW, empty)
    reddit = client.connect()

    for _ in range(2):
        list(reddit.subreddit("Anxiety").new(limit=None))

    assert client.clock.slept == []


def test_when_nothing_is_left_the_next_request_waits_for_the_reset(client: Client) -> None:
    headers = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "996", "x-ratelimit-reset": "42"}
    client.reddit.fault(NEW, json_answer(listing([]), headers=headers))
    reddit = client.connect()

    for _ in range(2):
        list(reddit.subreddit("Anxiety").new(limit=None))

    assert client.clock.slept == [42]


def test_no_more_requests_go_out_than_the_setting_allows(client: Client) -> None:
    for number in range(450):
        client.reddit.add_post("Anxiety", created=client.clock.time - number)
    began = client.clock.time

    client.ask(requests_per_minute=60, burst=1)

    # Five pages and a token, one a second.
    assert client.clock.time - began == pytest.approx(5)


def test_the_recorder_takes_every_post_and_comment_out_of_an_answer() -> None:
    reply = {"kind": "t1", "data": {"id": "b", "body": "reply", "replies": ""}}
    more = {"kind": "more", "data": {"id": "c", "count": 1, "children": ["c"]}}
    answer = {"kind": "t1", "data": {"id": "a", "replies": listing([reply, more])}}
    post = {"kind": "t3", "data": {"id": "p", "crosspost_parent_list": [{"kind": "t3", "data": {"id": "q"}}]}}
    document = [listing([post]), listing([answer])]

    assert [(kind, data["id"]) for kind, data in things_in(document)] == [("t3", "p"), ("t1", "a"), ("t1", "b")]

    recorder = Recorder()
    recorder.record(document, retrieved_on=7)
    assert recorder.things["t1_a"] == {"id": "a", "retrieved_on": 7}
    assert recorder.things["t1_b"] == {"id": "b", "body": "reply", "replies": "", "retrieved_on": 7}


def test_the_newest_look_at_a_thing_is_kept() -> None:
    recorder = Recorder()
    for score, moment in ((1, 10), (5, 20)):
        recorder.record(listing([{"kind": "t1", "data": {"id": "a", "score": score}}]), retrieved_on=moment)

    assert recorder.things == {"t1_a": {"id": "a", "score": 5, "retrieved_on": 20}}


def test_credentials_go_to_the_configured_server_only(client: Client) -> None:
    # A redirect of the token request would carry them elsewhere.
    elsewhere = Answer(b"", 302, {"location": "http://192.0.2.1/api/v1/access_token"})
    client.reddit.fault("/api/v1/access_token", elsewhere)

    with pytest.raises(TransientError):
        client.ask()

    def is_token(request: Request) -> bool:
        return request.path.endswith("access_token")

    assert [is_token(request) for request in client.reddit.requests] == [True]
