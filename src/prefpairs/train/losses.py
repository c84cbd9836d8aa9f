"""Logits and log-probabilities -> one number to make smaller."""

import torch
from torch import Tensor
from torch.nn import functional


def token_log_probabilities(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the log-probability of each target token, in float32.

    Parameters
    ----------
    logits
        `[..., vocabulary]`, of any floating type.
    targets
        `[...]`, token ids.

    Returns
    -------
    Tensor
        `[...]`, in nats.

    """
    logits = logits.float()
    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return chosen - logits.logsumexp(-1)


def reward_margin(chosen: Tensor, rejected: Tensor, *, beta: float) -> Tensor:
    """Return by how much the chosen response's implicit reward exceeds the rejected one's.

    Parameters
    ----------
    chosen, rejected
        `[pairs]`, a response's summed log-probability under the policy minus that under the reference, in nats.
    beta
        How strongly the policy is held to the reference.

    Returns
    -------
    Tensor
        `[pairs]`. The implicit reward is `beta * (log policy - log reference)` (Rafailov et al. 2023, equation 5).

    """
    return beta * (chosen - rejected)


def dpo_loss(margin: Tensor) -> Tensor:
    """Return `-log sigmoid(margin)` for each pair, in nats.

    This is equation 7 of "Direct Preference Optimization: Your Language Model is Secretly a Reward Model"
    (Rafailov et al. 2023, arXiv 2305.18290), TRL's `sigmoid`. It is ln 2 while the policy is the reference.
    """
    return -functional.logsigmoid(margin)


def mean_metrics(margin: Tensor) -> Tensor:
    """Return `[loss, accuracy, margin]`, each the mean over pairs, free of gradients.

    A tie counts half: a model that has learnt nothing scores 0.5, as a coin does.
    """
    margin = margin.detach().double()
    wins = (margin > 0).double() + 0.5 * (margin == 0).double()
    return torch.stack([dpo_loss(margin).mean(), wins.mean(), margin.mean()])
