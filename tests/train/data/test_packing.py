import math
import random
from array import array
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.errors import ConfigError
from prefpairs.train.data.packing import fitting_parts, pack
from prefpairs.train.data.trees import PackedRow, Pair, Tree

BUDGET = 64
LONGEST = BUDGET // 2
"""Of prompt and response together, as a recipe has it: a prompt with two responses then fits a row."""


def _tree(
    prompt: int, responses: list[int], pairs: list[tuple[int, int]], *, name: str = "t", first: int = 0
) -> Tree:
    return Tree(
        thread_id=name,
        prompt=array("i", [1] * prompt),
        responses=tuple(array("i", [2] * length) for length in responses),
        response_ids=tuple(f"{name}-{place}" for place in range(len(responses))),
        numbers=tuple(range(first, first + len(responses))),
        pairs=tuple(
            Pair(chosen=one, rejected=other, extra_words=number) for number, (one, other) in enumerate(pairs)
        ),
    )


@st.composite
def splits(draw: st.DrawFn) -> list[Tree]:
    trees: list[Tree] = []
    first = 0
    for number in range(draw(st.integers(0, 8))):
        prompt = draw(st.integers(1, 20))
        responses = draw(st.lists(st.integers(1, LONGEST - prompt), min_size=1, max_size=9))
        places = st.integers(0, len(responses) - 1)
        pairs = draw(st.lists(st.tuples(places, places).filter(lambda pair: pair[0] != pair[1]), unique=True))
        used = sorted({place for pair in pairs for place in pair}) if pairs else list(range(len(responses)))
        if pairs:  # a tree with pairs has no other responses
            responses = [responses[place] for place in used]
            pairs = [(used.index(one), used.index(other)) for one, other in pairs]
        trees.append(_tree(prompt, responses, pairs, name=f"t{number}", first=first))
        first += len(responses)
    return trees


def _pairs(trees: PackedRow) -> Counter[tuple[int, int, int]]:
    return Counter(
        (tree.numbers[pair.chosen], tree.numbers[pair.rejected], pair.extra_words)
        for tree in trees
        for pair in tree.pairs
    )


@given(splits())
def test_every_pair_is_in_one_row_once(trees: list[Tree]) -> None:
    packed = [tree for row in pack(trees, row_tokens=BUDGET) for tree in row]

    assert _pairs(packed) == _pairs(trees)


@given(splits())
def test_no_row_is_over_the_budget(trees: list[Tree]) -> None:
    assert all(sum(tree.tokens for tree in row) <= BUDGET for row in pack(trees, row_tokens=BUDGET))


@given(splits())
def test_where_prompts_are_not_shared_no_row_is_over_the_budget_with_its_copies(trees: list[Tree]) -> None:
    rows = pack(trees, row_tokens=BUDGET, shared=False)

    for row in rows:
        assert sum(len(tree.prompt) + len(ids) for tree in row for ids in tree.responses) <= BUDGET
    assert _pairs([tree for row in rows for tree in row]) == _pairs(trees)


def test_a_pair_that_fits_without_sharing_stays_whole_and_a_third_response_does_not() -> None:
    pair, three = _tree(20, [12, 12], [(0, 1)]), _tree(20, [12, 12, 12], [(0, 1), (0, 2)])

    assert fitting_parts(pair, row_tokens=BUDGET, shared=False) == [pair]
    assert fitting_parts(three, row_tokens=BUDGET) == [three]
    parts = fitting_parts(three, row_tokens=BUDGET, shared=False)
    assert [part.numbers for part in parts] == [(0, 1), (0, 2)]


@given(splits())
def test_responses_keep_their_numbers_ids_and_prompts(trees: list[Tree]) -> None:
    known = {
        number: (tree.prompt, tree.responses[place], tree.response_ids[place])
        for tree in trees
        for place, number in enumerate(tree.numbers)
    }
    packed = [tree for row in pack(trees, row_tokens=BUDGET) for tree in row]

    assert {number for tree in packed for number in tree.numbers} == set(known)
    for tree in packed:
        for number, response, identifier in zip(tree.numbers, tree.responses, tree.response_ids, strict=True):
            assert known[number] == (tree.prompt, response, identifier)


