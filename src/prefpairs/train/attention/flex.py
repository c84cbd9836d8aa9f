"""A packed row -> hidden states, by FlexAttention: blocks of 128 x 128 that nobody sees are skipped.

The second choice on a GPU. It has no backward pass on a CPU (pytorch #148752).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention
from torch.nn.functional import pad

from prefpairs.train.attention.plug import run
from prefpairs.train.scoring.layout import Layout, Segment

_SHORTEST = 1024
"""Rows are padded to this, or twice, four times ... as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexAttention:
    """Compiled attention with a mask by segments."""

    reason: str = ""
    name: str = "flex"
    shares_prompt: bool = True

    def hidden(self, backbone: Any, layout: Layout) -> Tensor:
        """Return `[T, hidden]` in the order of the row."""
        return run(backbone, layout, FlexKernel(layout.segments, device=layout.ids.device))


class FlexKernel:
    """Attention over the segments of one row; all layers share its mask."""

    def __init__(self, segments: Sequence[Segment], *, device: torch.device) -> None:
        self._tokens = segments[-1].stop
        self._padded = padded_length(self._tokens)
        self._mask = _block_mask(segments, padded=self._padded, device=device)
        self._attend: Any = _compiled() if device.type == "cuda" else flex_attention

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, *, scale: float | None) -> Tensor:
        """Map `[1, heads, T, d]` and the keys and values of as many or fewer heads to `[1, heads, T, d]`."""
        more = (0, 0, 0, self._padded - self._tokens)
        states: Tensor = self._attend(
            *(pad(one.to(value.dtype), more) for one in (query, key, value)),
            block_mask=self._mask,
            scale=scale,
            enable_gqa=key.shape[1] != query.shape[1],
        )
        return states[:, :, : self._tokens]


def padded_length(tokens: int) -> int:
    """Return the length that a row is padded to: a power of two.

    Every length is compiled anew, and PyTorch stops after eight (`torch._dynamo.config.recompile_limit`); from
    then on it attends unfused, by a table of all scores. Blocks of padding are skipped.
    """
    return max(_SHORTEST, 1 << (tokens - 1).bit_length())


def unavailable(device: torch.device) -> str | None:
    """Return why FlexAttention cannot train here, or None."""
    return None if device.type == "cuda" else "FlexAttention has no backward pass on a CPU"


def _block_mask(segments: Sequence[Segment], *, padded: int, device: torch.device) -> BlockMask:
    places = {(segment.start, segment.stop): place for place, segment in enumerate(segments)}
    own, prompt = [], []
    for place, segment in enumerate(segments):
        length = segment.stop - segment.start
        own += [place] * length
        prompt += [place if segment.prompt is None else places[segment.prompt]] * length
    # Padding is a segment of its own: a row of the mask without any true element gives not-a-number.
    filling = [len(segments)] * (padded - len(own))
    of = torch.tensor(own + filling, device=device)
    behind = torch.tensor(prompt + filling, device=device)

    def sees(_batch: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return ((of[query] == of[key]) | (behind[query] == of[key])) & (query >= key)

    return create_block_mask(sees, None, None, padded, padded, device=str(device))


@cache
def _compiled() -> Callable[..., Tensor]:
    compiled: Callable[..., Tensor] = torch.compile(flex_attention, dynamic=False)
    return compiled
