"""Counts -> shares, F2 and 95 % confidence intervals.

Where units are independent (documents), the interval is Wilson's. Where they are not (tokens of one
sentence, sentences of one template), whole groups are drawn again with replacement, 2,000 times, with a
fixed seed (Efron's percentile bootstrap).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from prefpairs.audit.intervals import wilson

_DRAWS, _SEED = 2_000, 2026

Interval = tuple[float, float]
Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Sums of shape (draws, columns) -> one value a draw."""


def share(part: float, whole: float) -> float:
    """Return part / whole, and NaN of nothing."""
    return part / whole if whole else math.nan


def wilson95(part: int, whole: int) -> Interval:
    """Return Wilson's 95 % interval of a share; of nothing, anything is possible."""
    return wilson(part, whole, confidence=0.95) if whole else (0.0, 1.0)


def bootstrap(groups: Sequence[Sequence[float]], statistic: Statistic) -> Interval:
    """Return the 95 % interval of a statistic of column sums, by drawing whole groups again."""
    counts = np.asarray(groups, dtype=np.float64)
    random = np.random.default_rng(_SEED)
    size = len(counts)
    draws = np.stack([counts[random.integers(size, size=size)].sum(axis=0) for _ in range(_DRAWS)])
    with np.errstate(divide="ignore", invalid="ignore"):
        values = statistic(draws)
    values = values[np.isfinite(values)]
    if not len(values):
        return (math.nan, math.nan)
    low, high = np.quantile(values, [0.025, 0.975])
    return (float(low), float(high))


def ratio_of_columns(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return first column / second column, for `bootstrap`."""
    values: NDArray[np.float64] = sums[:, 0] / sums[:, 1]
    return values
