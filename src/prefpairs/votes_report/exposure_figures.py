"""Responses -> expected and observed votes by arrival, by delay and by decile.

Expected votes are shown times the mean quality of the community (observed over expected votes in all), one
factor near 1: what is left to see is the shape, which is what the model claims to know.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from prefpairs.votes_report.counting import Limits, tidy
from prefpairs.votes_report.report import Curve, Point
from prefpairs.votes_report.tables import Tables

ALL = "all communities"
OTHERS = "all others"
_COMMUNITIES = 5
_ARRIVALS = (1, 2, 3, 5, 8, 15, 30, 100)  # comments that were there before: below each
_ARRIVAL_LABELS = ("1", "2", "3", "5", "8", "15", "30", "100", "more")
_DELAYS = (5 / 60, 0.25, 0.5, 1, 2, 4, 8, 24)  # hours: up to each
_DELAY_LABELS = ("5 m", "15 m", "30 m", "1 h", "2 h", "4 h", "8 h", "24 h", "more")
_DECILES = 10


def curves(tables: Tables, limits: Limits) -> list[Curve]:
    """Return the curves of all communities together, then of the largest ones, then of the rest."""
    answers = expected_answers(tables)
    if answers.height < limits.least:
        return []
    sizes = answers.group_by("subreddit").len().sort(["len", "subreddit"], descending=[True, False])
    large = sizes.filter(pl.col("len") >= limits.least).head(_COMMUNITIES)["subreddit"].to_list()
    parts = [(ALL, answers)]
    if sizes.height > 1:
        parts += [(name, answers.filter(pl.col("subreddit") == name)) for name in large]
        parts.append((OTHERS, answers.filter(~pl.col("subreddit").is_in(large))))
    return [_curve(name, part, limits) for name, part in parts if part.height >= limits.least]


def deciles(tables: Tables, limits: Limits) -> list[Point]:
    """Return ten points of as many responses each, from few to many expected votes."""
    answers = expected_answers(tables)
    if answers.height < max(limits.least, _DECILES):
        return []
    rank = pl.col("expected_votes").rank("ordinal").cast(pl.Int64) - 1
    place = answers.select(rank * _DECILES // pl.len()).to_series().to_numpy()
    labels = [f"decile {number}" for number in range(1, _DECILES + 1)]
    return _points(answers, place, labels, _scale(answers), limits)


def expected_answers(tables: Tables) -> pl.DataFrame:
    """Return the answers that votes could be expected for."""
    return tables.answers.filter(pl.col("expected_votes") > 0)


def _curve(name: str, answers: pl.DataFrame, limits: Limits) -> Curve:
    scale = _scale(answers)
    arrivals = answers.drop_nulls("arrival")
    # A delay below zero is a clock that was wrong: it counts as none.
    delays = answers.drop_nulls("delay_h")
    first = np.searchsorted(np.asarray(_ARRIVALS), arrivals["arrival"].to_numpy(), side="right")
    late = np.searchsorted(np.asarray(_DELAYS), delays["delay_h"].to_numpy(), side="left")
    return Curve(
        community=name,
        responses=answers.height,
        scale=tidy(scale),
        by_arrival=_points(arrivals, first, _ARRIVAL_LABELS, scale, limits),
        by_delay=_points(delays, late, _DELAY_LABELS, scale, limits),
    )


def _scale(answers: pl.DataFrame) -> float:
    """Return the mean quality: observed votes over expected ones. 1 where nobody voted at all."""
    observed, expected = float(answers["votes"].sum()), float(answers["expected_votes"].sum())
    return observed / expected if observed > 0 else 1.0


def _points(
    answers: pl.DataFrame, place: npt.NDArray[Any], labels: Sequence[str], scale: float, limits: Limits
) -> list[Point]:
    votes = answers["votes"].to_numpy().astype(np.float64)
    expected = answers["expected_votes"].to_numpy()
    found = []
    for number, label in enumerate(labels):
        inside = place == number
        count = int(inside.sum())
        if count < limits.least:
            continue
        mean = float(votes[inside].mean())
        error = limits.half_width * float(votes[inside].std(ddof=1)) / count**0.5
        found.append(
            Point(
                label=label,
                responses=count,
                expected=tidy(scale * float(expected[inside].mean())),
                observed=tidy(mean),
                low=tidy(mean - error),
                high=tidy(mean + error),
            )
        )
    return found
