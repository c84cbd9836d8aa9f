"""Responses -> the steps of the exposure curves that they stand on.

A curve is a table of steps: the third comment of a thread of twelve, two hours after the post, at night. What
is unknown has a step of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from prefpairs.config_pairs import Exposure
from prefpairs.pairs.posterior import Float32Array

Bins = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int32]
Whole = npt.NDArray[np.integer[Any]]
FACTORS = ("arrival", "arrival_by_size", "delay", "hour", "depth", "community_arrival", "community_delay")
"""The curves, in the order in which they are fitted: later ones correct the earlier."""
_SECONDS_PER_HOUR = 3600
_SECONDS_PER_DAY = 86400
_DEEPEST = 3
_SLICE = 1 << 18  # values at a time, to keep memory flat
_POST_SCORES = (1, 3, 10, 30, 100, 300, 1000)  # steps of the score of a post, only to guess its traffic
TRAFFIC_SCORES = len(_POST_SCORES) + 3
"""Steps of the score of a post, below the first and unknown included; the last is for posts whose views count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where responses stand: one entry a response, `thread_...` one entry a thread.

    Steps are numbers from 0; the last step of `arrival`, `delay` and `hour` holds what is unknown.

    Attributes
    ----------
    thread
        The thread of each response, from 0.
    community, arrival, size, delay, hour, depth
        The step of each response in the curve of that name.
    votes
        Net votes without the one that the response was born with.
    views
        How often it was shown, NaN where the source does not say.
    thread_size, thread_score
        The step of the thread's number of comments, and of the post's score.

    """

    thread: Index
    community: npt.NDArray[np.uint16]
    arrival: Bins
    size: Bins
    delay: Bins
    hour: Bins
    depth: Bins
    votes: Float32Array
    views: Float32Array
    thread_size: Bins
    thread_score: Bins

    def index(self, factor: str, steps: Mapping[str, int]) -> Whole:
        """Return the place of each response in the flat table of a factor."""
        if factor == "arrival_by_size":
            return self.size.astype(np.int32) * steps["arrival"] + self.arrival
        if factor.startswith("community_"):
            curve = factor.removeprefix("community_")
            of_community: Index = self.community.astype(np.int32) * steps[curve] + getattr(self, curve)
            return of_community
        values: Whole = getattr(self, factor)
        return values


def places(responses: pl.DataFrame, settings: Exposure, communities: tuple[str, ...]) -> Places:
    """Turn responses into steps.

    Parameters
    ----------
    responses
        One row a response: `post` (any whole number), `community`, `created_utc`, `post_created_utc`, `arrival`
        (order among all comments of the post, from 0), `comments` (their number), `depth` (0 answers the post),
        `score`, `birth` (the score that it was born with), `post_score`, `views`. Times, `arrival`,
        `post_score` and `views` may be null.
    settings
        The edges of the steps.
    communities
        Those with curves of their own, in order. Every other community stands behind them.

    """
    steps = curve_steps(settings)
    thread, first = _threads(responses.get_column("post"))
    size = _steps(responses.get_column("comments"), settings.size_edges)
    views = _views(responses)
    score = _steps(responses.get_column("post_score")[first], _POST_SCORES, unknown=TRAFFIC_SCORES - 2)
    score[~np.isnan(views[first])] = TRAFFIC_SCORES - 1
    # Each column becomes steps of one byte before the next is read: ten million responses fit into memory.
    return Places(
        thread=thread,
        community=_numbers(responses.get_column("community"), communities),
        arrival=_steps(responses.get_column("arrival"), settings.arrival_edges, unknown=steps["arrival"] - 1),
        size=size,
        delay=_steps(_delay_hours(responses), settings.delay_hours, unknown=steps["delay"] - 1),
        hour=_hours(responses, settings.hours_of_day),
        depth=responses.get_column("depth").clip(0, _DEEPEST).cast(pl.UInt8).to_numpy(),
        votes=_column(responses, (pl.col("score") - pl.col("birth")).cast(pl.Float32)).fill_null(0).to_numpy(),
        views=views,
        thread_size=size[first],
        thread_score=score,
    )


def curve_steps(settings: Exposure) -> dict[str, int]:
    """Return how many steps each curve has, the one for the unknown included."""
    return {
        "arrival": len(settings.arrival_edges) + 2,
        "size": len(settings.size_edges) + 1,
        "delay": len(settings.delay_hours) + 2,
        "hour": settings.hours_of_day + 1,
        "depth": _DEEPEST + 1,
    }


def table_sizes(steps: Mapping[str, int], communities: int) -> dict[str, int]:
    """Return how many entries the flat table of each factor has."""
    return {
        "arrival": steps["arrival"],
        "arrival_by_size": steps["size"] * steps["arrival"],
        "delay": steps["delay"],
        "hour": steps["hour"],
        "depth": steps["depth"],
        "community_arrival": (communities + 1) * steps["arrival"],
        "community_delay": (communities + 1) * steps["delay"],
    }


def traffic_index(found: Places) -> npt.NDArray[np.int64]:
    """Return the place of each thread in the flat table of the usual traffic."""
    return found.thread_size.astype(np.int64) * TRAFFIC_SCORES + found.thread_score


def _threads(post: pl.Series) -> tuple[Index, npt.NDArray[np.int64]]:
    """Return the number of each response's thread, from 0, and a row of each thread."""
    values = post.to_numpy()
    _, first, number = np.unique(values, return_index=True, return_inverse=True)
    return number.astype(np.int32), first


def _numbers(community: pl.Series, communities: Sequence[str]) -> npt.NDArray[np.uint16]:
    names = pl.DataFrame(
        {"community": communities, "number": range(len(communities))},
        schema={"community": pl.String, "number": pl.UInt16},
    )
    joined = pl.DataFrame({"community": community.cast(pl.String)}).join(
        names, on="community", how="left", maintain_order="left"
    )
    numbers: npt.NDArray[np.uint16] = joined.get_column("number").fill_null(len(communities)).to_numpy()
    return numbers


def _views(responses: pl.DataFrame) -> Float32Array:
    """Return the views, NaN where the source counts none. In a thread that has some, all responses get some."""
    views = responses.get_column("views").cast(pl.Float32)
    if views.null_count() < len(views):
        mean_of_thread = pl.col("views").mean().over("post").cast(pl.Float32)
        views = _column(responses, pl.col("views").cast(pl.Float32).fill_null(mean_of_thread))
    found: Float32Array = views.fill_null(float("nan")).to_numpy()
    return found


def _delay_hours(responses: pl.DataFrame) -> pl.Series:
    delay = (pl.col("created_utc") - pl.col("post_created_utc")) / _SECONDS_PER_HOUR
    return _column(responses, delay.clip(lower_bound=0))


def _hours(responses: pl.DataFrame, steps: int) -> Bins:
    step = pl.col("created_utc") % _SECONDS_PER_DAY * steps // _SECONDS_PER_DAY
    hours: Bins = _column(responses, step.fill_null(steps).cast(pl.UInt8)).to_numpy()
    return hours


def _column(responses: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    return responses.select(expression).to_series()


def _steps(values: pl.Series, edges: Sequence[float], *, unknown: int = 0) -> Bins:
    found = np.empty(len(values), dtype=np.uint8)
    borders = np.asarray(edges, dtype=np.float64)
    for first in range(0, len(values), _SLICE):
        part = values.slice(first, _SLICE)
        found[first : first + _SLICE] = np.searchsorted(borders, part.fill_null(0).to_numpy(), side="right")
    if values.null_count():
        found[values.is_null().to_numpy()] = unknown
    return found
