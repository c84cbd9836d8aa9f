"""One community on Reddit -> its newest posts, a post's comment tree, another look at scores.

What was found lies in the recorder, as Reddit sent it; these functions only make PRAW ask, and say how
complete the answers were. Messages name communities, paths and types of errors, never what was said.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import praw
import prawcore
import requests
from praw.exceptions import PRAWException

from prefpairs.errors import SourceError, TransientError
from prefpairs.ingest.reddit_recorder import Recorder, Thing

# PRAW raises these, bare, over ordinary oddities: a removed parent, a `more` without children.
_ODD = (AssertionError, AttributeError, LookupError, PRAWException, RecursionError, TypeError, ValueError)
_MORE_REQUESTS = 32  # PRAW's own default; on top of one for each comment that Reddit counts
_REASONS = frozenset({"banned", "gated", "gold_only", "private", "quarantined"})


class Tree(StrEnum):
    """How complete a comment tree is."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    """Reddit's answers did not fit together. What was found is kept."""
    REFUSED = "refused"
    """Reddit does not show the post: deleted, or not for this app."""


def list_new(client: praw.Reddit, recorder: Recorder, subreddit: str, *, floor: float | None) -> list[str]:
    """Read `/new` until a post older than `floor` (seconds since 1970); None reads all that Reddit gives.

    Returns the fullnames of the posts seen, the newest first.

    Raises
    ------
    SourceError
        If Reddit does not show the community, or a page makes no sense.

    """
    names: list[str] = []
    with _asking(f"r/{subreddit}"):
        for post in client.subreddit(subreddit).new(limit=None):
            name = f"t3_{post.id}"
            names.append(name)
            thing = recorder.things[name]
            # A pinned post says nothing about the order of the others.
            if floor is not None and created(thing) < floor and not thing.get("stickied"):
                break
    return names


def read_tree(client: praw.Reddit, recorder: Recorder, name: str, *, comment_limit: int) -> Tree:
    """Read all comments of one post.

    The requests are bounded by the number of comments that Reddit counts: every useful one brings at
    least one comment, and a server that keeps naming the same `more` would be asked for ever.
    """
    submission = client.submission(name.removeprefix("t3_"))
    submission.comment_limit = comment_limit
    try:
        forest = submission.comments
    except prawcore.ResponseException:
        return Tree.REFUSED
    except _ODD:
        return Tree.INCOMPLETE
    try:
        left = forest.replace_more(limit=comment_count(recorder.things.get(name, {})) + _MORE_REQUESTS)
    except (prawcore.PrawcoreException, *_ODD):
        return Tree.INCOMPLETE
    return Tree.INCOMPLETE if len(left) else Tree.COMPLETE


def look_again(client: praw.Reddit, recorder: Recorder, names: Sequence[str], *, subreddit: str) -> list[str]:
    """Ask for up to a hundred posts and comments by fullname; return those that Reddit did not give.

    Absent is not deleted: Reddit leaves ids out for many reasons.
    """
    with _asking(f"r/{subreddit}, scores"):
        for _ in client.info(fullnames=names):
            pass
    return [name for name in names if name not in recorder.things]


def created(thing: Thing) -> float:
    """Return when a thing was written (seconds since 1970), or infinity if Reddit does not say."""
    return float(thing["created_utc"]) if _is_number(thing.get("created_utc")) else float("inf")


def comment_count(thing: Thing) -> int:
    """Return how many comments Reddit counts for a post, removed ones included."""
    return int(thing["num_comments"]) if _is_number(thing.get("num_comments")) else 0


@contextmanager
def _asking(place: str) -> Iterator[None]:
    try:
        yield
    except prawcore.ResponseException as error:
        raise SourceError(_refusal(place, error.response)) from None
    except (prawcore.PrawcoreException, *_ODD) as error:
        msg = f"{place}: Reddit's answer makes no sense ({type(error).__name__}). Run again later."
        raise TransientError(msg) from None


def _refusal(place: str, response: requests.Response) -> str:
    status = response.status_code
    reason = _reason(response)
    if 300 <= status < 400:
        return f"{place}: there is no such community ({status}). Check its name in ingest.subreddits."
    if status == requests.codes.forbidden:
        return (
            f"{place}: Reddit refuses it (403{reason}): private, quarantined, or not for this app. "
            "prefpairs never opts in to a quarantine."
        )
    if status == requests.codes.not_found:
        return f"{place}: Reddit does not have it (404{reason}): banned, or gone."
    return f"{place}: Reddit answered {status}{reason}."


def _reason(response: requests.Response) -> str:
    try:
        reason = response.json().get("reason")
    except (AttributeError, ValueError):
        return ""
    # Only words that we know: anything else may be text that somebody wrote.
    return f", {reason}" if isinstance(reason, str) and reason in _REASONS else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
