"""Trees -> how much there is to compute, packed and as separate pairs: what the log calls saved by sharing."""

from collections.abc import Sequence

from prefpairs.train.data.trees import Tree

COUNTERS = ("posts", "pairs", "responses", "tokens", "separate_tokens")


def work(trees: Sequence[Tree]) -> dict[str, int]:
    """Count what a step computes.

    Returns
    -------
    dict
        `posts`, `pairs`, `responses`; `tokens`, with every prompt and every response once; `separate_tokens`, what
        a trainer computes that scores each side of each pair with a prompt of its own, without padding. Where
        there are no pairs that is each response with its prompt.

    """
    return {
        "posts": len(trees),
        "pairs": sum(len(tree.pairs) for tree in trees),
        "responses": sum(len(tree.responses) for tree in trees),
        "tokens": sum(tree.tokens for tree in trees),
        "separate_tokens": sum(map(_separate, trees)),
    }


def _separate(tree: Tree) -> int:
    sides = [place for pair in tree.pairs for place in (pair.chosen, pair.rejected)] or range(len(tree.responses))
    return sum(len(tree.prompt) + len(tree.responses[place]) for place in sides)
