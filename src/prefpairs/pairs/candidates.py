"""Responses in any order -> blocks of whole posts -> the pairs in which the first response is the better one.

Positions only, never text. A block of posts holds some 250,000 pairs whatever the size of the threads, so
memory stays flat and the work arrays in the processor's cache: small posts share a block, a huge post is
cut into runs of its rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefpairs.pairs.ordering import Positions, in_groups, place_in_run, run_starts
from prefpairs.pairs.presets import FloatArray, IntArray, Mask

BLOCK_PAIRS = 1 << 18  # the fastest of those tried; some 20 MB of work arrays

Rows = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Responses grouped by post: `rows` are their row numbers, `starts` where each post begins, and the end."""

    rows: Rows
    starts: Positions

    @property
    def sizes(self) -> Positions:
        """How many responses each post has."""
        return np.diff(self.starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Where the posts are in arrays of responses sorted by post, falling level.

    Attributes
    ----------
    starts
        First position of each post, and the number of responses at the end.
    lower
        For each response, the first position in its post that has a lower level; the post's end if none
        has, or if the response may not be chosen.
    before
        Number of pairs in all rows before each response, and of all pairs at the end.

    """

    starts: Positions
    lower: Positions
    before: Positions


def grouped(post: npt.NDArray[Any], take: Mask) -> Posts:
    """Group the rows in `take` by post: posts in rising order, rows of a post as they came."""
    rows = np.arange(len(post), dtype=np.uint32)[take]
    number = post[take]
    if (number[1:] < number[:-1]).any():
        number, rows = in_groups(number, rows)
    return Posts(rows=rows, starts=run_starts(number))


def with_siblings(posts: Posts) -> Posts:
    """Return the posts of two responses and more."""
    sizes = posts.sizes
    several = sizes > 1
    rows = posts.rows if several.all() else posts.rows[np.repeat(several, sizes)]
    return Posts(rows=rows, starts=np.concatenate([[0], np.cumsum(sizes[several])]))


def post_blocks(posts: Posts, *, pairs: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of posts with at most `pairs` pairs and rows together, or one post that has more.

    Of a post at most `most` responses are compared.
    """
    sizes = posts.sizes
    compared = np.minimum(sizes, most)
    totals = np.concatenate([[0], np.cumsum(compared * (compared - 1) // 2 + sizes)])
    first = 0
    while first < len(sizes):
        last = int(np.searchsorted(totals, totals[first] + pairs, side="right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last


def outside_the_middle(post: IntArray, most: int) -> Mask:
    """Return true for the best and the worst of each post, `most` together, the odd one being a best."""
    sizes = np.diff(run_starts(post))
    place, worst = place_in_run(post), most // 2
    keep: Mask = (place < most - worst) | (place >= np.repeat(sizes, sizes) - worst)
    return keep


def ranking(post: IntArray, level: IntArray | FloatArray, may_be_chosen: Mask) -> Ranking:
    """Index responses that are sorted by post, falling level."""
    starts = run_starts(post)
    new_level = np.ones(len(post), dtype=np.bool_)
    new_level[1:] = (level[1:] != level[:-1]) | (post[1:] != post[:-1])
    levels = np.r_[np.flatnonzero(new_level), len(post)]
    lower = np.repeat(levels[1:], np.diff(levels))
    ends = np.repeat(starts[1:], np.diff(starts))
    lower = np.where(may_be_chosen, lower, ends)
    before = np.concatenate([[0], np.cumsum(ends - lower)])
    return Ranking(starts=starts, lower=lower, before=before)


def row_blocks(ranking: Ranking, *, pairs: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows with at most `pairs` pairs, or one row."""
    row, end = 0, len(ranking.lower)
    while row < end:
        limit = ranking.before[row] + pairs
        stop = min(int(np.searchsorted(ranking.before, limit, side="right")) - 1, end)
        stop = max(stop, row + 1)
        yield row, stop
        row = stop


def pairs_of_rows(ranking: Ranking, first: int, last: int) -> tuple[Positions, Positions]:
    """Return (chosen, rejected) positions of every pair whose chosen is in the rows, in rising order."""
    before = ranking.before[first : last + 1]
    counts = np.diff(before)
    chosen = np.repeat(np.arange(first, last), counts)
    offsets = ranking.lower[first:last] - (before[:-1] - before[0])
    rejected = np.arange(len(chosen)) + np.repeat(offsets, counts)
    return chosen, rejected
