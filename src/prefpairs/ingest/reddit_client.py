"""Settings and credentials -> a PRAW client that waits, retries, checks and records.

PRAW's weak points are met in one place, below PRAW, where every answer passes: its `timeout` is never
used, a 429 is never retried (and one with a date raises a bare `ValueError`), an empty body ends a
listing as if it were exhausted, an HTML page is not retried, and odd headers raise bare `KeyError`s.
Every post and comment that passes is recorded as Reddit sent it, so nothing depends on PRAW's objects.
"""

import configparser
import json
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import praw
import prawcore
import requests
from praw.config import Config
from prawcore.const import ACCESS_TOKEN_PATH

from prefpairs.config import USER_AGENT, Credentials, RedditSource
from prefpairs.errors import ConfigError, TransientError
from prefpairs.ingest.reddit_recorder import Recorder
from prefpairs.ingest.token_bucket import TokenBucket

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_RETRIED = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_WRONG_CREDENTIALS = frozenset({400, 401, 403})
_TOKENS_REFUSED = 3  # prawcore asks for a new token twice before it gives up
_IDS = re.compile(r"/comments/[^/]+(/_/[^/]*)?")
_TOKEN_FIELDS = frozenset({"access_token", "expires_in", "scope"})
_RATE_HEADERS = ("x-ratelimit-remaining", "x-ratelimit-used", "x-ratelimit-reset")


def connect(
    settings: RedditSource,
    credentials: Credentials,
    *,
    recorder: Recorder,
    now: Callable[[], float],
    sleep: Callable[[float], None],
) -> praw.Reddit:
    """Return a read-only PRAW client whose answers go through `recorder`. It sends nothing yet.

    A `praw.ini`, `praw_*` variables and `~/.netrc` make no difference to it.

    Raises
    ------
    ConfigError
        If credentials are missing or the user agent is not what Reddit's rules ask for.

    """
    client_id, client_secret = _secrets(credentials)
    if not USER_AGENT.fullmatch(settings.user_agent):
        msg = (
            "ingest.reddit.user_agent must read '<platform>:<app id>:<version> (by /u/<your name>)': "
            "Reddit's rules ask for it, and block what does not say who it is."
        )
        raise ConfigError(msg)
    # PRAW would read praw.ini from the working folder and warn, or fail, over what it finds there.
    Config.CONFIG = configparser.ConfigParser()
    return praw.Reddit(
        "DEFAULT",
        client_id=client_id,
        client_secret=client_secret,
        user_agent=settings.user_agent,
        username=None,
        password=None,
        refresh_token=None,
        redirect_uri=None,
        reddit_url=settings.reddit_url.rstrip("/"),
        oauth_url=settings.oauth_url,
        short_url="https://redd.it",
        check_for_updates=False,
        check_for_async=False,
        ratelimit_seconds=0,
        timeout=int(settings.timeout_seconds),
        comment_kind="t1",
        redditor_kind="t2",
        submission_kind="t3",
        message_kind="t4",
        subreddit_kind="t5",
        trophy_kind="t6",
        requestor_class=_Requestor,
        requestor_kwargs={"settings": settings, "recorder": recorder, "now": now, "sleep": sleep},
    )


