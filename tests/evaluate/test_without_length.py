import numpy as np
import pytest

from prefpairs.evaluate.bootstrap import Bootstrap
from prefpairs.evaluate.held_out import Floats, HeldOut, held_out
from prefpairs.evaluate.rules import won
from prefpairs.evaluate.without_length import without_length
from prefpairs.train.data.trees import Pair
from tests.support.evaluating import split_of


def held_of(extra_words: list[int]) -> HeldOut:
    return held_out(split_of(*([Pair(chosen=0, rejected=1, extra_words=words)] for words in extra_words)))


def accuracy(outcome: Floats, held: HeldOut) -> float:
    found = without_length("model", outcome, held, Bootstrap(held.posts, resamples=20)).accuracy
    assert found is not None
    return found.value


def test_who_always_takes_the_longer_one_is_left_with_a_coin() -> None:
    words = np.random.default_rng(0).normal(25, 60, size=400).round().astype(int)
    held = held_of(words.tolist())
    assert won(held.extra_words).mean() > 0.62
    assert accuracy(won(held.extra_words), held) == pytest.approx(0.5, abs=0.06)


def test_who_is_right_at_every_length_stays_right() -> None:
    held = held_of([-50, 50] * 40)
    assert accuracy(np.tile([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0], 10), held) == pytest.approx(0.75, abs=0.01)


def test_with_responses_of_equal_length_there_is_nothing_to_take_out() -> None:
    held = held_of([0] * 8)
    outcome = np.array([1.0, 1, 1, 0.5, 1, 0, 1, 0.5])
    assert accuracy(outcome, held) == pytest.approx(outcome.mean(), abs=0.005)


def test_right_throughout_is_a_figure_near_one_and_no_error() -> None:
    held = held_of([-30, 10, 70] * 10)
    assert 0.99 < accuracy(np.ones(30), held) <= 1


def test_the_slope_says_whether_longer_chosen_ones_are_found_more_often() -> None:
    held = held_of([-60, -30, 30, 60] * 10)
    for outcome, sign in ((won(held.extra_words), 1), (1 - won(held.extra_words), -1)):
        assert np.sign(without_length("model", outcome, held, Bootstrap(40, resamples=5)).slope) == sign


def test_the_fit_is_the_maximum_of_its_likelihood() -> None:
    generator = np.random.default_rng(3)
    words = generator.integers(-90, 90, size=200)
    held = held_of(words.tolist())
    outcome = (generator.random(200) < 0.7).astype(float)
    length = np.tanh(words / words.std())
    best, grid = -np.inf, np.linspace(-2, 2, 161)
    where = 0.0
    for intercept in grid:
        for slope in grid:
            logits = intercept + slope * length
            likelihood = (outcome * logits - np.logaddexp(0, logits)).sum() - 0.005 * (intercept**2 + slope**2)
            if likelihood > best:
                best, where = likelihood, intercept
    assert accuracy(outcome, held) == pytest.approx(1 / (1 + np.exp(-where)), abs=0.006)
