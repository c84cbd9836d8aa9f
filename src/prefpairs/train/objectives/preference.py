"""What all preference objectives share: rewards, their denominators, an SFT term and what is logged."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from prefpairs.train.data.trees import PackedRow, Tree
from prefpairs.train.objectives import rewards as logged
from prefpairs.train.objectives.labels import Labelling, Labels
from prefpairs.train.objectives.objective import Loss, quotient
from prefpairs.train.scoring.layout import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference(ABC):
    """A loss of pairs or rankings over the rewards of responses.

    A reward is `beta * (score - reference)`: for a policy the implicit reward of Rafailov et al. 2023 (arXiv
    2305.18290, equation 5), for a reward model, with beta 1 and no reference, what its head says.

    Attributes
    ----------
    beta
        How strongly the policy is held to the reference.
    labelling
        How pairs are read.
    sft_term
        How much of the chosen responses' negative log-likelihood per token is added. A response counts once for
        each pair that chose it, as it does in TRL's `loss_type=["sigmoid", "sft"]`.
    log_probabilities
        Whether scores are log-probabilities; False for a reward model.

    """

    beta: float
    labelling: Labelling = field(default_factory=Labelling)
    sft_term: float = 0.0
    log_probabilities: bool = True

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of `Loss.sums`."""
        return logged.names(log_probabilities=self.log_probabilities)

    def denominators(self, trees: Sequence[Tree]) -> tuple[float, ...]:
        """Return what the loss and the SFT term of a step are divided by, from its whole trees."""
        return self.items(trees), self.labelling.chosen_tokens(trees) if self.sft_term else 0.0

    def __call__(
        self, scores: Scores, reference: Tensor | None, trees: PackedRow, denominators: tuple[float, ...]
    ) -> Loss:
        """Return the row's share; see `Objective`."""
        ratios = scores.sums if reference is None else scores.sums - reference.to(scores.sums)
        labels = self.labelling.labels(trees, like=scores.sums)
        loss, items = self.total(ratios, scores.lengths, labels, trees)
        value = loss * quotient(1.0, denominators[0])
        sft_loss = sft_tokens = torch.zeros_like(loss)
        if self.sft_term:
            counted = labels.share * labels.weight
            sft_loss = -(counted * scores.sums[labels.chosen]).sum()
            sft_tokens = (labels.share * scores.lengths[labels.chosen]).sum()
            value = value + self.sft_term * quotient(1.0, denominators[1]) * sft_loss
        sums = logged.sums(
            rewards=self.beta * ratios,
            scores=scores.sums,
            labels=labels,
            losses=(loss, items, sft_loss, sft_tokens),
            log_probabilities=self.log_probabilities,
        )
        return Loss(value=value, sums=sums)

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        """Return the means that are logged; 0 where nothing was counted."""
        return logged.summary(sums, sft_term=self.sft_term, log_probabilities=self.log_probabilities)

    def items(self, trees: Sequence[Tree]) -> float:
        """Return what the loss is a mean over: pairs or posts."""
        return self.labelling.items(trees)

    @abstractmethod
    def total(self, ratios: Tensor, lengths: Tensor, labels: Labels, trees: PackedRow) -> tuple[Tensor, Tensor]:
        """Return the loss of a row and how many items it is of, neither divided by anything.

        Parameters
        ----------
        ratios
            `[R]`, scores less the reference's.
        lengths
            `[R]`, tokens of the responses.
        labels
            The pairs of the row.
        trees
            The row.

        """
