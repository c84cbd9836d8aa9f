"""A packed row -> hidden states, one SDPA call a segment: `[its prompt's K/V ; its own K/V]`.

The idea of Prefix Grouper (arXiv 2506.05433): no mask over the row, nothing computed that is masked away, and
memory that grows with the row, not with its square. Positions are rotated in before, so K/V can be shared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from prefpairs.train.attention.plug import run
from prefpairs.train.scoring.layout import Layout, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentsAttention:
    """The default on a CPU, and on a GPU without a variable-length kernel."""

    reason: str = ""
    name: str = "segments"
    shares_prompt: bool = True

    def hidden(self, backbone: Any, layout: Layout) -> Tensor:
        """Return `[T, hidden]` in the order of the row."""
        return run(
            backbone,
            layout,
            # With a mask, CUDA's fast kernels take no grouped heads; the CPU's does, and is spared the copies.
            SegmentsKernel(layout.segments, copies_heads=layout.ids.device.type != "cpu"),
        )


class SegmentsKernel:
    """Attention over the segments of one row; all layers share its mask.

    `copies_heads` gives every query head keys and values of its own, where several share them.
    """

    def __init__(self, segments: Sequence[Segment], *, copies_heads: bool) -> None:
        self._copies_heads = copies_heads
        self._lengths = [segment.stop - segment.start for segment in segments]
        self._longest = [
            max(
                (segment.stop - segment.start for segment in segments if (segment.prompt is None) == prompt),
                default=0,
            )
            for prompt in (False, True)
        ]
        places = {(segment.start, segment.stop): place for place, segment in enumerate(segments)}
        self._prompts = [None if segment.prompt is None else places[segment.prompt] for segment in segments]
        self._mask: Tensor | None = None

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, *, scale: float | None) -> Tensor:
        """Map `[1, heads, T, d]` and the keys and values of as many or fewer heads to `[1, heads, T, d]`."""
        groups = query.shape[1] // key.shape[1]
        grouped = groups > 1 and not self._copies_heads
        if groups > 1 and self._copies_heads:
            key, value = (states.repeat_interleave(groups, dim=1) for states in (key, value))
        # `split` and not slices: the gradient of a slice is a row of zeros, once for each segment.
        queries, keys, values = (torch.split(states, self._lengths, dim=2) for states in (query, key, value))
        outputs = []
        for place, prompt in enumerate(self._prompts):
            if prompt is None:
                own_key, own_value, mask = keys[place], values[place], None
            else:
                own_key = torch.cat((keys[prompt], keys[place]), dim=2)
                own_value = torch.cat((values[prompt], values[place]), dim=2)
                mask = self._bottom_right(self._lengths[place], self._lengths[prompt], query)
            outputs.append(
                scaled_dot_product_attention(
                    queries[place],
                    own_key,
                    own_value,
                    attn_mask=mask,
                    is_causal=mask is None,
                    scale=scale,
                    enable_gqa=grouped,
                )
            )
        return torch.cat(outputs, dim=2)

    def _bottom_right(self, own: int, prompt: int, query: Tensor) -> Tensor:
        """Return `[own, prompt + own]`: token i of a response sees its prompt and itself up to i.

        All of them are windows of the one mask that fits the longest prompt and the longest response.
        """
        longest_own, longest_prompt = self._longest
        if self._mask is None or self._mask.dtype != query.dtype or self._mask.device != query.device:
            shape = (longest_own, longest_prompt + longest_own)
            everything = torch.full(shape, -torch.inf, dtype=query.dtype, device=query.device)
            self._mask = everything.triu_(longest_prompt + 1)
        return self._mask[:own, longest_prompt - prompt : longest_prompt + own]
