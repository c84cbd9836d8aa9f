"""Means over posts with their intervals, where some values are missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.evaluate.generations.aggregate import Draws, dimension

DESCRIBED = {"name": "length", "proxy": "words", "explanation": "Words.", "better": "neither"}


def draws(*posts: str) -> Draws:
    return Draws(posts, resamples=200, seed=0)


def test_a_difference_is_taken_where_both_have_a_value() -> None:
    found = draws("a", "b", "c").difference([1.0, None, 3.0], [0.0, 5.0, None])
    assert found is not None
    # Two of three draws hold no post that both have: those say nothing.
    assert (found.value, found.low, found.high) == (1, 1, 1)


def test_missing_values_are_no_zeros() -> None:
    found = draws("a", "b", "c").mean([4.0, None, 6.0])
    assert found is not None
    assert found.value == 5
    assert 4 <= found.low <= found.high <= 6


def test_values_of_one_post_are_drawn_together() -> None:
    # Both posts have the mean 5: whatever is drawn, the mean stays.
    found = draws("a", "a", "b", "b").mean([0.0, 10.0, 2.0, 8.0])
    assert found is not None
    assert (found.low, found.high) == (5, 5)


def test_a_row_without_values_says_so() -> None:
    row = dimension(draws("a", "b"), {"model": [None, None], "community": [1.0, 2.0]}, **DESCRIBED)
    assert (row.model, row.interval, row.count) == (None, None, 0)
    assert row.community == 1.5
    assert (row.reference, row.difference) == (None, None)


@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=8))
def test_an_interval_lies_among_the_values(values: list[float | None]) -> None:
    found = draws(*map(str, range(len(values)))).mean(values)
    known = [value for value in values if value is not None]
    if not known:
        assert found is None
        return
    assert found is not None
    for end in (found.low, found.value, found.high):
        assert min(known) - 1e-6 <= end <= max(known) + 1e-6
    assert found.value == pytest.approx(sum(known) / len(known), abs=1e-6)
