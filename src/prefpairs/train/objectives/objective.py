"""What every objective is: the scores of one packed row -> its share of the loss of a whole step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from prefpairs.train.data.trees import PackedRow, Tree
from prefpairs.train.scoring.layout import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What one row adds to a step.

    Attributes
    ----------
    value
        A single number with gradients: the row's share of the step's loss. Added over all rows of all processes
        the shares are the loss, so rows, processes and accumulation do not change a step.
    sums
        `[len(metrics)]`, float64, without gradients, on the device of the scores: what is logged, as sums that
        may be added over rows, processes and steps. Nothing waits for the GPU here.

    """

    value: Tensor
    sums: Tensor


class Objective(Protocol):
    """Something to make smaller."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of `Loss.sums`."""
        ...

    def denominators(self, trees: Sequence[Tree]) -> tuple[float, ...]:
        """Return what the sums of a step are divided by: a fact of the data of the whole step, on all processes.

        Raises
        ------
        ConfigError
            If the pairs lack what the objective needs.

        """
        ...

    def __call__(
        self, scores: Scores, reference: Tensor | None, trees: PackedRow, denominators: tuple[float, ...]
    ) -> Loss:
        """Return the row's share.

        Parameters
        ----------
        scores
            Of the responses of the row, in its order.
        reference
            `[R]`, the reference model's `Scores.sums` of the same responses; None: zeros.
        trees
            The row.
        denominators
            Of the step that the row belongs to.

        """
        ...

    def summary(self, sums: Sequence[float]) -> dict[str, float]:
        """Return what is logged, under TRL's names, from added-up `Loss.sums`; 0 where nothing was counted."""
        ...


def quotient(part: float, whole: float) -> float:
    """Return `part / whole`, and 0 where there is nothing to divide by."""
    return part / whole if whole else 0.0


def on_device(values: Sequence[float], like: Tensor) -> Tensor:
    """Return numbers beside `like`, in its type, without waiting for the GPU."""
    return torch.tensor(values, dtype=like.dtype).to(like.device, non_blocking=True)


def places_on_device(values: Sequence[int] | Sequence[Sequence[int]], like: Tensor) -> Tensor:
    """Return positions beside `like`, without waiting for the GPU."""
    return torch.tensor(values, dtype=torch.long).to(like.device, non_blocking=True)
