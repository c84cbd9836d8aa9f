import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.evaluate.bootstrap import Bootstrap
from prefpairs.evaluate.held_out import Floats, Thread, held_out
from prefpairs.evaluate.ranks import ranks, tau, top_1
from prefpairs.evaluate.rules import Scored
from prefpairs.train.data.trees import Pair
from tests.support.evaluating import floats, split_of

SCORES = st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=7).map(lambda values: floats(*values))


def ranked(size: int) -> Thread:
    """Return a thread whose responses 0, 1, 2 ... are ordered from best to worst."""
    better, worse = zip(*combinations(range(size), 2), strict=True)
    return Thread(
        post=0, better=np.array(better), worse=np.array(worse), responses=np.arange(size), best=np.array([0])
    )


def test_tau_of_one_swap_among_four() -> None:
    # Six comparisons, of which the swap of neighbours turns one: (5 - 1) / 6.
    assert tau(floats(4, 2, 3, 1), ranked(4)) == pytest.approx(4 / 6)


def test_tau_b_takes_ties_out_of_the_model_side() -> None:
    # Three comparisons, one tied, two right: 2 / sqrt(3 * 2).
    assert tau(floats(2, 1, 1), ranked(3)) == pytest.approx(2 / math.sqrt(6))


def test_tau_of_scores_that_tell_nothing_apart_is_zero() -> None:
    assert tau(floats(1, 1, 1), ranked(3)) == 0


def test_what_the_dataset_does_not_compare_does_not_count() -> None:
    [thread] = held_out(split_of([Pair(chosen=0, rejected=1), Pair(chosen=0, rejected=2)])).threads
    assert tau(floats(3, 1, 2), thread) == tau(floats(3, 2, 1), thread) == 1


@given(SCORES)
def test_tau_stays_between_its_ends_and_turns_with_the_order(scores: Floats) -> None:
    thread = ranked(len(scores))
    assert -1 - 1e-12 <= tau(scores, thread) <= 1 + 1e-12
    assert tau(-scores, thread) == pytest.approx(-tau(scores, thread))


@given(SCORES)
def test_tau_and_top_1_hang_on_the_order_of_scores_only(scores: Floats) -> None:
    thread = ranked(len(scores))
    assert tau(np.exp(scores) * 7 - 2, thread) == tau(scores, thread)
    assert top_1(np.exp(scores) * 7 - 2, thread) == top_1(scores, thread)


@settings(deadline=None)  # the first one imports scipy
@given(SCORES)
def test_tau_is_what_scipy_calls_tau_b(scores: Floats) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.kendalltau(scores, -np.arange(len(scores))).statistic
    assert tau(scores, ranked(len(scores))) == pytest.approx(0 if np.isnan(expected) else expected)


def test_top_1_shares_a_tie() -> None:
    assert top_1(floats(5, 5, 1, 1), ranked(4)) == 0.5
    assert top_1(floats(5, 4, 1, 1), ranked(4)) == 1
    assert top_1(floats(1, 4, 1, 1), ranked(4)) == 0


def test_every_response_that_nothing_beats_is_a_best_one() -> None:
    [thread] = held_out(split_of([Pair(chosen=0, rejected=2), Pair(chosen=1, rejected=2)])).threads
    assert top_1(floats(0, 9, 3), thread) == 1
    assert top_1(floats(0, 0, 3), thread) == 0


def test_a_coin_finds_the_best_of_three_in_a_third_of_the_threads() -> None:
    pairs = [Pair(chosen=0, rejected=1), Pair(chosen=0, rejected=2)]
    held = held_out(split_of(pairs, [Pair(chosen=0, rejected=1)]))
    scored = Scored(policy=floats(3, 2, 1, 1, 2), reference=floats(0, 0, 0, 0, 0), beta=1)
    every, of_three = ranks(scored, held, Bootstrap(held.posts, resamples=20))
    assert (every.threads, of_three.threads) == (2, 1)
    top = {one.rule: one.top_1.value for one in of_three.rules if one.top_1}
    assert top["random"] == pytest.approx(1 / 3)
    assert top["model"] == 1
    agreement = {one.rule: one.tau.value for one in every.rules if one.tau}
    assert agreement["model"] == 0  # 1 in the first thread, -1 in the second
    assert agreement["random"] == 0


def test_threads_of_two_only_have_no_order_of_three() -> None:
    held = held_out(split_of([Pair(chosen=0, rejected=1)]))
    scored = Scored(policy=floats(1, 0), reference=None, beta=1)
    _, of_three = ranks(scored, held, Bootstrap(held.posts, resamples=5))
    assert (of_three.threads, of_three.rules) == (0, ())
