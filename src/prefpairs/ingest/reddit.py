"""Reddit, read through PRAW -> captured JSON -> rows of posts, comments and score observations.

A night, for each community: new posts down to the watermark, the comment trees of posts that are new or
have new comments, and another look at the scores that have reached an age at which they are read again.
Work goes in windows of a few posts, oldest first. A window ends with one commit that also moves the
watermark, so a crash costs one window, and a watermark never claims what is not in the tables.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import praw

from prefpairs.config import Credentials, Ingest, Settings
from prefpairs.errors import ConfigError, SourceError, TransientError
from prefpairs.ingest.reddit_capture import Captures
from prefpairs.ingest.reddit_client import connect
from prefpairs.ingest.reddit_crawl import Tree, comment_count, created, list_new, look_again, read_tree
from prefpairs.ingest.reddit_recorder import Recorder, Thing
from prefpairs.ingest.reddit_state import (
    due_names,
    is_unchanged,
    known_rows,
    watermark,
)
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.stage import Progress, StageReport

STAGE = "ingest-reddit"
_INFO_BATCH = 100  # what /api/info takes at once
_SECONDS_PER_HOUR = 3600.0
_COUNTS = (
    "posts", "comments", "trees", "incomplete_trees", "missing_comments", "unreachable_posts", "rescored",
    "absent", "absent_batches", "listing_wall", "short_listings", "failed_subreddits", "requests",
)  # fmt: skip


def run(
    settings: Settings,
    lake: Lake,
    *,
    credentials: Credentials,
    now: Callable[[], float],
    sleep: Callable[[float], None],
    key: ProjectKey | None = None,
    progress: Progress | None = None,
) -> StageReport:
    """Read the communities of `settings.ingest.subreddits` from Reddit into the raw tables.

    A community that Reddit does not show, or that fails half-way, costs the others nothing: it is
    counted under `failed_subreddits`, named in the notes, and its watermark stays where it was.

    Parameters
    ----------
    settings, lake
        What to read, and where the tables are.
    credentials
        The app's id and secret.
    now, sleep
        The clock (seconds since 1970) and what waits.
    key
        The project key, for what is to be left out at ingest.
    progress
        Is told how many posts of a community were opened, of how many.

    Raises
    ------
    ConfigError
        If the legal basis, the credentials or a proper user agent is missing, or the credentials are wrong.
    SourceError
        If every community failed; `TransientError` if each may work later.

    """
    if not settings.ingest.live:
        return StageReport(stage=STAGE, skipped=True, notes=("Live reading is off (ingest.live).",))
    if not settings.basis.recorded:
        msg = (
            "Live reading needs a recorded legal basis: fill in basis.statement and basis.approval_id. "
            "Reddit's terms ask for its approval before the API is used, and before anything is trained on it."
        )
        raise ConfigError(msg)
    recorder = Recorder()
    client = connect(settings.ingest.reddit, credentials, recorder=recorder, now=now, sleep=sleep)
    captures = Captures(lake=lake, ingest=settings.ingest, key=key, now=now)
    night = _Night(
        lake=lake,
        ingest=settings.ingest,
        client=client,
        recorder=recorder,
        now=now,
        captures=captures,
        progress=progress,
    )
    failures = [error for name in _communities(settings.ingest) if (error := _try_community(night, name))]
    if failures and len(failures) == len(_communities(settings.ingest)):
        raise _all_failed(failures)
    night.counts["failed_subreddits"] = len(failures)
    night.counts["requests"] = recorder.requests
    return StageReport(
        stage=STAGE,
        rows_in=night.rows_in,
        rows_out=night.captures.rows_out,
        dropped={"UNCHANGED": night.unchanged} if night.unchanged else {},
        counts=dict(sorted(night.counts.items())),
        quarantined=dict(sorted(night.captures.quarantined.items())),
        inputs={f"r/{name}": str(watermark(lake, name)) for name in _communities(settings.ingest)},
        notes=tuple(night.notes),
    )


@dataclass(slots=True, kw_only=True)
class _Night:
    """What one run works with, and what it has counted so far."""

    lake: Lake
    ingest: Ingest
    client: praw.Reddit
    recorder: Recorder
    now: Callable[[], float]
    captures: Captures
    progress: Progress | None
    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(_COUNTS, 0)))
    notes: list[str] = field(default_factory=list)
    rows_in: int = 0
    unchanged: int = 0


def _communities(ingest: Ingest) -> tuple[str, ...]:
    return tuple({name.lower(): name for name in ingest.subreddits}.values())


def _try_community(night: _Night, subreddit: str) -> SourceError | None:
    night.recorder.things.clear()
    try:
        _read_community(night, subreddit)
    except SourceError as error:
        night.notes.append(f"r/{subreddit} was not read to its end. {error}")
        return error
    return None


def _read_community(night: _Night, subreddit: str) -> None:
    night.captures.finish_pending(subreddit)
    due = due_names(night.lake, subreddit, settings=night.ingest.reddit, now=night.now())
    mark = watermark(night.lake, subreddit)
    names = list_new(night.client, night.recorder, subreddit, floor=_floor(night, mark))
    listed = {name: night.recorder.things[name] for name in names}
    complete = _listing_is_complete(night, subreddit, listed, mark)
    seen: set[str] = set()
    to_open = _posts_to_open(night, listed, mark)
    opened = 0
    for window in _chunks(to_open, night.ingest.reddit.window_posts):
        times = [int(time) for name in window if (time := created(listed[name])) < float("inf")]
        reached = max([*times, mark or 0])
        moves = complete and reached > (mark or 0)
        seen |= _read_window(night, subreddit, window, due, reached if moves else None)
        mark = reached if moves else mark
        opened += len(window)
        if night.progress:
            night.progress(opened, len(to_open))
    seen |= set(listed)
    _rescore(night, subreddit, [name for name in due if name not in seen], due)


def _floor(night: _Night, mark: int | None) -> float | None:
    if mark is None:
        return None
    return min(mark, night.now() - night.ingest.reddit.lookback_hours * _SECONDS_PER_HOUR)


def _listing_is_complete(night: _Night, subreddit: str, listed: Mapping[str, Thing], mark: int | None) -> bool:
    """Say whether no post between the watermark and now is missing, or all that is missing is lost for good."""
    if mark is not None and any(created(thing) <= mark for thing in listed.values() if not thing.get("stickied")):
        return True
    at_wall = len(listed) >= night.ingest.reddit.listing_wall
    if at_wall and mark is None:
        night.notes.append(
            f"r/{subreddit}: Reddit lists its newest {len(listed)} posts only. Older ones come from archives."
        )
    elif at_wall:
        night.counts["listing_wall"] += 1
        night.notes.append(
            f"r/{subreddit}: posts were lost. Reddit lists {len(listed)} posts, and the last one read is older. "
            "Read more often, or fill the gap from an archive."
        )
    elif mark is not None or night.recorder.after is not None:
        night.counts["short_listings"] += 1
        night.notes.append(
            f"r/{subreddit}: Reddit's list of new posts ended after {len(listed)}, before its end or the last "
            "post read. What came is kept; the watermark stays."
        )
        return False
    return True


def _posts_to_open(night: _Night, listed: Mapping[str, Thing], mark: int | None) -> list[str]:
    """Return the posts whose comments are read, oldest first: new to us, or with another number of comments."""
    known = known_rows(night.lake, listed)
    young = night.now() - night.ingest.reddit.lookback_hours * _SECONDS_PER_HOUR
    posts = [
        name
        for name, thing in listed.items()
        if name not in known
        or mark is None
        or created(thing) > mark
        or (created(thing) >= young and comment_count(thing) != known[name]["num_comments"])
    ]
    return sorted(posts, key=lambda name: (created(listed[name]), name))


def _read_window(
    night: _Night, subreddit: str, window: Sequence[str], due: Collection[str], mark: int | None
) -> set[str]:
    """Read the trees of a window and commit them; on a failure commit what is whole, and leave the mark."""
    whole: list[str] = []
    try:
        refused = [name for name in window if not _read_post(night, name, whole)]
    except SourceError:
        _commit(night, subreddit, whole, due)
        raise
    if len(refused) == len(window) > 1:
        msg = f"r/{subreddit}: Reddit lists {len(window)} posts and shows none of them."
        raise SourceError(msg)
    night.counts["unreachable_posts"] += len(refused)
    return _commit(night, subreddit, window, due, mark=mark)


def _read_post(night: _Night, name: str, whole: list[str]) -> bool:
    outcome = read_tree(night.client, night.recorder, name, comment_limit=night.ingest.reddit.comment_limit)
    whole.append(name)
    if outcome is Tree.REFUSED:
        return False
    found = sum(thing.get("link_id") == name for thing in night.recorder.things.values())
    night.counts["trees"] += 1
    night.counts["incomplete_trees"] += outcome is Tree.INCOMPLETE
    night.counts["missing_comments"] += max(0, comment_count(night.recorder.things[name]) - found)
    return True


def _rescore(night: _Night, subreddit: str, names: Sequence[str], due: Collection[str]) -> None:
    """Look at scores that are due, and at nothing that this run has seen already."""
    for number, batch in enumerate(_chunks(names, _INFO_BATCH), start=1):
        try:
            absent = look_again(night.client, night.recorder, batch, subreddit=subreddit)
        except SourceError:
            _commit(night, subreddit, None, due)
            raise
        night.counts["rescored"] += len(batch) - len(absent)
        night.counts["absent"] += len(absent)
        if len(absent) == len(batch):
            night.counts["absent_batches"] += 1
            night.notes.append(
                f"r/{subreddit}: Reddit gave none of {len(batch)} ids that were asked for. Nothing was marked."
            )
        if number % night.ingest.reddit.window_posts == 0:
            _commit(night, subreddit, None, due)
    _commit(night, subreddit, None, due)


def _commit(
    night: _Night, subreddit: str, posts: Collection[str] | None, due: Collection[str], *, mark: int | None = None
) -> set[str]:
    """Store the recorded comments and the `posts` (None: all) that say something new; return what was taken."""
    taken = {
        name: thing
        for name, thing in night.recorder.things.items()
        if name.startswith("t1_") or posts is None or name in posts
    }
    for name in taken:
        del night.recorder.things[name]
    known = known_rows(night.lake, taken)
    asked = set(due)
    news = {
        name: thing
        for name, thing in taken.items()
        if name in asked or not is_unchanged(name, thing, known.get(name))
    }
    night.rows_in += len(taken)
    night.unchanged += len(taken) - len(news)
    night.counts["posts"] += sum(name.startswith("t3_") for name in news)
    night.counts["comments"] += sum(name.startswith("t1_") for name in news)
    night.captures.store(subreddit, news, watermark=mark)
    return set(taken)


def _all_failed(failures: Sequence[SourceError]) -> SourceError:
    if len(failures) == 1:
        return failures[0]
    kind = TransientError if all(isinstance(error, TransientError) for error in failures) else SourceError
    return kind("Every community failed:\n" + "\n".join(f"  {error}" for error in failures))


def _chunks(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