class _Requestor(prawcore.Requestor):
    def __init__(
        self,
        *,
        settings: RedditSource,
        recorder: Recorder,
        now: Callable[[], float],
        sleep: Callable[[float], None],
        **kwargs: Any,
    ) -> None:
        session = requests.Session()
        # A proxy of the environment cannot reach this machine's own loopback.
        session.trust_env = urlsplit(settings.oauth_url).hostname not in _LOOPBACK
        session.auth = _keep_authorization
        super().__init__(session=session, timeout=settings.timeout_seconds, **kwargs)
        self._settings = settings
        self._recorder = recorder
        self._now = now
        self._sleep = sleep
        self._bucket = TokenBucket(
            per_minute=settings.requests_per_minute,
            burst=settings.burst,
            max_hold_seconds=settings.max_wait_seconds,
            now=now,
            sleep=sleep,
        )
        self._refused_tokens = 0

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> requests.Response:  # noqa: ARG002
        """Send one request, as often as the settings allow, until Reddit gives a usable answer.

        Raises
        ------
        TransientError
            If no try gave one.
        ConfigError
            If Reddit refuses the credentials.

        """
        method, url = args
        kwargs.setdefault("allow_redirects", False)
        path = urlsplit(url).path
        for attempt in range(1, self._settings.attempts + 1):
            response, problem, wait = self._try(method, url, kwargs)
            if response is not None and problem is None:
                return self._checked(response, path)
            if attempt < self._settings.attempts:
                self._sleep(min(wait or 2.0**attempt, self._settings.max_wait_seconds))
        msg = f"Reddit {problem} for {_endpoint(path)}, {self._settings.attempts} times. Run again later."
        raise TransientError(msg)

    def _try(
        self, method: str, url: str, kwargs: dict[str, Any]
    ) -> tuple[requests.Response | None, str | None, float | None]:
        self._bucket.take()
        self._recorder.requests += 1
        try:
            response = super().request(method, url, timeout=self._settings.timeout_seconds, **kwargs)
        except prawcore.RequestException as error:
            return None, f"could not be reached ({type(error.original_exception).__name__})", None
        self._bucket.heed(response.headers)
        wait = _retry_after(response.headers.get("retry-after"), now=self._now())
        return response, self._problem(response), wait

    def _problem(self, response: requests.Response) -> str | None:
        if response.status_code in _RETRIED:
            return f"answered {response.status_code}"
        if not 200 <= response.status_code < 300:
            return None
        if not response.content.strip():
            return "sent an empty answer"
        try:
            document = json.loads(response.content)
        except (ValueError, RecursionError):
            return "sent something that is not JSON"
        self._recorder.record(document, retrieved_on=int(self._now()))
        return None

    def _checked(self, response: requests.Response, path: str) -> requests.Response:
        if path.endswith(ACCESS_TOKEN_PATH):
            _check_token(response)
        if response.status_code == requests.codes.unauthorized:
            self._refused_tokens += 1
            if self._refused_tokens >= _TOKENS_REFUSED:
                msg = "Reddit refuses every token that it issues to this app. Is the app still approved?"
                raise ConfigError(msg)
        elif not path.endswith(ACCESS_TOKEN_PATH):
            self._refused_tokens = 0
        return _tame(response)


def _secrets(credentials: Credentials) -> tuple[str, str]:
    client_id, client_secret = credentials.reddit_client_id, credentials.reddit_client_secret
    if client_id is None or client_secret is None:
        missing = [
            name
            for name, value in (
                ("PREFPAIRS_REDDIT_CLIENT_ID", client_id),
                ("PREFPAIRS_REDDIT_CLIENT_SECRET", client_secret),
            )
            if value is None
        ]
        msg = f"Live reading needs credentials. Set {' and '.join(missing)} in the environment."
        raise ConfigError(msg)
    return client_id.get_secret_value(), client_secret.get_secret_value()


def _check_token(response: requests.Response) -> None:
    ok = response.status_code == requests.codes.ok
    document = response.json() if ok else {}
    if response.status_code in _WRONG_CREDENTIALS or "error" in document:
        msg = (
            f"Reddit does not accept the credentials ({response.status_code}). Check "
            "PREFPAIRS_REDDIT_CLIENT_ID and PREFPAIRS_REDDIT_CLIENT_SECRET."
        )
        raise ConfigError(msg)
    if not (isinstance(document, dict) and document.keys() >= _TOKEN_FIELDS):
        msg = f"Reddit gave no token ({response.status_code}). Run again later."
        raise TransientError(msg)


def _tame(response: requests.Response) -> requests.Response:
    # prawcore sleeps by the real clock when it sees these, and fails if only some of them are there.
    for name in _RATE_HEADERS:
        response.headers.pop(name, None)
    # Without these, or with other values, prawcore raises a bare KeyError.
    if response.status_code == requests.codes.unauthorized:
        response.headers["www-authenticate"] = 'Bearer realm="reddit", error="invalid_token"'
    elif response.status_code == requests.codes.forbidden:
        response.headers.pop("www-authenticate", None)
    elif response.status_code in (requests.codes.moved_permanently, requests.codes.found):
        response.headers.setdefault("location", "")
    return response


def _retry_after(text: str | None, *, now: float) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return seconds if 0 < seconds < float("inf") else None


def _keep_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the token in place: without an `auth` of its own, requests replaces it by ~/.netrc's."""
    return request


def _endpoint(path: str) -> str:
    """Return a path without the ids of posts and comments: it ends up in reports."""
    return _IDS.sub("/comments/<id>", path)
