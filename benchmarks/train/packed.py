"""prefpairs' way: the trees of a step in packed rows, every prompt and every response once."""

from collections.abc import Sequence
from typing import Any

import torch

from prefpairs.train.attention.choose import choose
from prefpairs.train.data.packing import pack
from prefpairs.train.data.trees import Tree
from prefpairs.train.objectives.choose import objective_of
from prefpairs.train.recipe import Recipe
from prefpairs.train.scoring.layout import layout
from prefpairs.train.scoring.scorer import Scorer


def recipe(**settings: Any) -> Recipe:
    """Return DPO as TRL computes it with the defaults of `prefpairs train`, and its CPU recipe's rows."""
    return Recipe.model_validate({"stages": ["dpo"], "row_tokens": 2048, **settings})


def scorer(model: Any, how: Recipe, device: torch.device, dtype: torch.dtype) -> Scorer:
    """Return what scores packed rows with the attention that `prefpairs train` would choose."""
    attention = choose(model, how.attention, device=device, dtype=dtype)
    return Scorer(model, attention, head_tokens=how.head_tokens, compute=dtype)


def step(
    scorer: Scorer,
    trees: Sequence[Tree],
    how: Recipe,
    *,
    reference: torch.Tensor | None = None,
    device: torch.device | None = None,
) -> torch.Tensor:
    """Add the gradients of the mean loss over all pairs; return that loss."""
    device = device or torch.device("cpu")
    objective = objective_of(how, "dpo")
    denominators = objective.denominators(trees)
    total = torch.zeros((), device=device)
    for row in pack(trees, row_tokens=how.row_tokens):
        laid = layout(row, device=device)
        numbers = torch.tensor([number for tree in row for number in tree.numbers])
        given = torch.zeros(laid.responses) if reference is None else reference[numbers]
        loss = objective(scorer(laid), given.to(device), row, denominators)
        loss.value.backward()  # type: ignore[no-untyped-call]
        total += loss.value.detach()
    return total
