"""Hidden states -> the log-probability of each scored token; logits exist for one chunk at a time."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint


def token_log_probabilities(
    hidden: Tensor, targets: Tensor, head: Callable[[Tensor], Tensor], *, head_tokens: int
) -> Tensor:
    """Return the log-probability of each target, `[S]`, float32, in nats.

    Parameters
    ----------
    hidden
        `[S, hidden]`, the states that predict the targets.
    targets
        `[S]`, token ids.
    head
        States `[n, hidden]` -> logits `[n, vocabulary]`: any module, with bias, tied weights or adapters.
    head_tokens
        Rows of logits in memory at once. The backward pass computes each chunk again, except the last, which is
        the first that it needs.

    """
    # The remainder goes first, so that the chunk that is not computed again is a whole one.
    sizes = [head_tokens] * (len(targets) // head_tokens)
    if remainder := len(targets) % head_tokens:
        sizes.insert(0, remainder)
    chunks = list(zip(torch.split(hidden, sizes), torch.split(targets, sizes), strict=True))
    scores = [
        checkpoint(_chunk, *chunk, head, use_reentrant=False, preserve_rng_state=False) for chunk in chunks[:-1]
    ]
    return torch.cat([*scores, _chunk(*chunks[-1], head)])


def _chunk(hidden: Tensor, targets: Tensor, head: Callable[[Tensor], Tensor]) -> Tensor:
    # In float32, whatever the head computes in: bfloat16 sums of a vocabulary are off by whole nats.
    return -cross_entropy(head(hidden).float(), targets, reduction="none")
