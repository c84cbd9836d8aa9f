"""One number for every pair and the post of each -> a mean with the interval of a bootstrap over posts.

Pairs of one post share its prompt and its responses: they are no independent observations. So posts are drawn,
with all their pairs, and an interval is as wide as the number of posts makes it (percentile intervals: Efron and
Tibshirani 1993, ch. 13; clusters: Davison and Hinkley 1997, section 3.8). Where all posts agree every draw is the
same, and a share gets the ends of Wilson's interval (1927, J. Am. Stat. Assoc. 22:209) over the posts instead.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from prefpairs.evaluate.held_out import Floats, Integers

_DRAWN_AT_ONCE = 64
"""Resamples that are in memory as floats at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure and the ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What a mean is made of, for each post: `[posts]` sums, and `[posts]` of how many."""

    total: Floats
    count: Floats

    @classmethod
    def of(cls, values: Floats, post: Integers, *, posts: int) -> "Sums":
        """Sum the values of each post; a NaN is left out."""
        known = ~np.isnan(values)
        return cls(
            total=np.bincount(post[known], weights=values[known], minlength=posts).astype(np.float64),
            count=np.bincount(post[known], minlength=posts).astype(np.float64),
        )

    @property
    def mean(self) -> float:
        """The mean over everything that was counted, NaN if nothing was."""
        counted = float(self.count.sum())
        return float(self.total.sum()) / counted if counted else float("nan")


class Bootstrap:
    """Draws of posts, the same for every figure, so that figures can be compared draw by draw.

    Parameters
    ----------
    posts
        How many there are to draw from; so many are drawn each time.
    resamples
        How often.
    confidence
        What share of the resamples lies inside an interval.
    seed
        Decides the draws, and nothing else does.

    """

    def __init__(self, posts: int, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        # A post is drawn once in a resample, on average: that one is drawn more than 255 times does not happen.
        self.draws = np.empty((resamples, posts), dtype=np.uint8)
        for row in self.draws:
            row[:] = np.bincount(generator.integers(posts, size=posts), minlength=posts).clip(max=255)
        self.confidence = confidence

    def mean(self, sums: Sums) -> Estimate | None:
        """Return the mean with its interval; None if nothing was counted."""
        return self.interval(sums.mean, self._means(sums))

    def share(self, sums: Sums) -> Estimate | None:
        """Return a mean of values from 0 to 1 with its interval, which has a width where all posts agree too."""
        if sums.mean not in (0, 1):
            return self.mean(sums)
        posts = int(np.count_nonzero(sums.count))
        z = NormalDist().inv_cdf((1 + self.confidence) / 2)
        width = z * z / (posts + z * z)
        low, high = (1 - width, 1.0) if sums.mean else (0.0, width)
        return Estimate(value=sums.mean, low=low, high=high)

    def difference(self, first: Sums, second: Sums) -> Estimate | None:
        """Return how much higher the first mean is, with the interval of the difference on the same draws."""
        return self.interval(first.mean - second.mean, self._means(first) - self._means(second))

    def statistic(self, value: float, of_draws: Callable[[Floats], Floats]) -> Estimate | None:
        """Return a figure that is no mean: `of_draws` takes `[b, posts]` counts and returns its `[b]` values."""
        return self.interval(value, np.concatenate([of_draws(part) for part in self._parts()]))

    def interval(self, value: float, resampled: Floats) -> Estimate | None:
        """Return the percentile interval; resamples in which nothing was counted (NaN) tell nothing."""
        known = resampled[~np.isnan(resampled)]
        if np.isnan(value) or not len(known):
            return None
        beyond = (1 - self.confidence) / 2
        low, high = np.quantile(known, (beyond, 1 - beyond))
        return Estimate(value=float(value), low=float(low), high=float(high))

    def _means(self, sums: Sums) -> Floats:
        columns = np.stack((sums.total, sums.count), axis=1)
        drawn = np.concatenate([part @ columns for part in self._parts()])
        with np.errstate(invalid="ignore", divide="ignore"):
            means: Floats = drawn[:, 0] / drawn[:, 1]
        return np.where(drawn[:, 1] > 0, means, np.nan)

    def _parts(self) -> Iterator[Floats]:
        for start in range(0, len(self.draws), _DRAWN_AT_ONCE):
            yield self.draws[start : start + _DRAWN_AT_ONCE].astype(np.float64)
