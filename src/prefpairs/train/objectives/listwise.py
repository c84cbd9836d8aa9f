"""Ranked responses -> the Plackett-Luce loss: the best is chosen from all, the next from the rest, and so on."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from prefpairs.train.data.trees import PackedRow, Tree
from prefpairs.train.objectives.labels import Labels, PairWeighting, share
from prefpairs.train.objectives.objective import on_device, places_on_device
from prefpairs.train.objectives.preference import Preference

_FEWEST_RANKED = 2


class PlackettLuce(Preference):
    """The mean negative log-likelihood of a choice: appendix A.3 of Rafailov et al. 2023 (arXiv 2305.18290).

    A thread of K ranked responses is K - 1 choices; their mean counts as much as the pairs of the thread
    (`pair`), or once (`post`). With two responses that is the sigmoid loss either way. A thread whose pairs
    contradict each other has no ranking and adds nothing; weights and labels of pairs do not apply. A thread that
    was cut to fit a row is ranked within each part, and each part counts by its pairs.
    """

    def items(self, trees: Sequence[Tree]) -> float:
        """Return the pairs, or the number, of threads with a ranking."""
        return self.labelling.items([tree for tree in trees if _is_ranked(tree)])

    def total(self, ratios: Tensor, lengths: Tensor, labels: Labels, trees: PackedRow) -> tuple[Tensor, Tensor]:
        """Return the losses of the choices of a row, added up."""
        del lengths, labels
        choices = list(_choices(trees, self.labelling.weighting))
        widest = max((len(choice.places) for choice in choices), default=1)
        # One line a choice: the winner, then the others, then the winner again to fill up, which is masked.
        filled = [[*choice.places, *choice.places[:1] * (widest - len(choice.places))] for choice in choices]
        places = places_on_device(filled, ratios).reshape(-1, widest)
        sizes = places_on_device([len(choice.places) for choice in choices], ratios)
        weight = on_device([choice.weight for choice in choices], ratios)
        rewards = (self.beta * ratios)[places]
        masked = torch.arange(widest, device=ratios.device) >= sizes[:, None]
        losses = rewards.masked_fill(masked, -torch.inf).logsumexp(-1) - rewards[:, 0]
        return (weight * losses).sum(), weight.sum()


class _Choice(NamedTuple):
    places: list[int]
    weight: float


def _choices(trees: Sequence[Tree], weighting: PairWeighting) -> Iterator[_Choice]:
    start = 0
    for tree in trees:
        ranked = [start + place for place in tree.ranking]
        start += len(tree.responses)
        if not _is_ranked(tree):
            continue
        counts = share(tree, weighting) * len(tree.pairs)
        for best in range(len(ranked) - 1):
            yield _Choice(ranked[best:], counts / (len(ranked) - 1))


def _is_ranked(tree: Tree) -> bool:
    return len(tree.ranking) >= _FEWEST_RANKED and bool(tree.pairs)
