"""Means over posts with their intervals, where some values are missing."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.evaluate.generations.aggregate import Draws, dimension
from prefpairs.evaluate.generations.diversity import distinctness
from prefpairs.evaluate.generations.measure import Values

DESCRIBED: dict[str, Any] = {"name": "length", "proxy": "words", "explanation": "Words.", "better": "neither"}


def numbers(found: Iterable[int]) -> Values:
    return [float(number) for number in found]


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


def test_no_harm_in_twenty_posts_may_still_be_harm_in_one_of_six() -> None:
    posts = draws(*map(str, range(20)))
    none: Values = [0.0] * 20
    every: Values = [1.0] * 20
    row = dimension(posts, {"model": none, "reference": none, "community": every}, share=True, **DESCRIBED)
    # Wilson's ends of 0 of 20 and 20 of 20: z^2 / (n + z^2), z = 1.96.
    assert row.interval == pytest.approx((0, 3.8415 / 23.8415), abs=1e-4)
    assert row.community_interval == pytest.approx((20 / 23.8415, 1), abs=1e-4)
    assert (row.difference, row.difference_interval) == (0, None)


def test_no_interval_claims_certainty() -> None:
    row = dimension(draws("a", "b", "c"), {"model": [0.1, 0.1, 0.1], "reference": [0.3, 0.3, 0.3]}, **DESCRIBED)
    assert (row.interval, row.reference_interval, row.difference_interval) == (None, None, None)
    assert row.model == pytest.approx(0.1)
    assert row.difference == pytest.approx(-0.2)


def test_an_interval_is_as_wide_as_it_is_asked_to_be() -> None:
    posts, values = [str(number) for number in range(30)], numbers(range(30))
    wide, narrow = (
        Draws(posts, resamples=500, seed=0, confidence=confidence).mean(values) for confidence in (0.95, 0.5)
    )
    assert wide is not None
    assert narrow is not None
    assert wide.low < narrow.low < narrow.high < wide.high


def replies_on_topics(seed: int, *, posts: int) -> list[str | None]:
    """Return replies on a few topics, some of which come often: how alike they are varies from draw to draw."""
    drawn = random.Random(seed)
    topics = drawn.choices(["alpha", "bravo", "charlie", "delta"], weights=(8, 2, 1, 1), k=posts)
    return [f"{topic} {drawn.choice('pqrstuvwxyz') * 4}" for topic in topics]


def test_intervals_of_distinctness_hold_the_truth_about_as_often_as_they_say() -> None:
    posts = [str(number) for number in range(40)]
    truth = float(np.mean([distinctness_of(replies_on_topics(seed, posts=40)) for seed in range(1000, 1400)]))
    held = {"pairs": 0, "values": 0}
    for seed in range(150):
        texts = replies_on_topics(seed, posts=40)
        found = Draws(posts, resamples=100, seed=seed, confidence=0.9)
        for way, estimate in (
            ("pairs", found.distinctness(texts)),
            ("values", found.mean(distinctness([text or "" for text in texts]))),
        ):
            assert estimate is not None
            held[way] += estimate.low <= truth <= estimate.high
    assert held["pairs"] >= 0.8 * 150
    # What it would be if each text's value stood for itself.
    assert held["values"] < 0.75 * 150


def distinctness_of(texts: Sequence[str | None]) -> float:
    return float(np.mean([value for value in distinctness([text or "" for text in texts]) if value is not None]))


def test_distinctness_is_the_mean_of_the_texts_own_whatever_their_posts() -> None:
    texts = ["rain", "rain sun", None, "sun", "", "sun moon"]
    found = draws("a", "a", "b", "c", "d", "d").distinctness(texts)
    assert found is not None
    assert found.value == pytest.approx(distinctness_of(texts))
    assert found.low < found.value < found.high


def test_the_same_texts_make_no_difference_in_distinctness_and_fewer_words_do() -> None:
    found, texts = draws("a", "b", "c", "d"), ["rain sun", "rain moon", "sun moon", "tree lake"]
    same = found.difference_in_distinctness(texts, texts)
    assert same is not None
    assert (same.value, same.low, same.high) == (0, 0, 0)
    poorer = found.difference_in_distinctness(["rain", "rain", "rain", None], texts)
    assert poorer is not None
    assert poorer.value == pytest.approx(-0.5)


def test_distinctness_needs_two_texts() -> None:
    assert draws("a", "b").distinctness(["rain", None]) is None


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
