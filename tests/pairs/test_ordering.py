from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.pairs.caps import within_caps, within_reach
from prefpairs.pairs.ordering import appearance, best_first, in_groups, place_in_run

groups = st.integers(0, 5)
floats = st.floats(width=32, allow_nan=False) | st.sampled_from([0.0, -0.0, 1.0, float("inf")])
pairs_with_worth = st.tuples(st.integers(0, 9), st.integers(10, 19), st.integers(0, 6))
whole = st.integers(-(2**31), 2**31 - 1) | st.integers(-2, 2)


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@given(st.lists(st.tuples(groups, floats)))
def test_numbers_are_ordered_by_group_then_best_first_then_as_they_came(
    precision: type[np.floating], entries: list[tuple[int, float]]
) -> None:
    order = best_first(*_columns(entries, precision))

    assert order.tolist() == sorted(range(len(entries)), key=lambda place: (entries[place][0], -entries[place][1]))


@pytest.mark.parametrize("width", [np.int32, np.int64])
@given(st.lists(st.tuples(groups, whole)))
def test_whole_numbers_are_ordered_like_others(width: type[np.integer], entries: list[tuple[int, int]]) -> None:
    order = best_first(*_columns(entries, width))

    assert order.tolist() == sorted(range(len(entries)), key=lambda place: (entries[place][0], -entries[place][1]))


def test_ratios_that_single_precision_takes_for_equal_are_told_apart() -> None:
    close = np.array([2 + 2e-9, 2 + 1e-9, 2 + 2e-9, 1e300, 2e300])

    assert best_first(np.array([0, 0, 0, 1, 1]), close).tolist() == [0, 2, 1, 4, 3]
    assert best_first(np.array([0, 0, 0, 1, 1]), -close).tolist() == [1, 0, 2, 3, 4]


@pytest.mark.parametrize("worth", [2**40, -(2**40)])
def test_whole_numbers_that_lie_too_far_apart_for_half_a_word_are_ordered_too(worth: int) -> None:
    order = best_first(np.zeros(3, dtype=np.int64), np.array([0, worth, 1]))

    assert order.tolist() == ([1, 2, 0] if worth > 0 else [2, 0, 1])


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_what_is_no_number_comes_last(precision: type[np.floating]) -> None:
    order = best_first(np.zeros(4, dtype=np.int64), np.array([np.nan, -1e30, np.nan, 2], dtype=precision))

    assert order.tolist() == [3, 1, 0, 2]


def test_groups_that_leave_no_room_in_a_word_are_ordered_too() -> None:
    group = np.array([2**33, 0, 2**33, 0])

    assert best_first(group, np.array([1, 2, 3, 4], dtype=np.float32)).tolist() == [3, 1, 2, 0]


@given(st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 3)))
def test_appearance_counts_the_equal_entries_before(values: list[int]) -> None:
    expected = [values[:place].count(value) for place, value in enumerate(values)]

    assert appearance(np.array(values, dtype=np.int64)).tolist() == expected


@given(st.lists(groups))
def test_places_in_a_run_start_again_where_the_value_changes(values: list[int]) -> None:
    values.sort()

    assert place_in_run(np.array(values, dtype=np.int64)).tolist() == [
        values[:place].count(value) for place, value in enumerate(values)
    ]


def test_entries_are_grouped_in_their_order() -> None:
    group, entry = in_groups(np.array([7, 3, 7, 3]), np.array([0, 1, 2, 3]))

    assert (group.tolist(), entry.tolist()) == ([3, 3, 7, 7], [1, 3, 0, 2])


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(10, 19), st.integers(0, 6)), unique_by=lambda pair: pair[:2]
    ),
    st.integers(1, 8),
    st.integers(1, 3),
)
def test_pairs_out_of_reach_are_never_taken(
    pairs: list[tuple[int, int, int]], per_post: int, per_response: int
) -> None:
    pairs.sort(key=lambda pair: pair[:2])
    chosen, rejected = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    worth = np.array([pair[2] for pair in pairs], dtype=np.float32)

    reach = within_reach(chosen, worth, per_post=per_post, per_response=per_response)

    taken = within_caps(
        np.zeros(len(pairs), dtype=np.int64), chosen, rejected, worth, per_post=per_post, per_response=per_response
    )
    assert reach[taken].all()
    assert sorted(taken.tolist()) == _walk(pairs, per_post, per_response)


def _columns(
    entries: list[tuple[int, float]] | list[tuple[int, int]], kind: type[np.number]
) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array([group for group, _ in entries], dtype=np.int64),
        np.array([worth for _, worth in entries], dtype=kind),
    )


def _walk(pairs: list[tuple[int, int, int]], per_post: int, per_response: int) -> list[int]:
    uses: Counter[int] = Counter()
    taken: list[int] = []
    for place in sorted(range(len(pairs)), key=lambda place: -pairs[place][2]):
        chosen, rejected, _ = pairs[place]
        if len(taken) < per_post and max(uses[chosen], uses[rejected]) < per_response:
            uses.update([chosen, rejected])
            taken.append(place)
    return sorted(taken)
