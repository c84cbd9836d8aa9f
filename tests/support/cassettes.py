"""Recorded exchanges with Reddit -> a server on loopback that answers the real PRAW client with them.

`Cassettes` replays: same method, path, query and form give the recorded answers, in their order; the
last one repeats. `RecordedReddit` goes further: whatever was recorded anywhere is also listed under
`/r/<community>/new`, given by `/api/info/`, and hung into trees, so that a whole night can be read.

    python -m tests.support.cassettes --serve    # prints the URL and the configuration to use
"""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from prefpairs.config import SUBREDDIT_NAME
from prefpairs.ingest.reddit_recorder import things_in
from tests.support.reddit import (
    BANNED,
    NO_SUCH_COMMUNITY,
    PAGE,
    Answer,
    LoopbackServer,
    Request,
    json_answer,
    listing,
)

FOLDER = "reddit/praw-cassettes"
_KEPT_HEADERS = (
    "location", "retry-after", "www-authenticate",
    "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-used",
)  # fmt: skip
_TOKEN = {"access_token": "recorded", "token_type": "bearer", "expires_in": 3600, "scope": "*"}

_Key = tuple[str, str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]


class Cassettes(LoopbackServer):
    """Replays cassettes.

    Attributes
    ----------
    misses
        Requests that were not recorded.

    """

    def __init__(self, paths: Iterable[Path]) -> None:
        super().__init__()
        self.misses: list[Request] = []
        self._answers: dict[_Key, deque[Answer]] = defaultdict(deque)
        for path in paths:
            for key, answer in interactions(path):
                self._answers[key].append(answer)

    def respond(self, request: Request) -> Answer:
        if request.path == "/api/v1/access_token":
            return json_answer(_TOKEN)
        recorded = self._answers.get(_key(request.method, request.path, request.query, request.form))
        if recorded:
            return recorded.popleft() if len(recorded) > 1 else recorded[0]
        return self.not_recorded(request)

    def not_recorded(self, request: Request) -> Answer:
        self.misses.append(request)
        return BANNED


