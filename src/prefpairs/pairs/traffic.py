"""Votes and relative exposure -> how much traffic a thread has.

A thread's traffic is what the votes of an average response in its best place would be. It is divided out before
the curves of exposure are fitted, so that they come from comparisons inside threads.
"""

import numpy as np
import numpy.typing as npt

from prefpairs.config_pairs import Exposure
from prefpairs.pairs.exposure_places import Places, traffic_index
from prefpairs.pairs.posterior import Float32Array

FloatArray = npt.NDArray[np.float64]
_LEAST = 1e-6  # no traffic at all would leave nothing to divide by
_ROUNDS = 2


def held_votes(found: Places, expected: npt.NDArray[np.floating], settings: Exposure) -> FloatArray:
    """Return the upvotes that count for traffic and curves: a flood counts as far as it may be ordinary."""
    most = settings.outlier_factor * expected + settings.outlier_votes
    return np.clip(found.votes, 0, most).astype(np.float64)


def thread_traffic(found: Places, relative: Float32Array, usual: FloatArray, settings: Exposure) -> FloatArray:
    """Return each thread's traffic: its own votes over its exposure, shrunk towards what is usual.

    One response with a flood of votes does not make a busy thread: where much is expected, a vote counts less
    (the weight of negative binomial regression with variance E + E^2).
    """
    seen, due = _votes_and_exposure(found, relative, usual, settings)
    return _shrunk(seen, due, usual, settings)


def expected_by_others(found: Places, relative: Float32Array, usual: FloatArray, settings: Exposure) -> FloatArray:
    """Return what each response is expected to have by all votes of its thread but its own.

    With its own among them, votes would seem to scatter less than they do.
    """
    own, own_due = _weighted(found, relative, thread_traffic(found, relative, usual, settings), settings)
    seen, due = _votes_and_exposure(found, relative, usual, settings)
    of = found.thread
    return _shrunk(seen[of] - own, due[of] - own_due, usual[of], settings) * relative


def usual_traffic(found: Places, relative: Float32Array, before: FloatArray, settings: Exposure) -> FloatArray:
    """Return votes over exposure for each step of size and post score, shrunk towards the whole corpus.

    A source that counts views has steps of its own, and a whole of its own: votes for each view and votes for
    each place have nothing in common.
    """
    index = traffic_index(found)
    votes, exposure = _weighted(found, relative, before[index], settings)
    of_response = index[found.thread]
    seen = np.bincount(of_response, weights=votes, minlength=len(before))
    due = np.bincount(of_response, weights=exposure, minlength=len(before))
    viewed = np.zeros(len(before), dtype=np.bool_)
    viewed[of_response[~np.isnan(found.views)]] = True
    strength = settings.shrinkage_votes
    usual = np.ones(len(before))
    for kind in (viewed, ~viewed):
        overall = (seen[kind].sum() + 1) / (due[kind].sum() + 1)
        usual[kind] = (seen[kind] + strength) / (due[kind] + strength / overall)
    return usual


def _votes_and_exposure(
    found: Places, relative: Float32Array, usual: FloatArray, settings: Exposure
) -> tuple[FloatArray, FloatArray]:
    seen: FloatArray = np.zeros(len(usual))
    due: FloatArray = np.zeros(len(usual))
    traffic = np.maximum(usual, _LEAST)
    for _ in range(_ROUNDS):
        votes, exposure = _weighted(found, relative, traffic, settings)
        seen = np.bincount(found.thread, weights=votes, minlength=len(usual)).astype(np.float64)
        due = np.bincount(found.thread, weights=exposure, minlength=len(usual)).astype(np.float64)
        traffic = _shrunk(seen, due, usual, settings)
    return seen, due


def _weighted(
    found: Places, relative: Float32Array, traffic: FloatArray, settings: Exposure
) -> tuple[FloatArray, FloatArray]:
    expected = traffic[found.thread] * relative
    weight = 1 / (1 + expected)
    return weight * held_votes(found, expected, settings), weight * relative


def _shrunk(seen: FloatArray, due: FloatArray, usual: FloatArray, settings: Exposure) -> FloatArray:
    prior = settings.traffic_votes
    shrunk: FloatArray = (prior + seen) / (prior / np.maximum(usual, _LEAST) + due)
    return shrunk
