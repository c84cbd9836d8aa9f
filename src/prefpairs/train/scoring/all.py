"""All trees of a split -> the score of every response, without gradients."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from prefpairs.train.data.packing import pack
from prefpairs.train.data.trees import PackedRow, Tree
from prefpairs.train.scoring.layout import Layout, Scores, layout


class Processes(Protocol):
    """The processes that score together, seen from one of them."""

    @property
    def rank(self) -> int:
        """Which one this is, from 0."""
        ...

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def sum(self, tensor: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes, to each of them."""
        ...


class Scoring(Protocol):
    """A scorer of log-probabilities, or of rewards."""

    def __call__(self, layout: Layout) -> Scores:
        """Score the responses of one packed row."""
        ...


@torch.no_grad()
def score_all(
    scorer: Scoring,
    trees: Sequence[Tree],
    *,
    row_tokens: int,
    device: torch.device,
    processes: Processes | None = None,
    shared: bool = True,
) -> Tensor:
    """Return the score of every response, `[N]`, float32, on the CPU; `Tree.numbers` are its indices.

    Numbers that no tree has (where only some trees are scored) hold NaN. Every process gets all scores, and runs
    as many forward passes as any other. `shared` tells `pack` whether the attention shares prompts.
    """
    rank, size = (0, 1) if processes is None else (processes.rank, processes.size)
    rows = pack(trees, row_tokens=row_tokens, shared=shared)
    owned = _first_places(rows)
    scores = torch.zeros(1 + max((number for tree in trees for number in tree.numbers), default=-1))
    found = torch.zeros_like(scores)
    for start in range(0, len(rows), size):
        place = start + rank
        row = rows[place] if place < len(rows) else rows[0]  # a process with nothing left keeps in step
        sums = scorer(layout(row, device=device)).sums.float().cpu()
        if place < len(rows):
            numbers, columns = owned[place]
            scores[numbers] = sums[columns]
            found[numbers] = 1.0
    if processes is not None:
        scores, found = (processes.sum(tensor.to(device)).cpu() for tensor in (scores, found))
    return scores.masked_fill(found == 0, torch.nan)


def _first_places(rows: Sequence[PackedRow]) -> list[tuple[list[int], list[int]]]:
    """Return, for each row, the responses that no row before has, and their places in the row.

    A tree that is cut in two has some responses twice; summed over processes they must count once.
    """
    seen: set[int] = set()
    places = []
    for row in rows:
        numbers, columns = [], []
        for column, number in enumerate(number for tree in row for number in tree.numbers):
            if number not in seen:
                seen.add(number)
                numbers.append(number)
                columns.append(column)
        places.append((numbers, columns))
    return places
