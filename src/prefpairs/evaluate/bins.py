"""Pairs sorted into bins -> the accuracy of each bin, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prefpairs.drawing import Axis
from prefpairs.evaluate.bootstrap import Bootstrap, Estimate, Sums
from prefpairs.evaluate.held_out import Floats, HeldOut
from prefpairs.evaluate.rules import LONGER, MODEL, REFERENCE

_BARS = 30
_TAIL = 0.005
_BESIDE = (REFERENCE, LONGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Pairs whose value lies in `low` <= value < `high` (None: no end on that side).

    Attributes
    ----------
    pairs, posts
        How many, and of how many posts: an interval rests on the posts.
    mean
        Of the value that the pairs are binned by.
    accuracy
        The model's.
    beside
        Rule -> its accuracy on the same pairs.

    """

    low: float | None
    high: float | None
    pairs: int
    posts: int
    mean: float
    accuracy: Estimate | None
    beside: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts between `edges`; the first and the last bar also hold what lies beyond."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


def bins(
    values: Floats, edges: Sequence[float], found: dict[str, Floats], held: HeldOut, bootstrap: Bootstrap
) -> tuple[Bin, ...]:
    """Sort pairs into bins by their values; what is NaN is in none, and a bin without a pair is left out."""
    ends = [None, *edges, None]
    place = np.where(np.isnan(values), -1, np.searchsorted(np.array(edges), values, side="right"))
    return tuple(
        _bin(place == number, values, ends[number : number + 2], found, held, bootstrap)
        for number in sorted({int(number) for number in place} - {-1})
    )


def _bin(
    inside: np.ndarray, values: Floats, ends: Sequence[float | None], found: dict[str, Floats], held: HeldOut,
    bootstrap: Bootstrap,
) -> Bin:  # fmt: skip
    sums = Sums.of(np.where(inside, found[MODEL], np.nan), held.post, posts=held.posts)
    return Bin(
        low=ends[0],
        high=ends[1],
        pairs=int(inside.sum()),
        posts=len(np.unique(held.post[inside])),
        mean=float(values[inside].mean()),
        accuracy=bootstrap.share(sums),
        beside={rule: float(found[rule][inside].mean()) for rule in _BESIDE if rule in found},
    )


def histogram_edges(*samples: Floats) -> tuple[float, ...]:
    """Return round edges, 0 among them, that hold all but the outermost of the values."""
    values = np.concatenate(samples)
    low, high = (float(end) for end in np.quantile(values, (_TAIL, 1 - _TAIL)))
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = -0.5, 0.5
    ticks = Axis(low=low, high=high, start=0, end=1).ticks(most=_BARS)
    step = ticks[1] - ticks[0]
    first, last = int(np.floor(low / step + 1e-9)), int(np.ceil(high / step - 1e-9))
    # 3 * 0.1 is 0.30000000000000004, and no round edge.
    return tuple(float(f"{number * step:.12g}") for number in range(first, last + 1))


def histogram(values: Floats, edges: Sequence[float]) -> Histogram:
    """Count values between edges."""
    inside = np.clip(values, edges[0], edges[-1])
    counts, _ = np.histogram(inside, bins=np.array(edges))
    return Histogram(edges=tuple(edges), counts=tuple(int(count) for count in counts))
