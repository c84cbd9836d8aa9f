"""A packed row -> the tensors that a model is called with, and where each response is scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from prefpairs.train.data.trees import PackedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A run of tokens that attends to itself, causally, and to the whole of its prompt if it is a response.

    Attributes
    ----------
    start, stop
        Where it lies in the row.
    prompt
        Where its prompt lies, `(start, stop)`; None for a prompt itself.

    """

    start: int
    stop: int
    prompt: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One packed row: `[prompt, r1 ... rK]` of a tree, then of the next.

    Attributes
    ----------
    ids
        `[T]`, token ids.
    positions
        `[T]`. Every response starts where its prompt ended, as if it alone stood behind it.
    segments
        In the order of the row, without gaps.
    scored
        `[S]`, which hidden state predicts each scored token. For the first token of a response that is the
        last token of its prompt, not the token before it in the row.
    targets
        `[S]`, the ids of the scored tokens: all tokens of all responses, in the order of the row.
    response
        `[S]`, the response that each scored token belongs to, from 0 to R - 1 in the order of the row.
    lengths
        `[R]`, tokens of each response.
    last
        `[R]`, where the last token of each response lies: what a reward head reads.

    """

    ids: Tensor
    positions: Tensor
    segments: tuple[Segment, ...]
    scored: Tensor
    targets: Tensor
    response: Tensor
    lengths: Tensor
    last: Tensor

    @property
    def tokens(self) -> int:
        """Tokens in the row, T."""
        return self.ids.shape[0]

    @property
    def responses(self) -> int:
        """Responses in the row, R."""
        return self.lengths.shape[0]


def layout(row: PackedRow, *, device: torch.device) -> Layout:
    """Lay the trees of a row behind one another."""
    ids: list[int] = []
    positions: list[int] = []
    segments: list[Segment] = []
    scored: list[int] = []
    targets: list[int] = []
    lengths: list[int] = []
    last: list[int] = []
    for tree in row:
        prompt = (len(ids), len(ids) + len(tree.prompt))
        ids.extend(tree.prompt)
        positions.extend(range(len(tree.prompt)))
        segments.append(Segment(start=prompt[0], stop=prompt[1]))
        for response in tree.responses:
            start = len(ids)
            ids.extend(response)
            positions.extend(range(len(tree.prompt), len(tree.prompt) + len(response)))
            segments.append(Segment(start=start, stop=len(ids), prompt=prompt))
            scored.extend((prompt[1] - 1, *range(start, len(ids) - 1)))
            targets.extend(response)
            lengths.append(len(response))
            last.append(len(ids) - 1)
    numbers = list(chain.from_iterable([number] * length for number, length in enumerate(lengths)))
    return Layout(
        ids=_tensor(ids, device),
        positions=_tensor(positions, device),
        segments=tuple(segments),
        scored=_tensor(scored, device),
        targets=_tensor(targets, device),
        response=_tensor(numbers, device),
        lengths=_tensor(lengths, device),
        last=_tensor(last, device),
    )


def _tensor(values: Sequence[int], device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=torch.long, device=device)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What a model says of the responses of one row.

    Attributes
    ----------
    sums
        `[R]`, float32: the summed log-probability of each response given its prompt, in nats; from a reward
        model its reward.
    lengths
        `[R]`, tokens of each response.
    tokens
        `[S]`, float32: the log-probability of each scored token, in nats; None from a reward model.

    """

    sums: Tensor
    lengths: Tensor
    tokens: Tensor | None = None
