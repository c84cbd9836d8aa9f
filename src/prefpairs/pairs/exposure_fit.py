"""Responses -> the parameters of the exposure model: curves by weighted proportional fitting, noise by evidence.

The curves solve the estimating equations of a negative binomial regression with a log link whose terms are
steps (Cameron and Trivedi 2013, ch. 3.3): for each step, weighted votes = weighted expected votes. One step's
multiplier has a closed form when the others are held, so each is set in turn until none moves (iterative
proportional fitting, Deming and Stephan 1940). What is common to a thread, its traffic, is divided out, so
that curves come from comparisons inside threads.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
import numpy.typing as npt
import polars as pl

from prefpairs.config_pairs import Exposure
from prefpairs.pairs.exposure import ExposureModel
from prefpairs.pairs.exposure_places import (
    FACTORS,
    TRAFFIC_SCORES,
    Places,
    curve_steps,
    places,
    table_sizes,
    traffic_index,
)
from prefpairs.pairs.posterior import Float32Array, VoteNoise, lattice
from prefpairs.pairs.traffic import expected_by_others, held_votes, thread_traffic, usual_traffic

_VARIANCES = np.exp(np.linspace(np.log(0.05), np.log(6), 29))
_DOWNVOTE_RATES = (0.0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32)


def fit(responses: pl.DataFrame, settings: Exposure) -> ExposureModel:
    """Learn the parameters from responses (the columns of `exposure.places`).

    Any corpus has an outcome: without a single vote every curve is flat and every quality is average.
    """
    communities = tuple(responses.get_column("community").cast(pl.String).unique().sort().to_list())
    fitted = _sample(responses, len(communities), settings)
    found = places(fitted, settings, communities)
    steps = curve_steps(settings)
    sizes = table_sizes(steps, len(communities))
    curves = {name: np.ones(sizes[name]) for name in FACTORS}
    variances = {name: np.zeros(sizes[name]) for name in FACTORS}
    neutral = VoteNoise(quality_sd=1.0, luck_shape=1.0, downvote_rate=0.0, fuzzing=0.0)
    usual_size = steps["size"] * TRAFFIC_SCORES
    model = ExposureModel(
        curves=curves, variances=variances, traffic=np.ones(usual_size), communities=communities,
        noise=neutral, steps=steps, diagnostics={},
    )  # fmt: skip
    moved, iterations = np.inf, 0
    traffic = model.traffic
    while moved > settings.tolerance and iterations < settings.max_iterations:
        iterations += 1
        relative = model.relative_exposure(found)
        traffic = usual_traffic(found, relative, traffic, settings)
        moved = _one_round(found, relative, traffic, curves, variances, steps, settings)
    relative = model.relative_exposure(found)
    traffic = usual_traffic(found, relative, traffic, settings)
    expected = expected_by_others(found, relative, traffic[traffic_index(found)], settings).astype(np.float32)
    tells = fitted.get_column("comments").to_numpy() >= settings.scatter_comments
    variance, downvote_rate = _scatter(expected[tells], found.votes[tells], settings)
    noise = VoteNoise.of_variance(
        variance, noise_share=settings.noise_share, downvote_rate=downvote_rate, fuzzing=settings.fuzzing
    )
    diagnostics = {
        "responses": responses.height,
        "fitted_responses": len(found.thread),
        "fitted_threads": len(found.thread_size),
        "iterations": iterations,
        "last_change": float(f"{moved:.3g}"),
        "unexplained_log_variance": float(f"{variance:.6g}"),
    }
    return ExposureModel(
        curves=curves, variances=variances, traffic=traffic, communities=communities, noise=noise, steps=steps,
        diagnostics=diagnostics,
    )  # fmt: skip


def _sample(responses: pl.DataFrame, communities: int, settings: Exposure) -> pl.DataFrame:
    """Return every k-th thread of each community that has more than its share of what is fitted."""
    if responses.height <= settings.fit_responses:
        return responses
    share = settings.fit_responses // communities
    threads = (
        responses.group_by("post")
        .agg(
            pl.col("community", "post_created_utc", "comments", "post_score").first(), votes=pl.col("score").sum()
        )
        # By what a thread is, its number last: a corpus under other ids gives the same curves.
        .sort("community", "post_created_utc", "comments", "post_score", "votes", "post")
        .with_columns(
            size=pl.col("comments").sum().over("community"), place=pl.int_range(pl.len()).over("community")
        )
    )
    every = -(-pl.col("size").cast(pl.Int64) // max(share, 1))
    drawn = threads.filter(pl.col("place") % every == 0).get_column("post")
    return responses.filter(pl.col("post").is_in(drawn.implode()))


def _one_round(
    found: Places,
    relative: Float32Array,
    usual: npt.NDArray[np.float64],
    curves: dict[str, npt.NDArray[np.float64]],
    variances: dict[str, npt.NDArray[np.float64]],
    steps: dict[str, int],
    settings: Exposure,
) -> float:
    """Set every curve once; return the largest change of a step that rests on enough votes, as a share."""
    by_thread = thread_traffic(found, relative, usual[traffic_index(found)], settings)
    expected = (by_thread[found.thread] * relative).astype(np.float32)
    held = held_votes(found, expected, settings)
    weight = 1 / (1 + expected)
    weight[~np.isnan(found.views)] = 0  # views stand for the curves: such votes say nothing about them
    seen, due = weight * held, weight * expected
    moved = 0.0
    for factor in FACTORS:
        index = found.index(factor, steps)
        size = len(curves[factor])
        votes = np.bincount(index, weights=seen, minlength=size)
        expected_votes = np.bincount(index, weights=due, minlength=size)
        strength = (
            settings.step_votes if factor in ("arrival", "delay", "hour", "depth") else settings.shrinkage_votes
        )
        # The prior holds the step itself at 1, not its last change: its votes are added at the present value.
        change = (votes + strength) / (expected_votes + strength * curves[factor])
        curves[factor] *= change
        variances[factor] = 1 / (expected_votes * change + strength)
        due *= change.astype(np.float32)[index]
        strong = expected_votes > settings.shrinkage_votes
        moved = max(moved, float(np.abs(change[strong] - 1).max(initial=0)))
    return moved


def _scatter(expected: Float32Array, votes: Float32Array, settings: Exposure) -> tuple[float, float]:
    """Return the variance of log votes that exposure leaves open, and the rate of downvotes, by evidence."""
    if (
        len(votes) > settings.scatter_responses
    ):  # evenly over what is expected, so that the order of rows decides nothing
        order = np.lexsort((votes, expected))[:: len(votes) // settings.scatter_responses]
        expected, votes = expected[order], votes[order]

    @cache
    def evidence(variance: int, rate: int) -> float:
        noise = VoteNoise.of_variance(
            float(_VARIANCES[variance]),
            noise_share=settings.noise_share,
            downvote_rate=_DOWNVOTE_RATES[rate],
            fuzzing=settings.fuzzing,
        )
        table = lattice(noise, steps=21)
        # The usual variance is worth a handful of responses, so that some always decide.
        usual = np.log(_VARIANCES[variance] / settings.usual_scatter) ** 2
        return float(table.read(table.log_evidence, expected, votes).sum(dtype=np.float64) - usual)

    variance = int(np.abs(np.log(_VARIANCES / settings.usual_scatter)).argmin())
    rate = len(_DOWNVOTE_RATES) // 2
    for _ in range(2):
        variance = _uphill([partial(evidence, step, rate) for step in range(len(_VARIANCES))], variance)
        rate = _uphill([partial(evidence, variance, step) for step in range(len(_DOWNVOTE_RATES))], rate)
    return float(_VARIANCES[variance]), _DOWNVOTE_RATES[rate]


def _uphill(heights: Sequence[Callable[[], float]], start: int) -> int:
    """Return the step from which neither neighbour is higher: the evidence has one summit along each axis."""
    while True:
        beside = [step for step in (start - 1, start + 1) if 0 <= step < len(heights)]
        best = max(beside, key=lambda step: heights[step]())
        if heights[best]() <= heights[start]():
            return start
        start = best