@given(splits())
def test_a_response_without_pairs_is_scored_once(trees: list[Tree]) -> None:
    unpaired = [replace(tree, pairs=()) for tree in trees]

    packed = Counter(
        number for row in pack(unpaired, row_tokens=BUDGET) for tree in row for number in tree.numbers
    )

    assert set(packed.values()) <= {1}
    assert len(packed) == sum(len(tree.responses) for tree in trees)


@given(splits())
def test_a_tree_that_fits_stays_as_it_is(trees: list[Tree]) -> None:
    packed = [tree for row in pack(trees, row_tokens=BUDGET) for tree in row]

    assert [tree for tree in trees if tree.tokens <= BUDGET and tree not in packed] == []


@given(splits())
def test_no_two_rows_would_fit_one(trees: list[Tree]) -> None:
    sizes = [sum(tree.tokens for tree in row) for row in pack(trees, row_tokens=BUDGET)]

    assert all(sizes[one] + sizes[other] > BUDGET for other in range(len(sizes)) for one in range(other))


def test_a_tree_goes_into_the_first_row_with_room() -> None:
    trees = [_tree(1, [length - 1], [], name=str(length)) for length in (30, 40, 20, 10, 24)]

    rows = pack(trees, row_tokens=BUDGET)

    assert [[tree.thread_id for tree in row] for row in rows] == [["40", "24"], ["30", "20", "10"]]


def test_parts_know_how_many_pairs_the_whole_tree_has() -> None:
    tree = replace(_tree(10, [20, 20, 20, 20], [(0, 1), (1, 2), (2, 3)]), ranking=(3, 2, 1, 0))

    parts = fitting_parts(tree, row_tokens=BUDGET)

    assert [part.whole_pairs for part in parts] == [3, 3, 3]
    assert [part.numbers for part in parts] == [(0, 1), (1, 2), (2, 3)]
    assert [part.ranking for part in parts] == [(1, 0)] * 3
    assert fitting_parts(tree, row_tokens=90) == [tree]


def test_a_part_takes_all_pairs_that_its_responses_allow() -> None:
    tree = _tree(10, [15, 15, 15, 15], [(0, 1), (2, 3), (0, 2), (1, 2)])

    parts = fitting_parts(tree, row_tokens=BUDGET)

    assert [[(pair.chosen, pair.rejected) for pair in part.pairs] for part in parts] == [
        [(0, 1), (0, 2), (1, 2)],
        [(0, 1)],
    ]


@pytest.mark.parametrize("pairs", [[(0, 1)], []])
def test_what_can_never_fit_is_refused_with_the_setting_to_change(pairs: list[tuple[int, int]]) -> None:
    with pytest.raises(ConfigError, match="row_tokens"):
        pack([_tree(40, [30, 30], pairs)], row_tokens=BUDGET)


def test_lognormal_trees_fill_rows_to_95_percent() -> None:
    chance = random.Random(0)
    lengths = [min(4000, math.ceil(chance.lognormvariate(math.log(700), 0.8))) for _ in range(3000)]

    rows = pack([_tree(1, [length], []) for length in lengths], row_tokens=8192)

    assert sum(length + 1 for length in lengths) / (8192 * len(rows)) >= 0.95


def test_trees_of_one_length_stay_in_order() -> None:
    rows = pack([_tree(1, [BUDGET // 2 - 1], [], name=str(number)) for number in range(4)], row_tokens=BUDGET)

    assert [[tree.thread_id for tree in row] for row in rows] == [["0", "1"], ["2", "3"]]


def test_nothing_is_packed_into_no_rows() -> None:
    assert pack([], row_tokens=BUDGET) == []
