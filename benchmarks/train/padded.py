"""The usual way: every pair is two rows, prompt and response, padded to the longest row of the batch.

Kinder than what trainers do: only the tokens of responses go through the head, and the reference scores are
given. The model runs with transformers' own attention.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from prefpairs.train.data.trees import Ids, Tree

Sides = tuple[tuple[Ids, Ids], tuple[Ids, Ids]]


def batches(trees: Sequence[Tree], *, pairs: int, seed: int, by_length: bool = False) -> Iterator[list[Sides]]:
    """Shuffle all pairs, as trainers do, or sort them by length, as none does for DPO; cut them into batches."""
    sides: list[Sides] = [
        ((tree.prompt, tree.responses[pair.chosen]), (tree.prompt, tree.responses[pair.rejected]))
        for tree in trees
        for pair in tree.pairs
    ]
    random.Random(seed).shuffle(sides)
    if by_length:
        sides.sort(key=lambda pair: max(len(prompt) + len(response) for prompt, response in pair))
    for start in range(0, len(sides), pairs):
        yield sides[start : start + pairs]


def sums(model: Any, rows: Sequence[tuple[Ids, Ids]]) -> Tensor:
    """Return the summed log-probability of each row's response, `[rows]`."""
    longest = max(len(prompt) + len(response) for prompt, response in rows)
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    attention = torch.zeros_like(ids)
    scored = torch.zeros_like(ids, dtype=torch.bool)
    for row, (prompt, response) in enumerate(rows):
        stop = len(prompt) + len(response)
        ids[row, :stop] = torch.tensor(prompt + response)
        attention[row, :stop] = 1
        scored[row, len(prompt) : stop] = True
    hidden = model.model(input_ids=ids, attention_mask=attention, use_cache=False).last_hidden_state
    logits = model.lm_head(hidden[:, :-1][scored[:, 1:]])
    tokens = -functional.cross_entropy(logits.float(), ids[scored], reduction="none")
    which = torch.nonzero(scored)[:, 0]
    return torch.zeros(len(rows)).index_add(0, which, tokens)


def step(model: Any, batch: Sequence[Sides], *, beta: float, of_all: int) -> float:
    """Add a batch's gradients of the mean loss over `of_all` pairs; return its part of that loss."""
    scores = sums(model, list(chain.from_iterable(batch))).view(-1, 2)
    loss = -functional.logsigmoid(beta * (scores[:, 0] - scores[:, 1])).sum() / of_all
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())
