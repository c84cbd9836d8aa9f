"""Expected votes and the model's noise -> the distribution of votes that it predicts, against what came."""

from itertools import pairwise

import numpy as np
from scipy.special import betainc, pdtr

from prefpairs.pairs.posterior import VoteNoise
from prefpairs.votes_report.counting import Limits, Numbers, tidy
from prefpairs.votes_report.exposure_figures import expected_answers
from prefpairs.votes_report.report import Predictive, Reliability
from prefpairs.votes_report.tables import Tables

_SAMPLE = 10_000  # responses whose distribution is worked out
_NODES = 20  # of the Gauss-Hermite rule that averages over quality
_DOWNVOTES = 4  # counted one by one; more of them are taken at their mean
_PIT_BINS = 10
_NOMINAL = tuple(round(0.05 * step, 2) for step in range(1, 20))
_THIRDS = ("few expected votes", "middle third", "many expected votes")


def predictive(tables: Tables, noise: VoteNoise, limits: Limits) -> Predictive | None:
    """Return how observed votes lie in the distribution that the model predicts for them.

    The distribution is that of `prefpairs.pairs.posterior` before a response's own votes are looked at; the
    traffic of its thread is known, which holds them too. PIT histogram for counts, without random numbers:
    Czado, Gneiting and Held 2009, "Predictive Model Assessment for Count Data", Biometrics 65:1254.
    """
    answers = expected_answers(tables)
    if answers.height < max(limits.least, _PIT_BINS):
        return None
    sample = answers.sort("expected_votes", "name").gather_every(-(-answers.height // _SAMPLE))
    votes = sample["votes"].to_numpy().astype(np.float64)
    expected = sample["expected_votes"].to_numpy()
    upto, below = _shown(votes, expected, noise), _shown(votes - 1, expected, noise)
    reached = [_pit(below, upto, step / _PIT_BINS) for step in range(_PIT_BINS + 1)]
    thirds = np.array_split(np.arange(sample.height), len(_THIRDS))
    return Predictive(
        responses=sample.height,
        pit=[tidy(after - before) for before, after in pairwise(reached)],
        nominal=list(_NOMINAL),
        thirds=[
            Reliability(
                name=name,
                responses=len(rows),
                shares=[tidy(_pit(below[rows], upto[rows], nominal)) for nominal in _NOMINAL],
            )
            for name, rows in zip(_THIRDS, thirds, strict=True)
            if len(rows) >= limits.least
        ],
    )


def _shown(votes: Numbers, expected: Numbers, noise: VoteNoise) -> Numbers:
    """Return the predicted probability that at most so many votes are shown: fuzzing moves some by one."""
    same = _net(votes, expected, noise)
    if not noise.fuzzing:
        return same
    beside = _net(votes - 1, expected, noise) + _net(votes + 1, expected, noise)
    return (1 - 2 * noise.fuzzing) * same + noise.fuzzing * beside


def _net(votes: Numbers, expected: Numbers, noise: VoteNoise) -> Numbers:
    """Return the predicted probability of at most so many upvotes less downvotes, averaged over quality."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    probability = np.zeros(len(votes))
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        quality = np.exp(-(noise.quality_sd**2) / 2 + noise.quality_sd * node)
        probability += weight * _given_quality(votes, expected * quality, expected / quality, noise)
    return np.clip(probability, 0.0, 1.0)


def _given_quality(votes: Numbers, up: Numbers, down: Numbers, noise: VoteNoise) -> Numbers:
    rate = noise.downvote_rate * down
    total = np.zeros(len(votes))
    left = np.ones(len(votes))
    for count in range(_DOWNVOTES):
        chance = pdtr(count, rate) - (pdtr(count - 1, rate) if count else 0.0)
        total += chance * _upvotes(votes + count, up, noise.luck_shape)
        left -= chance
    many = np.maximum(rate, _DOWNVOTES)
    return total + np.maximum(left, 0.0) * _upvotes(np.floor(votes + many), up, noise.luck_shape)


def _upvotes(votes: Numbers, mean: Numbers, shape: float) -> Numbers:
    """Return the probability of at most so many upvotes: negative binomial of this mean and shape."""
    reached = np.asarray(betainc(shape, np.maximum(votes, 0) + 1, shape / (shape + mean)), dtype=np.float64)
    return np.where(votes < 0, 0.0, reached)


def _pit(below: Numbers, upto: Numbers, nominal: float) -> float:
    """Return the mean of the conditional distribution function of the PIT at `nominal`."""
    width = np.maximum(upto - below, np.finfo(np.float64).tiny)
    return float(np.clip((nominal - below) / width, 0.0, 1.0).mean())
