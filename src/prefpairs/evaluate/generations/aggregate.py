"""Values of posts, some of them missing -> means with intervals, and the difference of two writers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from prefpairs.evaluate.bootstrap import Bootstrap, Estimate, Sums
from prefpairs.evaluate.generations.measure import Values
from prefpairs.evaluate.generations.report import Dimension, Interval


class Draws:
    """Bootstrap over posts, for lists of values that may be None.

    Parameters
    ----------
    posts
        The post of each value: values of one post are drawn together.
    resamples
        How often is drawn.
    seed
        Decides the draws.

    """

    def __init__(self, posts: Sequence[str], *, resamples: int, seed: int) -> None:
        numbers: dict[str, int] = {}
        self._post = np.array([numbers.setdefault(post, len(numbers)) for post in posts], dtype=np.int64)
        self._posts = len(numbers)
        self._bootstrap = Bootstrap(self._posts, resamples=resamples, seed=seed)

    def mean(self, values: Values) -> Estimate | None:
        """Return the mean of what is not missing, with its interval; None if everything is."""
        return self._bootstrap.mean(self._sums(values))

    def difference(self, ours: Values, theirs: Values) -> Estimate | None:
        """Return how much higher our mean is, where both have a value: post by post, on the same draws."""
        pairs = [
            (None, None) if one is None or other is None else (one, other)
            for one, other in zip(ours, theirs, strict=True)
        ]
        first, second = ([pair[side] for pair in pairs] for side in (0, 1))
        return self._bootstrap.difference(self._sums(first), self._sums(second))

    def _sums(self, values: Values) -> Sums:
        numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        return Sums.of(numbers, self._post, posts=self._posts)


def dimension(draws: Draws, values: dict[str, Values], **described: Any) -> Dimension:
    """Return a row of the report: `values` holds those of `model`, and of `reference` and `community` if known."""
    model, reference, community = (
        draws.mean(values[writer]) if writer in values else None for writer in ("model", "reference", "community")
    )
    difference = draws.difference(values["model"], values["reference"]) if "reference" in values else None
    return Dimension(
        **described,
        model=_value(model),
        interval=_ends(model),
        count=sum(value is not None for value in values["model"]),
        reference=_value(reference),
        reference_interval=_ends(reference),
        community=_value(community),
        community_interval=_ends(community),
        difference=_value(difference),
        difference_interval=_ends(difference),
    )


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value


def _ends(estimate: Estimate | None) -> Interval | None:
    return None if estimate is None else (estimate.low, estimate.high)
