"""A packed row -> hidden states, one call of a variable-length flash kernel: the default on a GPU.

The idea of Prefix Grouper (arXiv 2506.05433) in one call: the segments are the kernel's sequences, and the keys of
a response's sequence are those of its prompt and its own. The kernel is causal from the bottom right: token i of a
response sees the whole prompt and itself up to i. No mask, nothing computed that is masked away.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from prefpairs.train.attention.plug import run
from prefpairs.train.scoring.layout import Layout, Segment

Attend = Callable[[Tensor, Tensor, Tensor, "Sequences", float | None], Tensor]
"""`[T, heads, d]`, `[T_k, key heads, d]` twice, where the sequences lie, and the scale -> `[T, heads, d]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequences:
    """Where each segment's queries and keys begin.

    Attributes
    ----------
    queries, keys
        `[segments + 1]`, int32, running sums of lengths.
    longest_query, longest_keys
        The longest of each.

    """

    queries: Tensor
    keys: Tensor
    longest_query: int
    longest_keys: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VarlenAttention:
    """PyTorch's own flash attention over sequences of any length (`torch.nn.attention.varlen`)."""

    reason: str = ""
    name: str = "varlen"
    shares_prompt: bool = True

    def hidden(self, backbone: Any, layout: Layout) -> Tensor:
        """Return `[T, hidden]` in the order of the row."""
        return run(backbone, layout, VarlenKernel(layout.segments, device=layout.ids.device))


class VarlenKernel:
    """Attention over the segments of one row; all layers share its index."""

    def __init__(self, segments: Sequence[Segment], *, device: torch.device, attend: Attend | None = None) -> None:
        self._lengths = [segment.stop - segment.start for segment in segments]
        places = {(segment.start, segment.stop): place for place, segment in enumerate(segments)}
        self._order = [
            place
            for own, segment in enumerate(segments)
            for place in ([own] if segment.prompt is None else [places[segment.prompt], own])
        ]
        keys = [
            length + (0 if segment.prompt is None else segment.prompt[1] - segment.prompt[0])
            for length, segment in zip(self._lengths, segments, strict=True)
        ]
        self._sequences = Sequences(
            queries=_starts(self._lengths, device),
            keys=_starts(keys, device),
            longest_query=max(self._lengths),
            longest_keys=max(keys),
        )
        self._attend = attend or flash

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, *, scale: float | None) -> Tensor:
        """Map `[1, heads, T, d]` and the keys and values of as many or fewer heads to `[1, heads, T, d]`."""
        # What rotates positions in may have widened them: the kernel knows half precision only.
        key, query = key.to(value.dtype), query.to(value.dtype)
        keys, values = (self._behind_prompts(states[0].transpose(0, 1)) for states in (key, value))
        states = self._attend(query[0].transpose(0, 1), keys, values, self._sequences, scale)
        return states.transpose(0, 1)[None]

    def _behind_prompts(self, states: Tensor) -> Tensor:
        # Cut and joined, not gathered by index: the gradient of that adds in no fixed order on a GPU.
        parts = states.split(self._lengths)  # type: ignore[no-untyped-call]
        return torch.cat([parts[place] for place in self._order])


def flash(query: Tensor, key: Tensor, value: Tensor, sequences: Sequences, scale: float | None) -> Tensor:
    """Call PyTorch's kernel, causal from the bottom right."""
    from torch.nn.attention.varlen import varlen_attn

    options: dict[str, Any] = {}
    if key.shape[1] != query.shape[1]:
        if _groups_heads():
            options = {"enable_gqa": True}
        else:
            groups = query.shape[1] // key.shape[1]
            key, value = (states.repeat_interleave(groups, dim=1) for states in (key, value))
    output = varlen_attn(
        query,
        key,
        value,
        sequences.queries,
        sequences.keys,
        sequences.longest_query,
        sequences.longest_keys,
        scale=scale,
        window_size=(-1, 0),
        **options,
    )
    return cast("Tensor", output)


@cache
def unavailable(device: torch.device, dtype: torch.dtype) -> str | None:
    """Return why the kernel cannot be used here, or None.

    It is tried once on a toy, forward and backward, beside plain attention: an older kernel that is causal from
    the top left would cut a response off from the end of its prompt without a word.
    """
    if device.type != "cuda":
        return "the flash kernel needs a GPU"
    if dtype not in (torch.bfloat16, torch.float16):
        return "the flash kernel needs compute: bfloat16"
    try:
        difference = _difference_on_a_toy(device, dtype)
    except (ImportError, AttributeError, RuntimeError, TypeError, ValueError) as error:
        return f"PyTorch {torch.__version__} has no flash kernel for this GPU ({type(error).__name__})"
    # Half precision rounds to 2^-8 of values about one; a wrong mask differs by tenths.
    if not difference < 0.05:
        return f"the flash kernel of PyTorch {torch.__version__} is not causal from the bottom right"
    return None


def _difference_on_a_toy(device: torch.device, dtype: torch.dtype) -> float:
    generator = torch.Generator().manual_seed(0)
    prompt, response, heads, key_heads, width = 70, 50, 4, 2, 64
    segments = (
        Segment(start=0, stop=prompt),
        Segment(start=prompt, stop=prompt + response, prompt=(0, prompt)),
    )
    first, second = (
        [
            torch.randn((1, count, prompt + response, width), generator=generator).to(device, dtype)
            for count in (heads, key_heads, key_heads)
        ]
        for _ in range(2)
    )
    # The second draw is the gradient that flows back.
    states = [one.requires_grad_() for one in first]
    ours = VarlenKernel(segments, device=device)(*states, scale=None)
    query, *others = (one.float() for one in states)
    key, value = (one.repeat_interleave(heads // key_heads, dim=1) for one in others)
    plain = scaled_dot_product_attention(query, key, value, is_causal=True)
    back = [torch.autograd.grad(output, states, second[0].to(output.dtype)) for output in (ours, plain)]
    pairs = [(ours, plain), *zip(*back, strict=True)]
    return max(
        float((one.float() - other.float()).abs().max() / other.float().abs().max()) for one, other in pairs
    )


@cache
def _groups_heads() -> bool:
    from torch.nn.attention.varlen import varlen_attn

    # PyTorch 2.11 has no such argument.
    return "enable_gqa" in inspect.signature(varlen_attn).parameters


def _starts(lengths: Sequence[int], device: torch.device) -> Tensor:
    return torch.tensor([0, *accumulate(lengths)], dtype=torch.int32, device=device)