class RecordedReddit(Cassettes):
    """Every post and comment that any cassette holds, as one Reddit.

    A tree that was recorded is replayed from the one cassette that holds most of it, because the same
    tree recorded twice does not fit together; other trees are made of the comments that are known.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        paths = sorted(paths)
        trees = _best_trees(paths)
        super().__init__(trees)
        self.things: dict[str, dict[str, Any]] = {}
        # Last, what the replayed trees say: lists and trees then agree on scores.
        for path in [*(path for path in paths if path not in trees), *trees]:
            for _, answer in interactions(path):
                self.things.update(_things(answer))
        self._children: dict[str, list[str]] = defaultdict(list)
        for name, thing in sorted(self.things.items()):
            if name.startswith("t1_"):
                parent = thing["parent_id"]
                self._children[parent if parent in self.things else thing["link_id"]].append(name)

    def communities(self) -> Counter[str]:
        """Return the communities with recorded posts, and how many posts and comments each has."""
        with_posts = {thing["subreddit"] for name, thing in self.things.items() if name.startswith("t3_")}
        names = (thing.get("subreddit", "") for thing in self.things.values())
        return Counter(name for name in names if name in with_posts and SUBREDDIT_NAME.fullmatch(name))

    def not_recorded(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        if parts[0] == "r" and parts[2:] == ["new"]:
            return self._new(parts[1].lower(), request.query.get("after"))
        if request.path == "/api/info/":
            return json_answer(listing(self._given(request.query["id"].split(","))))
        if request.path == "/api/morechildren/":
            names = self._below([f"t1_{identity}" for identity in request.form["children"].split(",")])
            return json_answer({"json": {"errors": [], "data": {"things": self._given(names)}}})
        if parts[0] == "comments" and (post := f"t3_{parts[1]}") in self.things:
            top = [f"t1_{parts[3]}"] if len(parts) > 3 else self._children[post]
            return json_answer([listing(self._given([post])), listing([self._tree(name) for name in top])])
        return super().not_recorded(request)

    def _new(self, community: str, after: str | None) -> Answer:
        names = [
            name
            for name, thing in self.things.items()
            if name.startswith("t3_") and thing["subreddit"].lower() == community
        ]
        if not names:
            return NO_SUCH_COMMUNITY
        names.sort(key=lambda name: (-self.things[name]["created_utc"], name))
        start = names.index(after) + 1 if after else 0
        page = names[start : start + PAGE]
        return json_answer(listing(self._given(page), after=page[-1] if start + PAGE < len(names) else None))

    def _given(self, names: Iterable[str]) -> list[dict[str, Any]]:
        return [{"kind": name[:2], "data": self.things[name]} for name in names if name in self.things]

    def _below(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            yield name
            yield from self._below(self._children[name])

    def _tree(self, name: str) -> dict[str, Any]:
        replies = [self._tree(child) for child in self._children[name]]
        return {"kind": "t1", "data": {**self.things[name], "replies": listing(replies) if replies else ""}}


def interactions(path: Path) -> Iterator[tuple[_Key, Answer]]:
    """Yield what was asked and what came back, in order, of one cassette."""
    for item in json.loads(path.read_bytes())["interactions"]:
        request, response = item["request"], item["response"]
        parts = urlsplit(request["uri"])
        body = request["body"]
        form = dict(parse_qsl(body if isinstance(body, str) else "", keep_blank_values=True))
        headers = {name.lower(): values[0] for name, values in response["headers"].items()}
        yield (
            _key(request["method"], parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), form),
            Answer(
                response["body"].get("string", "").encode(),
                response["status"]["code"],
                {name: headers[name] for name in _KEPT_HEADERS if name in headers},
                headers.get("content-type", "application/json"),
            ),
        )


def recorded_answer(path: Path, status: int) -> Answer:
    """Return the first recorded answer with that status."""
    return next(answer for _, answer in interactions(path) if answer.status == status)


def _key(method: str, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> _Key:
    return method, path, tuple(sorted(query.items())), tuple(sorted(form.items()))


def _things(answer: Answer) -> dict[str, dict[str, Any]]:
    try:
        document = json.loads(answer.body)
    except ValueError:
        return {}
    return {f"{kind}_{data['id']}": {**data, "replies": ""} for kind, data in things_in(document)}


def _best_trees(paths: Iterable[Path]) -> list[Path]:
    """Return, for each post whose tree was recorded, the cassette with the most of its comments."""
    best: dict[str, tuple[int, Path]] = {}
    for path in paths:
        found: set[str] = set()
        posts: set[str] = set()
        for (_, asked, _, _), answer in interactions(path):
            parts = asked.strip("/").split("/")
            posts |= {parts[1]} if parts[0] == "comments" and len(parts) == 2 else set()
            found |= _things(answer).keys()
        for post in posts:
            best[post] = max(best.get(post, (0, path)), (len(found), path))
    return sorted({path for _, path in best.values()})


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the recorded exchanges as one Reddit on loopback.")
    parser.add_argument("--serve", action="store_true", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--cassettes",
        type=Path,
        default=Path(__file__).resolve().parents[2].parent / "shared" / "data" / FOLDER / "cassettes",
    )
    options = parser.parse_args()
    reddit = RecordedReddit(options.cassettes.glob("*.json"))
    communities = reddit.communities()
    with reddit.serving(options.port) as url:
        sys.stdout.write(
            f"live = true\nsubreddits = {json.dumps([name for name, _ in communities.most_common(12)])}\n\n"
            f'[ingest.reddit]\nreddit_url = "{url}"\noauth_url = "{url}"\n'
            f"# posts and comments recorded: {dict(communities.most_common(12))}\n"
        )
        sys.stdout.flush()
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
