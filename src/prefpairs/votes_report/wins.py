"""Sibling pairs -> how often the earlier and the longer one wins, before and after selection.

Before: all pairs of two answers to one post with unequal scores, the higher one winning. After: the
published pairs, chosen winning. Of a thread with very many answers an even part is taken, by time.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from prefpairs.votes_report.counting import Limits, Numbers, Whole
from prefpairs.votes_report.report import Band, Wins
from prefpairs.votes_report.siblings import THREAD_PART, evenly, numbers, siblings
from prefpairs.votes_report.tables import Tables

ALL = "all pairs"
_SECONDS = (900, 3600, 21_600)  # up to each
_TIME_LABELS = ("≤ 15 min apart", "≤ 1 h", "≤ 6 h", "further apart")
_RATIOS = (1.25, 2, 4)
_LENGTH_LABELS = ("≤ 1.25 × as long", "≤ 2 ×", "≤ 4 ×", "longer still")

Tally = npt.NDArray[np.int64]
"""Two rows (won, all), one column a band."""


def wins(tables: Tables, limits: Limits) -> Wins | None:
    """Return the shares, or None if there is nothing to compare."""
    answers, thinned = evenly(tables.answers)
    earlier, longer = _before(answers)
    earlier_after, longer_after = _after(tables.pairs)
    if not (earlier[1].sum() or earlier_after[1].sum() or longer[1].sum() or longer_after[1].sum()):
        return None
    return Wins(
        earlier=_bands(_TIME_LABELS, earlier, earlier_after, limits),
        longer=_bands(_LENGTH_LABELS, longer, longer_after, limits),
        thinned_above=THREAD_PART,
        thinned=limits.count(thinned),
    )


def _before(answers: pl.DataFrame) -> tuple[Tally, Tally]:
    earlier, longer = _nothing(_TIME_LABELS), _nothing(_LENGTH_LABELS)
    score = answers["score"].to_numpy()
    created, words = numbers(answers, "created_utc"), numbers(answers, "words")
    for first, second in siblings(answers):
        untied = score[first] != score[second]
        one, two = first[untied], second[untied]
        one_wins = score[one] > score[two]
        earlier += _by_time(created[two] - created[one], one_wins)
        longer += _by_length(words[one], words[two], one_wins)
    return earlier, longer


def _after(pairs: pl.DataFrame) -> tuple[Tally, Tally]:
    between = numbers(pairs, "seconds_between")
    chosen, rejected = numbers(pairs, "words_chosen"), numbers(pairs, "words_rejected")
    won = np.ones(pairs.height, dtype=np.bool_)
    return _by_time(np.abs(between), between < 0), _by_length(chosen, rejected, won)


def _by_time(seconds: Numbers, earlier_wins: npt.NDArray[np.bool_]) -> Tally:
    apart = seconds > 0
    place = np.searchsorted(np.asarray(_SECONDS), seconds[apart], side="left")
    return _tally(place, earlier_wins[apart], len(_TIME_LABELS))


def _by_length(one: Numbers, two: Numbers, one_wins: npt.NDArray[np.bool_]) -> Tally:
    unequal = (one > 0) & (two > 0) & (one != two)
    longer_wins = (one > two)[unequal] == one_wins[unequal]
    ratio = np.maximum(one, two)[unequal] / np.minimum(one, two)[unequal]
    return _tally(np.searchsorted(np.asarray(_RATIOS), ratio, side="left"), longer_wins, len(_LENGTH_LABELS))


def _tally(place: Whole, won: npt.NDArray[np.bool_], size: int) -> Tally:
    return np.stack([np.bincount(place[won], minlength=size), np.bincount(place, minlength=size)])


def _nothing(labels: Sequence[str]) -> Tally:
    return np.zeros((2, len(labels)), dtype=np.int64)


def _bands(labels: Sequence[str], before: Tally, after: Tally, limits: Limits) -> list[Band]:
    columns = [*range(len(labels))]
    rows = [(label, before[:, column], after[:, column]) for label, column in zip(labels, columns, strict=True)]
    return [
        Band(label=label, before=limits.rate(int(b[0]), int(b[1])), after=limits.rate(int(a[0]), int(a[1])))
        for label, b, a in [*rows, (ALL, before.sum(axis=1), after.sum(axis=1))]
    ]
