"""A Reddit of our own on loopback, for the real PRAW client: synthetic communities, and faults on request.

It answers as recorded exchanges do: pages of at most 100, `after`, `more` objects whose count includes
descendants, "continue this thread" as a `more` with nothing in it, morechildren a hundred at a time,
rate headers, tokens that expire. No text in it was written by anybody.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

CLIENT_ID = "stand-in-app"
CLIENT_SECRET = "stand-in-secret"
USER_AGENT = "linux:prefpairs-tests:v1 (by /u/prefpairs_tests)"
PAGE = 100
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass
class Clock:
    """A clock that only `sleep` moves."""

    time: float = 1_750_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.time += seconds


@dataclass(frozen=True)
class Answer:
    """What the server sends for one request."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]


def skip_prawcores_own_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let prawcore ask for a new token at once: it waits up to 4 s before, by the real clock."""
    clock = SimpleNamespace(sleep=lambda _: None, monotonic=time.monotonic)
    monkeypatch.setattr("prawcore.sessions.time", clock)


def json_answer(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(json.dumps(value).encode(), status, headers or {})


def html_page() -> Answer:
    return Answer(b"<!doctype html><html><body>Our servers are busy.</body></html>", content_type="text/html")


def too_many(*, retry_after: str | None = None) -> Answer:
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return json_answer({"message": "Too Many Requests", "error": 429}, status=429, headers=headers)


def http_date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


EMPTY_BODY = Answer(b"")
FORBIDDEN = json_answer({"reason": "private", "message": "Forbidden", "error": 403}, status=403)
BANNED = json_answer({"reason": "banned", "message": "Not Found", "error": 404}, status=404)
UNAVAILABLE = Answer(b"upstream", 503, content_type="text/plain")
NO_SUCH_COMMUNITY = Answer(b"", 302, {"location": "https://www.reddit.com/subreddits/search?q=x"})
TOKEN_EXPIRED = json_answer(
    {"message": "Unauthorized", "error": 401},
    status=401,
    headers={"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'},
)


@dataclass
class _Fault:
    applies: Callable[[Request], bool]
    answer: Answer | Callable[[Request], Answer]
    times: int


class LoopbackServer:
    """An HTTP server on a free port of this machine; `respond` says what it answers."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.url = ""
        self._lock = threading.Lock()

    def respond(self, request: Request) -> Answer:
        raise NotImplementedError

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """Serve while the context lasts; gives the URL."""
        server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self.url
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Nagle's algorithm and delayed acknowledgements cost 40 ms a request otherwise.
            disable_nagle_algorithm = True
            wbufsize = -1
            timeout = 30

            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                parts = urlsplit(self.path)
                request = Request(
                    method=self.command,
                    path=parts.path,
                    query=_flat(parts.query),
                    form=_flat(self.rfile.read(length).decode()),
                    headers={name.lower(): value for name, value in self.headers.items()},
                )
                with outer._lock:
                    outer.requests.append(request)
                    answer = outer.respond(request)
                self.send_response(answer.status)
                self.send_header("content-type", answer.content_type)
                self.send_header("content-length", str(len(answer.body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if request.headers.get("connection", "").lower() == "close":
                    self.send_header("connection", "close")
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


class StandInReddit(LoopbackServer):
    """Communities in memory.

    Attributes
    ----------
    things
        Fullname -> `data`, as `/api/info` would give it.
    hidden
        Fullnames that `/api/info` leaves out.
    first_page, batch, max_depth
        Comments on a tree's first page, in one morechildren answer, and levels before "continue this thread".
    wall
        Where every listing ends.

    """

    def __init__(self, *, first_page: int = 500, batch: int = 100, max_depth: int = 10, wall: int = 1000) -> None:
        super().__init__()
        self.things: dict[str, dict[str, Any]] = {}
        self.hidden: set[str] = set()
        self.first_page, self.batch, self.max_depth, self.wall = first_page, batch, max_depth, wall
        self._children: dict[str, list[str]] = {}
        self._posts: dict[str, list[str]] = {}
        self._faults: list[_Fault] = []
        self._tokens: set[str] = set()
        self._next_id = 36**5

    def add_community(self, subreddit: str) -> None:
        self._posts.setdefault(subreddit.lower(), [])

    def add_post(self, subreddit: str, *, created: float, **fields: Any) -> str:
        identity = self._identity()
        name = f"t3_{identity}"
        self.things[name] = {
            "id": identity, "name": name, "subreddit": subreddit, "author": f"author_{identity}",
            "created_utc": created, "title": f"Synthetic title {identity}", "score": 12, "upvote_ratio": 0.9,
            "selftext": f"Synthetic text of post {identity}, long enough to be kept.", "num_comments": 0,
            "edited": False, "is_self": True, "over_18": False, "stickied": False, "distinguished": None,
            "hide_score": False, "contest_mode": False, "quarantine": False, "removed_by_category": None,
            "permalink": f"/r/{subreddit}/comments/{identity}/", "url": "", "subreddit_type": "public",
        } | fields  # fmt: skip
        self._children[name] = []
        self.add_community(subreddit)
        self._posts[subreddit.lower()].append(name)
        return name

    def add_comment(self, parent: str, *, created: float, **fields: Any) -> str:
        identity = self._identity()
        name = f"t1_{identity}"
        post = parent if parent.startswith("t3_") else self.things[parent]["link_id"]
        self.things[name] = {
            "id": identity, "name": name, "link_id": post, "parent_id": parent, "author": f"author_{identity}",
            "subreddit": self.things[post]["subreddit"], "created_utc": created, "score": 3, "edited": False,
            "body": f"Synthetic answer {identity}, long enough to be kept.", "score_hidden": False,
            "controversiality": 0, "stickied": False, "distinguished": None, "is_submitter": False,
            "collapsed_reason_code": None, "depth": 0, "replies": "",
        } | fields  # fmt: skip
        self._children[name] = []
        self._children[parent].append(name)
        self.things[post]["num_comments"] += 1
        return name

    def add_thread(self, subreddit: str, *, created: float, answers: int, replies: int = 0) -> str:
        """Add a post with `answers` answers, each with `replies` replies; return its fullname."""
        post = self.add_post(subreddit, created=created)
        for number in range(answers):
            answer = self.add_comment(post, created=created + 60 * (number + 1), score=number)
            for _ in range(replies):
                self.add_comment(answer, created=created + 60 * (number + 2))
        return post

    def remove(self, name: str) -> None:
        """Take a post or comment away from every page, with what hangs below it."""
        for names in (*self._posts.values(), *self._children.values()):
            if name in names:
                names.remove(name)
        self.hidden.add(name)

    def fault(
        self,
        path: str | Callable[[Request], bool],
        answer: Answer | Callable[[Request], Answer],
        *,
        times: int = 1,
    ) -> None:
        """Answer the next `times` requests whose path starts with `path` (or that fit) with `answer`."""
        applies = path if callable(path) else lambda request: request.path.startswith(path)
        self._faults.append(_Fault(applies, answer, times))

    def expire_tokens(self) -> None:
        self._tokens.clear()

    def paths(self) -> list[str]:
        """Return the paths asked for, in order, without those for tokens."""
        return [request.path for request in self.requests if not request.path.endswith("access_token")]

    def respond(self, request: Request) -> Answer:
        for fault in self._faults:
            if fault.times > 0 and fault.applies(request):
                fault.times -= 1
                return fault.answer(request) if callable(fault.answer) else fault.answer
        if request.path == "/api/v1/access_token":
            return self._token(request)
        if request.headers.get("authorization", "").removeprefix("bearer ") not in self._tokens:
            return TOKEN_EXPIRED
        answer = self._api(request)
        used = len(self.requests)
        remaining = max(1, 996 - used % 900)
        rate = {
            "x-ratelimit-remaining": f"{remaining:.1f}",
            "x-ratelimit-used": str(used),
            "x-ratelimit-reset": str(int(600 * remaining / (remaining + used))),
        }
        return Answer(answer.body, answer.status, {**rate, **answer.headers}, answer.content_type)

    def _token(self, request: Request) -> Answer:
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return json_answer({"message": "Unauthorized", "error": 401}, status=401)
        token = f"token-{len(self.requests)}"
        self._tokens.add(token)
        return json_answer({"access_token": token, "token_type": "bearer", "expires_in": 3600, "scope": "*"})

    def _api(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        if parts[0] == "r" and parts[2:] == ["new"]:
            return self._new(parts[1], request)
        if request.path == "/api/info/":
            wanted = [name for name in request.query["id"].split(",") if name in self.things]
            return json_answer(listing([self._thing(name) for name in wanted if name not in self.hidden]))
        if request.path == "/api/morechildren/":
            return json_answer(self._more_children(request.form))
        if parts[0] == "comments" and f"t3_{parts[1]}" in self.things:
            return self._comments(f"t3_{parts[1]}", parts, request)
        return BANNED

    def _new(self, subreddit: str, request: Request) -> Answer:
        if subreddit.lower() not in self._posts:
            return NO_SUCH_COMMUNITY
        names = sorted(self._posts[subreddit.lower()], key=lambda name: (-self.things[name]["created_utc"], name))[
            : self.wall
        ]
        start = names.index(request.query["after"]) + 1 if "after" in request.query else 0
        end = start + min(PAGE, int(request.query.get("limit", "25")))
        after = names[end - 1] if end < len(names) else None
        return json_answer(listing([self._thing(name) for name in names[start:end]], after=after))

    def _comments(self, post: str, parts: list[str], request: Request) -> Answer:
        if post in self.hidden:
            return BANNED
        budget = [min(self.first_page, int(request.query.get("limit", "200")))]
        names = [f"t1_{parts[3]}"] if len(parts) > 3 else self._children[post]
        names = [name for name in names if name not in self.hidden]
        return json_answer([listing([self._thing(post)]), listing(self._tree(names, post, 0, budget))])

    def _tree(self, names: list[str], parent: str, depth: int, budget: list[int]) -> list[dict[str, Any]]:
        if names and depth >= self.max_depth:
            return [_more("_", parent, 0, [], depth)]
        shown: list[dict[str, Any]] = []
        for position, name in enumerate(names):
            if budget[0] <= 0:
                rest = names[position:]
                count = sum(1 + self._descendants(other) for other in rest)
                ids = [other.removeprefix("t1_") for other in rest]
                return [*shown, _more(ids[0], parent, count, ids, depth)]
            budget[0] -= 1
            replies = self._tree(self._children[name], name, depth + 1, budget)
            data = {**self.things[name], "depth": depth, "replies": listing(replies) if replies else ""}
            shown.append({"kind": "t1", "data": data})
        return shown

    def _more_children(self, form: Mapping[str, str]) -> dict[str, Any]:
        wanted = [f"t1_{identity}" for identity in form["children"].split(",")]
        wanted = [name for name in wanted if name in self.things and name not in self.hidden]
        shown = list(self._parents_first(wanted))
        given = set(shown[: self.batch])
        things = [{"kind": "t1", "data": {**self.things[name], "replies": ""}} for name in shown[: self.batch]]
        left: dict[str, list[str]] = {}
        for name in shown[self.batch :]:
            parent = self.things[name]["parent_id"]
            if parent in given or name in wanted:
                left.setdefault(parent, []).append(name)
        for parent, names in left.items():
            ids = [name.removeprefix("t1_") for name in names]
            count = sum(1 + self._descendants(name) for name in names)
            things.append(_more(ids[0], parent, count, ids, 1))
        return {"json": {"errors": [], "data": {"things": things}}}

    def _parents_first(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            yield name
            yield from self._parents_first(self._children[name])

    def _descendants(self, name: str) -> int:
        return sum(1 + self._descendants(child) for child in self._children[name])

    def _thing(self, name: str) -> dict[str, Any]:
        return {"kind": name[:2], "data": self.things[name]}

    def _identity(self) -> str:
        self._next_id += 1
        number, text = self._next_id, ""
        while number:
            number, digit = divmod(number, 36)
            text = _BASE36[digit] + text
        return text


def listing(children: list[dict[str, Any]], *, after: str | None = None) -> dict[str, Any]:
    data = {"after": after, "before": None, "dist": len(children), "modhash": None, "geo_filter": ""}
    return {"kind": "Listing", "data": {**data, "children": children}}


def _more(identity: str, parent: str, count: int, children: list[str], depth: int) -> dict[str, Any]:
    data = {"id": identity, "name": f"t1_{identity}", "parent_id": parent, "count": count, "depth": depth}
    return {"kind": "more", "data": {**data, "children": children}}


def _flat(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}
