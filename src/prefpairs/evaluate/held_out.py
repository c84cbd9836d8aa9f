"""A held-out split -> arrays: one entry a pair, with the post that it hangs on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from prefpairs.errors import ContractError
from prefpairs.train.data.trees import Pair, Split, Tree

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thread:
    """The responses of one prompt that the dataset puts in an order, as positions among all responses.

    Attributes
    ----------
    post
        The number of the post, from 0.
    better, worse
        The two sides of every comparison: all of the ranking where there is one, else the pairs. Each comparison
        stands once.
    responses
        What is compared at least once, in the order of the tree.
    best
        What nothing is better than.

    """

    post: int
    better: Integers
    worse: Integers
    responses: Integers
    best: Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldOut:
    """A split as the figures need it.

    Attributes
    ----------
    posts
        How many posts have a pair.
    post
        `[pairs]`, the post of each pair, from 0. Prompts of one post (it was edited) share its number.
    chosen, rejected
        `[pairs]`, positions among all responses of the split.
    extra_words
        `[pairs]`, words of the chosen response minus words of the rejected one.
    seconds_between
        `[pairs]`, written time of chosen minus that of rejected; NaN where unknown.
    probability
        `[pairs]`, of the preference, by the dataset's vote model; NaN where unknown.
    tokens
        `[responses]`, the length of each, with its end.
    threads
        One for every prompt that has a pair.

    """

    posts: int
    post: Integers
    chosen: Integers
    rejected: Integers
    extra_words: Floats
    seconds_between: Floats
    probability: Floats
    tokens: Floats
    threads: tuple[Thread, ...]

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return len(self.post)


def held_out(split: Split) -> HeldOut:
    """Return the arrays of a split.

    Raises
    ------
    ContractError
        If no pair is left to evaluate on.

    """
    if not split.pairs:
        msg = f"No pair is left to evaluate on: of {split.rows} rows none could be used. See the reasons counted."
        raise ContractError(msg)
    trees = [tree for tree in split.trees if tree.pairs]
    posts: dict[str, int] = {}
    numbers = [posts.setdefault(tree.thread_id, len(posts)) for tree in trees]
    pairs = [(number, tree, pair) for number, tree in zip(numbers, trees, strict=True) for pair in tree.pairs]
    return HeldOut(
        posts=len(posts),
        post=_integers([number for number, _, _ in pairs]),
        chosen=_integers([tree.numbers[pair.chosen] for _, tree, pair in pairs]),
        rejected=_integers([tree.numbers[pair.rejected] for _, tree, pair in pairs]),
        extra_words=_floats([pair.extra_words for _, _, pair in pairs]),
        seconds_between=_floats([pair.seconds_between for _, _, pair in pairs]),
        probability=_floats([pair.probability for _, _, pair in pairs]),
        tokens=_lengths(split),
        threads=tuple(_thread(tree, number) for number, tree in zip(numbers, trees, strict=True)),
    )


def _thread(tree: Tree, post: int) -> Thread:
    compared = _comparisons(tree.ranking, tree.pairs)
    worse = {position for _, position in compared}
    places = sorted({position for comparison in compared for position in comparison})
    return Thread(
        post=post,
        better=_integers([tree.numbers[position] for position, _ in compared]),
        worse=_integers([tree.numbers[position] for _, position in compared]),
        responses=_integers([tree.numbers[position] for position in places]),
        best=_integers([tree.numbers[position] for position in places if position not in worse]),
    )


def _comparisons(ranking: Sequence[int], pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    """Return what the dataset compares, better side first, each once.

    The pairs of a thread may be a part of an order only. Where two neighbours of the ranking were never compared
    their order is one of several possible ones, so the ranking counts as a whole or not at all.
    """
    given = {(pair.chosen, pair.rejected) for pair in pairs}
    if ranking and all(step in given for step in pairwise(ranking)):
        return list(combinations(ranking, 2))
    return sorted(given)


def _lengths(split: Split) -> Floats:
    lengths = np.zeros(1 + max(number for tree in split.trees for number in tree.numbers))
    for tree in split.trees:
        for number, response in zip(tree.numbers, tree.responses, strict=True):
            lengths[number] = len(response)
    return lengths


def _integers(values: Sequence[int]) -> Integers:
    return np.array(values, dtype=np.int64)


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
