"""The posterior of quality is what integrating the model by hand gives, and behaves at every extreme."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from prefpairs.pairs.posterior import (
    FloatArray,
    Lattice,
    VoteNoise,
    lattice,
    preference_probability,
    preference_sd,
)

NOISE = VoteNoise.of_variance(1.0, noise_share=0.3, downvote_rate=0.05, fuzzing=0.1)


@cache
def lattice_of(noise: VoteNoise) -> Lattice:
    return lattice(noise)


def read(noise: VoteNoise, expected: float, votes: float) -> tuple[float, float]:
    table = lattice_of(noise)
    place = np.array([expected]), np.array([votes])
    return float(table.read(table.mean, *place)[0]), float(table.read(table.sd, *place)[0])


@pytest.mark.parametrize(("expected", "votes"), [(0.5, 0), (1, 3), (8, 2), (8, 30), (60, 55), (60, 300)])
def test_without_downvotes_and_fuzzing_it_is_the_integral_of_prior_times_likelihood(
    expected: float, votes: int
) -> None:
    noise = VoteNoise(quality_sd=0.8, luck_shape=3.0, downvote_rate=0.0, fuzzing=0.0)

    def density(quality: float, power: int) -> float:
        mean = expected * np.exp(quality)
        log = (
            special.gammaln(votes + 3.0)
            - special.gammaln(votes + 1)
            + 3.0 * np.log(3.0 / (3.0 + mean))
            + votes * np.log(mean / (3.0 + mean))
        )
        prior = np.exp(-((quality + 0.8**2 / 2) ** 2) / (2 * 0.8**2))
        return float(np.exp(log) * prior * quality**power)

    total, first, second = (integrate.quad(density, -4.5, 4.5, args=(power,))[0] for power in range(3))

    mean, sd = read(noise, expected, votes)

    assert mean == pytest.approx(first / total, abs=0.02)
    assert sd == pytest.approx(np.sqrt(second / total - (first / total) ** 2), abs=0.02)


@pytest.mark.parametrize(
    ("expected", "votes"), [(0.05, 10), (2.0, -2), (5.0, 0), (20.0, -40), (30.0, 3), (30.0, 90), (400.0, 55)]
)
def test_with_downvotes_and_fuzzing_it_is_the_sum_over_every_way_to_come_about(
    expected: float, votes: int
) -> None:
    quality = np.linspace(-6.5, 6.5, 801) * NOISE.quality_sd - NOISE.quality_sd**2 / 2
    down = np.arange(400)

    def likelihood(shown: int) -> FloatArray:
        up = shown + down
        rate = expected * np.exp(quality)[:, None]
        log_up = stats.nbinom.logpmf(up, NOISE.luck_shape, NOISE.luck_shape / (NOISE.luck_shape + rate))
        log_down = stats.poisson.logpmf(down, NOISE.downvote_rate * expected * np.exp(-quality)[:, None])
        every_way: FloatArray = np.exp(np.where(up >= 0, log_up + log_down, -np.inf)).sum(axis=1)
        return every_way

    beside = NOISE.fuzzing * (likelihood(votes - 1) + likelihood(votes + 1))
    weight = (1 - 2 * NOISE.fuzzing) * likelihood(votes) + beside
    weight *= stats.norm.pdf(quality, -(NOISE.quality_sd**2) / 2, NOISE.quality_sd)
    by_hand = (weight * quality).sum() / weight.sum()
    spread = np.sqrt((weight * quality**2).sum() / weight.sum() - by_hand**2)

    mean, sd = read(NOISE, expected, votes)

    assert mean == pytest.approx(by_hand, abs=0.06)
    assert sd == pytest.approx(spread, abs=0.06)


def test_the_same_votes_say_more_of_a_response_that_fewer_people_saw() -> None:
    seen, overlooked = read(NOISE, 40, 20)[0], read(NOISE, 4, 20)[0]

    assert overlooked > seen + 1


def test_no_votes_say_much_of_a_response_that_many_saw_and_little_of_one_that_nobody_saw() -> None:
    seen, overlooked = read(NOISE, 50, 0), read(NOISE, 0.05, 0)

    assert seen[0] < -1
    assert overlooked[0] == pytest.approx(-(NOISE.quality_sd**2) / 2, abs=0.1)
    assert overlooked[1] == pytest.approx(NOISE.quality_sd, rel=0.05)


@given(st.floats(1e-6, 1e7), st.integers(-100_000, 1_000_000))
def test_every_combination_of_votes_and_exposure_has_a_finite_posterior(expected: float, votes: int) -> None:
    mean, sd = read(NOISE, expected, votes)

    assert np.isfinite(mean)
    assert 0 < sd <= NOISE.quality_sd * 1.01


def test_quality_rises_with_votes_from_far_below_zero_to_far_above() -> None:
    votes = np.array([-5000, -60, -20, -3, -1, 0, 1, 2, 5, 20, 59, 61, 400, 90_000], dtype=np.float64)
    table = lattice(NOISE)

    for expected in (0.3, 3.0, 30.0, 3000.0):
        quality = table.read(table.mean, np.full(len(votes), expected), votes)
        assert (np.diff(quality) >= -1e-4).all(), expected
        assert quality[-1] > quality[0] + 1


@given(st.floats(-20, 20), st.floats(0.01, 50))
def test_one_of_two_responses_is_better(gap: float, variance: float) -> None:
    gaps, variances = np.array([gap, -gap]), np.array([variance, variance])

    assert preference_probability(gaps, variances).sum() == pytest.approx(1)


def test_the_uncertainty_of_a_probability_is_how_far_it_moves_with_the_exposure() -> None:
    gap, variance, moved = np.array([0.7]), np.array([0.8]), 0.02
    by_hand = preference_probability(gap + moved, variance) - preference_probability(gap, variance)

    assert preference_sd(gap, variance, np.array([moved**2])) == pytest.approx(by_hand, rel=0.03)


def test_more_luck_makes_a_probability_more_careful_and_changes_no_order() -> None:
    lucky = VoteNoise.of_variance(1.0, noise_share=0.6, downvote_rate=0.05, fuzzing=0.1)
    expected, votes = np.array([10.0, 10.0]), np.array([40.0, 4.0])
    gaps, probabilities = [], []
    for noise in (NOISE, lucky):
        table = lattice(noise)
        quality = table.read(table.mean, expected, votes).astype(np.float64)
        variance = (table.read(table.sd, expected, votes).astype(np.float64) ** 2).sum()
        gaps.append(quality[0] - quality[1])
        probabilities.append(preference_probability(quality[:1] - quality[1:], np.array([variance]))[0])

    assert min(gaps) > 0
    assert 0.5 < probabilities[1] < probabilities[0]
