"""Held-out trees and an objective -> the figures that training logs, without learning from them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from prefpairs.train.data.trees import Tree
from prefpairs.train.loop.deal import Pace, deal
from prefpairs.train.loop.processes import Processes
from prefpairs.train.objectives.objective import Objective
from prefpairs.train.scoring.layout import layout


@torch.no_grad()
def validate(
    scorer: nn.Module,
    trees: Sequence[Tree],
    *,
    reference: Tensor | None,
    objective: Objective,
    pace: Pace,
    processes: Processes,
) -> dict[str, float]:
    """Return the objective's figures over all trees, each pair or token counted once.

    `reference` is `[N]` on the CPU, by `Tree.numbers`; None where the objective has none.
    """
    hands = deal(
        trees,
        size=processes.size,
        row_tokens=pace.row_tokens,
        equal_calls=pace.equal_calls,
        shared=pace.shared,
    )
    hand = hands[processes.rank]
    denominators = objective.denominators(trees)
    sums = torch.zeros(len(objective.metrics), dtype=torch.float64, device=processes.device)
    for row in hand.rows:
        scores = scorer(layout(row, device=processes.device))
        known = None
        if reference is not None:
            numbers = torch.tensor([number for tree in row for number in tree.numbers])
            known = reference[numbers].to(processes.device)
        sums += objective(scores, known, row, denominators).sums
    for row in hand.idle:
        scorer(layout(row, device=processes.device))
    return objective.summary(processes.sum(sums).tolist())
