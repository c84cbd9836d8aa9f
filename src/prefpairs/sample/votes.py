"""Latent quality and exposure -> votes.

A response is seen by a share of a thread's readers that falls with every response that was there
before it, and with depth; who sees it votes up with a probability that rises with its quality. Early and
mediocre therefore often beats late and good, as on Reddit, where the earlier of two answers wins
77.6 % of untied pairs.
"""

import math
from random import Random

_UPVOTE_BASE = 0.06
_DOWNVOTE_BASE = 0.006
_QUALITY_SLOPE = 0.8
_RANK_DECAY = 0.6
_DEPTH_DECAY = 0.45
_DISPERSION = 2.2
"""Shape of the negative binomial: the smaller, the heavier its tail."""


def readers(rng: Random) -> float:
    """Return how many people read a thread: log-normal, median about 330."""
    return min(rng.lognormvariate(5.8, 0.8), 2_500.0)


def post_score(rng: Random, traffic: float) -> int:
    """Return the score of a post. Reddit floors it at 0."""
    return max(0, 1 + _negative_binomial(rng, traffic * 0.12) - _poisson(rng, traffic * 0.006))


def response_score(rng: Random, *, traffic: float, rank: int, depth: int, quality: float) -> int:
    """Return the net votes of a response: it is born with 1.

    `rank` counts the responses that were there before it; `depth` is 0 for an answer to the post.
    """
    exposure = traffic / (1 + rank) ** _RANK_DECAY * _DEPTH_DECAY**depth
    up = exposure * _UPVOTE_BASE * math.exp(_QUALITY_SLOPE * quality)
    down = exposure * _DOWNVOTE_BASE * math.exp(-_QUALITY_SLOPE * quality)
    return 1 + _negative_binomial(rng, up) - _poisson(rng, down)


def _negative_binomial(rng: Random, mean: float) -> int:
    return _poisson(rng, rng.gammavariate(_DISPERSION, mean / _DISPERSION))


def _poisson(rng: Random, mean: float) -> int:
    if mean > 50:  # the normal approximation is good enough and takes one draw
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    threshold, product, count = math.exp(-mean), rng.random(), 0
    while product > threshold:
        product *= rng.random()
        count += 1
    return count
