"""Pairs, their probabilities and the truth -> accuracy, yield, calibration and bias.

Everything here takes plain arrays, one entry a pair: `correct` (the chosen one is better), and what the
pairs are ranked by. A method that ranks every pair is a curve of accuracy against yield; two methods are
compared where their yields, or their accuracies, are equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

YIELDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of the pairs at which two curves are compared."""
BINS = 15


@dataclass(frozen=True, slots=True)
class Curve:
    """Right pairs among the first 1, 2, 3, ... when the surest are taken first."""

    right: FloatArray

    @classmethod
    def of(cls, correct: Mask, confidence: npt.NDArray[np.floating]) -> "Curve":
        """Rank pairs by falling confidence. Among equals every order is as likely, so their mean counts."""
        order = np.argsort(-confidence, kind="stable")
        ranked = correct[order].astype(np.float64)
        if not len(ranked):
            return cls(ranked)
        level = np.cumsum(np.diff(confidence[order], prepend=confidence[order[0]]) != 0)
        mean = np.bincount(level, ranked) / np.bincount(level)
        return cls(np.cumsum(mean[level]))

    def __len__(self) -> int:
        return len(self.right)

    def accuracy(self, pairs: int) -> float:
        """Return the share of right ones among the first `pairs`; NaN if there are not that many."""
        return float(self.right[pairs - 1] / pairs) if 0 < pairs <= len(self.right) else float("nan")

    def pairs_at(self, accuracy: float) -> int:
        """Return the most pairs that can be taken with at least this accuracy."""
        # A sum of halves and thirds is not exact: a hair below still counts as equal.
        good = np.flatnonzero(self.right >= accuracy * np.arange(1, len(self.right) + 1) - 1e-6)
        return int(good[-1]) + 1 if len(good) else 0


def sibling_pairs(post: npt.NDArray[np.integer]) -> tuple[IntArray, IntArray]:
    """Return the positions of both members of every pair of one post; rows lie together by post."""
    starts = np.flatnonzero(np.r_[True, post[1:] != post[:-1]]) if len(post) else np.zeros(0, np.int64)
    sizes = np.diff(np.r_[starts, len(post)])
    after = np.repeat(starts + sizes, sizes) - np.arange(len(post)) - 1
    first = np.repeat(np.arange(len(post)), after)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(after) - after, after)
    return first, second


def error_ratio(ours: Curve, theirs: Mask) -> float:
    """Return our wrong pairs per wrong pair of theirs, when we take as many pairs as they have.

    NaN if they have none wrong, or if we have fewer pairs than they.
    """
    wrong = int((~theirs).sum())
    return (1 - ours.accuracy(len(theirs))) * len(theirs) / wrong if wrong else float("nan")


def yield_ratio(ours: Curve, theirs: Mask) -> float:
    """Return how many pairs we can take for each of theirs, and still be as accurate as they are."""
    return ours.pairs_at(float(theirs.mean())) / len(theirs) if len(theirs) else float("nan")


def error_ratio_published(stricter: Sequence[Curve], theirs: Mask) -> float:
    """Return `error_ratio` of the strictest selection that still has as many pairs as they have.

    `stricter` are the pairs that the caps leave at a rising threshold.
    """
    enough = [ours for ours in stricter if len(ours) >= len(theirs)]
    return error_ratio(enough[-1], theirs) if enough else float("nan")


def yield_ratio_published(stricter: Sequence[Curve], theirs: Mask) -> float:
    """Return the pairs of the largest selection that is as accurate as they are, for each of theirs."""
    accurate = [len(ours) for ours in stricter if len(theirs) and ours.accuracy(len(ours)) >= theirs.mean()]
    return max(accurate, default=0) / len(theirs) if len(theirs) else float("nan")


def smallest_gain(ours: Curve, theirs: Curve) -> float:
    """Return the smallest difference of accuracy, ours less theirs, over `YIELDS` of the pairs that both have."""
    pairs = min(len(ours), len(theirs))
    taken = [max(round(share * pairs), 1) for share in YIELDS]
    return min((ours.accuracy(count) - theirs.accuracy(count) for count in taken if pairs), default=float("nan"))


def calibration_error(probability: FloatArray, correct: Mask, *, bins: int = BINS) -> float:
    """Return the expected calibration error: |share of right ones - mean probability|, weighted over bins.

    Bins of equal width from 0.5 to 1 (Naeini et al. 2015; a pair is oriented so that p >= 0.5).
    """
    if not len(probability):
        return float("nan")
    place = np.clip(((probability - 0.5) * 2 * bins).astype(np.int64), 0, bins - 1)
    right = np.bincount(place, correct, minlength=bins)
    said = np.bincount(place, probability, minlength=bins)
    return float(np.abs(right - said).sum() / len(probability))


def share(winner: npt.NDArray[np.number], loser: npt.NDArray[np.number]) -> float:
    """Return the share of pairs whose first value is the larger, of those where the two differ."""
    differs = winner != loser
    return float((winner > loser)[differs].mean()) if differs.any() else float("nan")
