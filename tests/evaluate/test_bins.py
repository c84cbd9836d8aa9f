import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.evaluate.bins import bins, histogram, histogram_edges
from prefpairs.evaluate.bootstrap import Bootstrap
from prefpairs.evaluate.held_out import held_out
from prefpairs.evaluate.rules import Scored, outcomes
from prefpairs.train.data.trees import Pair
from tests.support.evaluating import floats, split_of

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


def test_pairs_are_sorted_by_probability_and_an_edge_belongs_to_the_bin_above() -> None:
    held = held_out(
        split_of(
            [Pair(chosen=0, rejected=1, probability=0.55), Pair(chosen=1, rejected=2, probability=0.6)],
            [Pair(chosen=0, rejected=1, probability=0.9), Pair(chosen=1, rejected=2)],
        )
    )
    scored = Scored(policy=floats(2, 1, 3, 2, 1, 0), reference=floats(0, 0, 0, 0, 0, 0), beta=1)
    found = bins(held.probability, (0.6, 0.8), outcomes(scored, held), held, Bootstrap(2, resamples=10))
    assert [(one.low, one.high, one.pairs, one.posts) for one in found] == [
        (None, 0.6, 1, 1),
        (0.6, 0.8, 1, 1),
        (0.8, None, 1, 1),
    ]
    assert [one.accuracy.value for one in found if one.accuracy] == [1, 0, 1]
    assert found[0].beside == {"reference_likelihood": 0.5, "longer": 0.5}
    assert found[2].mean == 0.9


def test_a_bin_without_pairs_is_left_out() -> None:
    held = held_out(split_of([Pair(chosen=0, rejected=1, extra_words=50)]))
    scored = Scored(policy=floats(1, 0), reference=None, beta=1)
    [only] = bins(held.extra_words, (-10, 11), outcomes(scored, held), held, Bootstrap(1, resamples=5))
    assert (only.low, only.high) == (11, None)


@given(st.lists(NUMBERS, min_size=1, max_size=60))
def test_every_value_is_in_a_bar_and_zero_is_an_edge(values: list[float]) -> None:
    edges = histogram_edges(floats(*values))
    counted = histogram(floats(*values), edges)
    assert sum(counted.counts) == len(values)
    assert len(edges) == len(counted.counts) + 1
    assert 0 in edges
    assert list(edges) == sorted(set(edges))


def test_bars_have_round_edges_and_hold_what_lies_between() -> None:
    assert histogram_edges(np.linspace(-1, 2, 401)) == tuple(number / 10 for number in range(-10, 21))
    assert histogram(floats(0.1, 0.1, -0.1, 99), (-1.0, 0.0, 1.0)).counts == (1, 3)


def test_a_bin_that_is_always_right_is_not_certain() -> None:
    held = held_out(split_of(*([Pair(chosen=0, rejected=1, extra_words=50)] for _ in range(19))))
    scored = Scored(policy=floats(*([1, 0] * 19)), reference=None, beta=1)
    [only] = bins(held.extra_words, (0,), outcomes(scored, held), held, Bootstrap(19, resamples=5))
    assert only.accuracy is not None
    assert only.accuracy.low < 0.9
    assert only.accuracy.high == 1
