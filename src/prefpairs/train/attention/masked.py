"""A packed row -> hidden states, by one mask of `T x T` and the model's own attention.

Nothing of the model is replaced, so tests hold the others against it; its cost grows with the square of the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from prefpairs.errors import ConfigError
from prefpairs.train.attention.plug import IMPLEMENTATION, refuse_window
from prefpairs.train.scoring.layout import Layout, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedAttention:
    """The model's own attention with a mask that says who sees whom."""

    reason: str = ""
    name: str = "masked"
    shares_prompt: bool = True

    def hidden(self, backbone: Any, layout: Layout) -> Tensor:
        """Return `[T, hidden]` in the order of the row."""
        refuse_window(backbone, layout)
        implementation = backbone.config._attn_implementation
        mask = row_mask(layout.segments, device=layout.ids.device)
        if implementation == "eager":
            # Added to the scores there. Not minus infinity, in case a type cannot hold it through a sum.
            mask = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, torch.finfo(torch.bfloat16).min)
        elif implementation not in ("sdpa", IMPLEMENTATION):
            msg = f"attention: masked needs a model that was loaded with sdpa or eager, not with {implementation}."
            raise ConfigError(msg)
        states: Tensor = backbone(
            input_ids=layout.ids[None],
            position_ids=layout.positions[None],
            attention_mask=mask[None, None],
            use_cache=False,
        ).last_hidden_state
        return states[0]


def row_mask(segments: Sequence[Segment], *, device: torch.device) -> Tensor:
    """Return `[T, T]`, true where the token of the row (first axis) sees that of the column."""
    tokens = segments[-1].stop
    mask = torch.zeros((tokens, tokens), dtype=torch.bool, device=device)
    for segment in segments:
        own = slice(segment.start, segment.stop)
        mask[own, own] = torch.ones_like(mask[own, own]).tril()
        if segment.prompt is not None:
            mask[own, slice(*segment.prompt)] = True
    return mask
