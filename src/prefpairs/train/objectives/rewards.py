"""Rewards of pairs -> sums to log, under TRL's names."""

from collections.abc import Sequence

import torch
from torch import Tensor

from prefpairs.train.objectives.labels import Labels
from prefpairs.train.objectives.objective import quotient

_REWARDS = ("rewards/accuracies", "rewards/margins", "rewards/chosen", "rewards/rejected")
_LOG_PROBABILITIES = ("logps/chosen", "logps/rejected")
_LOSSES = ("loss", "items", "sft_loss", "sft_tokens", "pairs")


def names(*, log_probabilities: bool) -> tuple[str, ...]:
    """Return the names of what `sums` returns; a reward model has no log-probabilities."""
    return (*_LOSSES, *_REWARDS, *(_LOG_PROBABILITIES if log_probabilities else ()))


@torch.no_grad()
def sums(
    *,
    rewards: Tensor,
    scores: Tensor,
    labels: Labels,
    losses: tuple[Tensor, Tensor, Tensor, Tensor],
    log_probabilities: bool,
) -> Tensor:
    """Return `[len(names)]`, float64: what one row adds to each of them.

    Parameters
    ----------
    rewards, scores
        `[R]`, of the responses of the row.
    labels
        Its pairs.
    losses
        Loss, items, SFT loss and SFT tokens of the row, each a single number that nothing has divided yet.
    log_probabilities
        Whether `scores` are log-probabilities and so are worth logging.

    """
    rewards, scores = rewards.detach().double(), scores.detach().double()
    chosen, rejected = rewards[labels.chosen], rewards[labels.rejected]
    margin = chosen - rejected
    # A tie counts half: a model that has learnt nothing scores 0.5, as a coin does. TRL counts it as lost.
    wins = (margin > 0).double() + 0.5 * (margin == 0).double()
    each = [torch.ones_like(margin), wins, margin, chosen, rejected]
    if log_probabilities:
        each += [scores[labels.chosen], scores[labels.rejected]]
    return torch.cat([torch.stack([loss.detach().double() for loss in losses]), torch.stack(each).sum(-1)])


def summary(added: Sequence[float], *, sft_term: float, log_probabilities: bool) -> dict[str, float]:
    """Return means: the loss over items, everything else over pairs."""
    found = dict(zip(names(log_probabilities=log_probabilities), added, strict=True))
    loss = quotient(found["loss"], found["items"])
    means: dict[str, float] = {}
    if sft_term:
        means["sft_loss"] = quotient(found["sft_loss"], found["sft_tokens"])
        loss += sft_term * means["sft_loss"]
    logged = names(log_probabilities=log_probabilities)[len(_LOSSES) :]
    return {"loss": loss, **means, **{name: quotient(found[name], found["pairs"]) for name in logged}}
