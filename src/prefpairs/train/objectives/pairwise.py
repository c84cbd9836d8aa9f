"""Pairs of scores -> DPO's `sigmoid` loss, or IPO's; with beta 1 and no reference, Bradley-Terry's."""

from torch import Tensor
from torch.nn import functional

from prefpairs.train.data.trees import PackedRow
from prefpairs.train.objectives.labels import Labels
from prefpairs.train.objectives.preference import Preference


class Sigmoid(Preference):
    """`-log sigmoid(margin)` of each pair: equation 7 of Rafailov et al. 2023 (arXiv 2305.18290).

    TRL's `sigmoid`, with what TRL has no spelling for: soft labels and label smoothing (TRL takes
    `label_smoothing` and ignores it here), weights, and offsets. It is ln 2 while the policy is the reference.
    """

    def total(self, ratios: Tensor, lengths: Tensor, labels: Labels, trees: PackedRow) -> tuple[Tensor, Tensor]:
        """Return the losses of the pairs of a row, added up."""
        del lengths, trees
        margin = self.beta * (ratios[labels.chosen] - ratios[labels.rejected]) - labels.offset
        return _added(sigmoid_loss(margin, labels.target), labels)


class Ipo(Preference):
    """`(difference - 1 / (2 beta))^2` of each pair: equation 17 of Azar et al. 2024 (arXiv 2310.12036).

    The difference is one of means per token, as in TRL, whose authors asked those of the paper. A mean is over
    the tokens that were scored: TRL divides by one more where it cut the whole prompt away (its issue 6879).
    A label that is right with probability t turns the goal from 1 / (2 beta) to (2t - 1) / (2 beta).
    """

    def total(self, ratios: Tensor, lengths: Tensor, labels: Labels, trees: PackedRow) -> tuple[Tensor, Tensor]:
        """Return the losses of the pairs of a row, added up."""
        del trees
        means = ratios / lengths
        difference = means[labels.chosen] - means[labels.rejected]
        return _added(ipo_loss(difference, labels.target, beta=self.beta), labels)


def sigmoid_loss(margin: Tensor, target: Tensor) -> Tensor:
    """Return the cross-entropy of `sigmoid(margin)` against labels that are right with probability `target`.

    That is `-target log sigmoid(margin) - (1 - target) log sigmoid(-margin)`, in a form that stays finite, and
    is exactly `-log sigmoid(margin)` for a sure label.
    """
    return (1 - target) * margin - functional.logsigmoid(margin)


def ipo_loss(difference: Tensor, target: Tensor, *, beta: float) -> Tensor:
    """Return the expected squared distance from the goal, for labels that are right with probability `target`."""
    goal = 1 / (2 * beta)
    return target * (difference - goal) ** 2 + (1 - target) * (difference + goal) ** 2


def _added(losses: Tensor, labels: Labels) -> tuple[Tensor, Tensor]:
    return (labels.share * labels.weight * losses).sum(), labels.share.sum()
