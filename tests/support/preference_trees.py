"""Literal trees for tests of objectives: prompts of one token, responses of given lengths."""

from array import array
from collections.abc import Sequence

from prefpairs.train.data.trees import Pair, Tree


def tree(
    *,
    lengths: Sequence[int],
    pairs: Sequence[Pair] = (),
    ranking: Sequence[int] = (),
    name: str = "thread",
    first_number: int = 0,
    whole_pairs: int | None = None,
) -> Tree:
    """Return a tree with responses of so many tokens; what the tokens are does not matter."""
    return Tree(
        thread_id=name,
        prompt=array("i", [1]),
        responses=tuple(array("i", [2] * length) for length in lengths),
        response_ids=tuple(f"{name}-{place}" for place in range(len(lengths))),
        numbers=tuple(range(first_number, first_number + len(lengths))),
        pairs=tuple(pairs),
        ranking=tuple(ranking),
        whole_pairs=whole_pairs,
    )


def pair(chosen: int, rejected: int, *, probability: float | None = None, weight: float = 1.0) -> Pair:
    """Return a pair of two positions."""
    return Pair(chosen=chosen, rejected=rejected, probability=probability, weight=weight)
