"""Stored scores -> a few of them computed again, and how many are others."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import torch
from torch import Tensor

from prefpairs.train.data.trees import Tree

_FLOAT32_PER_TOKEN = 2e-5
_BFLOAT16_PER_ROOT_TOKEN = 0.1
_OTHER_ROUNDING = 1e-3


def sample_of(trees: Sequence[Tree], size: int, *, seed: int) -> list[Tree]:
    """Draw responses, and return the trees that they stand in, with these responses only."""
    numbers = sorted(number for tree in trees for number in tree.numbers)
    drawn = set(Random(seed).sample(numbers, min(size, len(numbers))))  # noqa: S311 (a draw, no secret)
    sample = []
    for tree in trees:
        kept = [place for place, number in enumerate(tree.numbers) if number in drawn]
        if kept:
            sample.append(
                replace(
                    tree,
                    responses=tuple(tree.responses[place] for place in kept),
                    response_ids=tuple(tree.response_ids[place] for place in kept),
                    numbers=tuple(tree.numbers[place] for place in kept),
                    pairs=(),
                    ranking=(),
                    whole_pairs=None,
                )
            )
    return sample


def compare(sums: Tensor, again: Tensor, sample: Sequence[Tree], *, is_exact: bool) -> tuple[int, int]:
    """Return how many scores were compared, and how many differ by more than rounding.

    Rounding errors of float32 were within 7e-6 a token (dpo.md); those of bfloat16 add up like a random walk: they
    were up to 0.2 nats over 120 tokens.
    """
    lengths = {
        number: len(response)
        for tree in sample
        for number, response in zip(tree.numbers, tree.responses, strict=True)
    }
    tokens = torch.tensor(list(lengths.values()), dtype=torch.float32)
    numbers = torch.tensor(list(lengths), dtype=torch.long)
    tolerance = _OTHER_ROUNDING + (
        _FLOAT32_PER_TOKEN * tokens if is_exact else _BFLOAT16_PER_ROOT_TOKEN * tokens.sqrt()
    )
    same = (sums[numbers] - again[numbers]).abs() <= tolerance  # also False where one is no number
    return len(numbers), int((~same).sum())
