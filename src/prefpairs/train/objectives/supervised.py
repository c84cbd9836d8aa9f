"""Scores -> the negative log-likelihood per token: supervised fine-tuning (SFT)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from prefpairs.train.data.trees import PackedRow, Tree
from prefpairs.train.objectives.objective import Loss, on_device, quotient
from prefpairs.train.scoring.layout import Scores


class Supervised:
    """The mean, over the tokens of all responses of a step, of their negative log-likelihood.

    Prompts only condition. Every response of a tree counts, pairs or not; a response that stands in two rows
    would count twice, so trees without pairs are cut between responses.
    """

    metrics = ("loss", "tokens")

    def denominators(self, trees: Sequence[Tree]) -> tuple[float, ...]:
        """Return the scored tokens of a step."""
        return (float(_tokens(trees)),)

    def __call__(
        self, scores: Scores, reference: Tensor | None, trees: PackedRow, denominators: tuple[float, ...]
    ) -> Loss:
        """Return the row's share; a reference changes nothing."""
        del reference
        total = -scores.sums.sum()
        counted = on_device([_tokens(trees)], total.detach().double())
        return Loss(
            value=total * quotient(1.0, denominators[0]),
            sums=torch.cat([total.detach().double().reshape(1), counted]),
        )

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        """Return the loss per token, in nats."""
        total, tokens = sums
        return {"loss": quotient(total, tokens)}


def _tokens(trees: Sequence[Tree]) -> int:
    return sum(len(response) for tree in trees for response in tree.responses)
