"""Values of posts, some of them missing -> means with intervals, and the difference of two writers."""

from collections.abc import Mapping, Sequence
from math import isclose
from typing import Any, TypeAlias

import numpy as np

from prefpairs.evaluate.bootstrap import Bootstrap, Estimate, Sums
from prefpairs.evaluate.generations.diversity import Likeness, has_content
from prefpairs.evaluate.generations.measure import Values
from prefpairs.evaluate.generations.report import Dimension, Interval

Texts: TypeAlias = Sequence[str | None]
_ALIKE = 1e-9  # a difference this small is rounding


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
    confidence
        What share of the draws lies inside an interval.

    """

    def __init__(self, posts: Sequence[str], *, resamples: int, seed: int, confidence: float = 0.95) -> None:
        numbers: dict[str, int] = {}
        self._post = np.array([numbers.setdefault(post, len(numbers)) for post in posts], dtype=np.int64)
        self._posts = len(numbers)
        self._bootstrap = Bootstrap(self._posts, resamples=resamples, confidence=confidence, seed=seed)

    def mean(self, values: Values) -> Estimate | None:
        """Return the mean of what is not missing, with its interval; None if everything is."""
        return self._bootstrap.mean(self._sums(values))

    def share(self, values: Values) -> Estimate | None:
        """Return a mean of noes and yeses: where all posts agree its interval has a width all the same."""
        return self._bootstrap.share(self._sums(values))

    def distinctness(self, texts: Texts) -> Estimate | None:
        """Return the mean distinctness of texts: the pairs of each draw are compared anew."""
        found = self._likeness(texts)
        return self._bootstrap.statistic(found.value, found.distinctness)

    def difference_in_distinctness(self, ours: Texts, theirs: Texts) -> Estimate | None:
        """Return how much more distinct our texts are, over the places where both have one with content."""
        pairs = [
            (one, other) if has_content(one) and has_content(other) else (None, None)
            for one, other in zip(ours, theirs, strict=True)
        ]
        first, second = (self._likeness([pair[side] for pair in pairs]) for side in (0, 1))
        return self._bootstrap.statistic(
            first.value - second.value, lambda draws: first.distinctness(draws) - second.distinctness(draws)
        )

    def difference(self, ours: Values, theirs: Values) -> Estimate | None:
        """Return how much higher our mean is, where both have a value: post by post, on the same draws."""
        pairs = [
            (None, None) if one is None or other is None else (one, other)
            for one, other in zip(ours, theirs, strict=True)
        ]
        first, second = ([pair[side] for pair in pairs] for side in (0, 1))
        return self._bootstrap.difference(self._sums(first), self._sums(second))

    def _likeness(self, texts: Texts) -> Likeness:
        return Likeness.of(texts, self._post, posts=self._posts)

    def _sums(self, values: Values) -> Sums:
        numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        return Sums.of(numbers, self._post, posts=self._posts)


def dimension(
    draws: Draws,
    values: dict[str, Values],
    *,
    share: bool = False,
    texts: Mapping[str, Texts] | None = None,
    **described: Any,
) -> Dimension:
    """Return a row of the report.

    Parameters
    ----------
    draws
        Over the posts.
    values
        Those of `model`, and of `reference` and `community` if known.
    share
        Whether values are noes and yeses.
    texts
        Given if the figure is a distinctness: it is one of pairs of texts.
    described
        The row's words.

    """
    found: dict[str, Estimate | None] = dict.fromkeys(("model", "reference", "community"))
    difference = None
    for writer in values:
        if texts is not None:
            found[writer] = draws.distinctness(texts[writer])
        else:
            found[writer] = draws.share(values[writer]) if share else draws.mean(values[writer])
    if "reference" in values:
        difference = (
            draws.difference(values["model"], values["reference"])
            if texts is None
            else draws.difference_in_distinctness(texts["model"], texts["reference"])
        )
    return Dimension(
        **described,
        model=_value(found["model"]),
        interval=_ends(found["model"]),
        count=sum(value is not None for value in values["model"]),
        reference=_value(found["reference"]),
        reference_interval=_ends(found["reference"]),
        community=_value(found["community"]),
        community_interval=_ends(found["community"]),
        difference=_value(difference),
        difference_interval=_ends(difference),
    )


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value


def _ends(estimate: Estimate | None) -> Interval | None:
    # All draws alike: few posts that happen to agree, and no certainty.
    if estimate is None or isclose(estimate.low, estimate.high, rel_tol=_ALIKE, abs_tol=_ALIKE):
        return None
    return estimate.low, estimate.high
