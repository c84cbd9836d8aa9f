"""Responses grouped by post, best first -> blocks of pairs in which the first response scored more.

Positions only, never text. A block holds about a million pairs whatever the size of the threads, so
memory stays flat: small posts share a block, a huge post is cut into runs of its rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from prefpairs.pairs.presets import IntArray

BLOCK_PAIRS = 1 << 20  # some 60 MB of work arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Where the posts are in arrays of responses sorted by post, falling score, rising id.

    Attributes
    ----------
    starts
        First position of each post, and the number of responses at the end.
    lower
        For each response, the first position in its post that scored less; the post's end if none did.
    before
        Number of pairs in all rows before each response, and of all pairs at the end.

    """

    starts: IntArray
    lower: IntArray
    before: IntArray

    @property
    def posts(self) -> int:
        """How many posts there are."""
        return len(self.starts) - 1


def ranking(post: IntArray, score: IntArray) -> Ranking:
    """Index responses that are sorted by post, falling score, rising id."""
    new_post = np.r_[True, post[1:] != post[:-1]] if len(post) else np.zeros(0, dtype=np.bool_)
    new_level = new_post.copy()
    new_level[1:] |= score[1:] != score[:-1]
    starts = np.r_[np.flatnonzero(new_post), len(post)]
    levels = np.r_[np.flatnonzero(new_level), len(post)]
    lower = np.repeat(levels[1:], np.diff(levels))
    ends = np.repeat(starts[1:], np.diff(starts))
    before = np.concatenate([[0], np.cumsum(ends - lower)])
    return Ranking(starts=starts, lower=lower, before=before)


def post_blocks(ranking: Ranking, *, pairs: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of posts with at most `pairs` pairs, or one post that has more."""
    totals = ranking.before[ranking.starts]
    first = 0
    while first < ranking.posts:
        last = int(np.searchsorted(totals, totals[first] + pairs, side="right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last


def row_blocks(ranking: Ranking, first: int, last: int, *, pairs: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows of the posts `first` to `last` (exclusive) with at most `pairs` pairs, or one row."""
    row, end = int(ranking.starts[first]), int(ranking.starts[last])
    while row < end:
        limit = ranking.before[row] + pairs
        stop = min(int(np.searchsorted(ranking.before, limit, side="right")) - 1, end)
        stop = max(stop, row + 1)
        yield row, stop
        row = stop


def pairs_of_rows(ranking: Ranking, first: int, last: int) -> tuple[IntArray, IntArray]:
    """Return (chosen, rejected) positions of every pair whose chosen is in the rows, in rising order."""
    rows = np.arange(first, last, dtype=np.int64)
    before = ranking.before[first : last + 1]
    counts = np.diff(before)
    chosen = np.repeat(rows, counts)
    offsets = ranking.lower[first:last] - (before[:-1] - before[0])
    rejected = np.arange(len(chosen), dtype=np.int64) + np.repeat(offsets, counts)
    return chosen, rejected
