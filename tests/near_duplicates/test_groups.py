"""Groups hold what is alike, in any order of rows, and cost no more for what everybody shares."""

from random import Random
from string import ascii_lowercase

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config_curate import NearDuplicates
from prefpairs.near_duplicates.groups import groups
from prefpairs.near_duplicates.sketches import Bands, sketches
from tests.support.keys import KEY

RULES = NearDuplicates()


def grouped(bands: Bands, rules: NearDuplicates = RULES) -> set[frozenset[int]]:
    """Return the groups of two rows or more."""
    found: dict[int, set[int]] = {}
    for row, label in enumerate(groups(bands, rules).tolist()):
        found.setdefault(label, set()).add(row)
    return {frozenset(rows) for rows in found.values() if len(rows) > 1}


def grouped_texts(*texts: list[str]) -> set[frozenset[int]]:
    return grouped(sketches(pl.Series([" ".join(text) for text in texts]), RULES, KEY).bands)


def invented(seed: int, count: int = 80) -> list[str]:
    """Return words of letters: numbers would all be one."""
    random = Random(seed)
    return ["".join(random.choices(ascii_lowercase, k=8)) for _ in range(count)]


def with_changes(text: list[str], *places: int) -> list[str]:
    return [
        f"changed{ascii_lowercase[place % 26]}{ascii_lowercase[place // 26]}" if place in places else word
        for place, word in enumerate(text)
    ]


def random_bands(rows: int, seed: int = 5) -> Bands:
    return np.random.default_rng(seed).integers(-(2**63), 2**63, (rows, RULES.bands), dtype=np.int64)


def test_a_text_with_a_word_changed_is_the_same_text_again() -> None:
    text = invented(1)

    assert grouped_texts(text, invented(2), with_changes(text, 40), invented(3)) == {frozenset({0, 2})}


def test_texts_that_share_half_of_their_words_are_two_texts() -> None:
    text = invented(1)

    assert grouped_texts(text, text[:40] + invented(2)[40:]) == set()


def test_texts_that_are_alike_by_way_of_others_are_one_group() -> None:
    steps = [with_changes(invented(1), *range(0, 4 * count, 4)) for count in range(7)]

    assert grouped_texts(steps[0], steps[6]) == set()
    assert grouped_texts(*steps) == {frozenset(range(7))}


def test_one_shared_band_is_not_enough() -> None:
    bands = random_bands(2)
    bands[:, 3] = bands[0, 3]

    assert grouped(bands) == set()


@pytest.mark.parametrize(("equal_bands", "found"), [(9, set()), (10, {frozenset({0, 1})})])
def test_the_threshold_is_on_all_hashes(equal_bands: int, found: set[frozenset[int]]) -> None:
    # Ten bands of fourteen are 0.714; nine are 0.643 before what bytes share by chance.
    bands = np.zeros((2, RULES.bands), np.int64)
    bands[1, equal_bands:] = -1  # no byte equals

    assert grouped(bands) == found


def test_copies_in_a_crowd_that_shares_a_band_are_found_with_few_comparisons() -> None:
    # Every pair of this crowd would be 200 million comparisons.
    bands = random_bands(20_000)
    bands[:, 0] = 7
    bands[19_000, 1:12] = bands[5, 1:12]

    assert grouped(bands, RULES.model_copy(update={"max_comparisons": 1})) == {frozenset({5, 19_000})}


def test_many_copies_of_one_text_are_one_group() -> None:
    bands = random_bands(20_000)
    bands[::2] = bands[0]

    assert grouped(bands) == {frozenset(range(0, 20_000, 2))}


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_and_one_text_are_no_group(rows: int) -> None:
    assert grouped(random_bands(rows)) == set()


@settings(deadline=None)
@given(st.permutations(range(12)), st.lists(st.integers(0, 11), min_size=12, max_size=12), st.integers(1, 3))
def test_the_order_of_rows_changes_nothing(order: list[int], copied: list[int], comparisons: int) -> None:
    bands = random_bands(12)
    bands[:, 2] = 1
    for row, source in enumerate(copied):
        bands[row, :10] = bands[source, :10]
    rules = RULES.model_copy(update={"max_comparisons": comparisons})

    moved = {frozenset(order[row] for row in rows) for rows in grouped(bands[order], rules)}
    assert moved == grouped(bands, rules)
