"""Values -> bins, means and shares as the report shows them: nothing that rests on too few is let through."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from prefpairs.audit.rates import Rate
from prefpairs.votes_report.report import Bin

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_SIGNIFICANT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The smallest count that is shown, and the confidence of intervals."""

    least: int
    confidence: float

    def count(self, count: int) -> int | None:
        """Return a count, or None if it is small and not nothing."""
        return count if count == 0 or count >= self.least else None

    def rate(self, count: int, total: int) -> Rate | None:
        """Return a share with its Wilson interval, or None if it rests on too few."""
        if total < self.least:
            return None
        rate = Rate.of(count, total, confidence=self.confidence)
        return rate and rate.model_copy(
            update={name: tidy(getattr(rate, name)) for name in ("value", "low", "high")}
        )

    @property
    def half_width(self) -> float:
        """Standard errors from the middle of an interval of a mean to its end."""
        return NormalDist().inv_cdf(0.5 + self.confidence / 2)


def tidy(value: float) -> float:
    """Round to 6 significant digits: sums over several threads differ in the last bits from run to run."""
    return float(f"{value:.{_SIGNIFICANT}g}")


def middle(values: Any) -> float | None:
    """Return the median of a column, or None if it is empty."""
    median = values.median()
    return None if median is None else tidy(float(median))


def histogram(values: Numbers, edges: Sequence[float], labels: Sequence[str], limits: Limits) -> list[Bin]:
    """Count values between edges (each bin holds its lower edge); values that are NaN are in no bin."""
    known = values[~np.isnan(values)]
    place = np.searchsorted(np.asarray(edges), known, side="right")
    counts = np.bincount(place, minlength=len(edges) + 1)
    return bins(labels, counts.astype(np.int64), limits)


def bins(labels: Sequence[str], counts: Whole, limits: Limits) -> list[Bin]:
    """Return a bin for each label; its share is of all counts."""
    total = int(counts.sum())
    return [
        Bin(
            label=label,
            count=limits.count(int(count)),
            share=tidy(float(count) / total) if total and limits.count(int(count)) is not None else None,
        )
        for label, count in zip(labels, counts, strict=True)
    ]
