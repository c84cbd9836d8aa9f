"""A kernel of ours -> the attention of any transformers model that lets its attention be replaced.

transformers looks an attention function up by name, and hands it every argument that the model was called with.
So one function is registered, once: called with a kernel it runs that kernel, called without one it is plain SDPA.
The kernel travels as an argument because gradient checkpointing calls the layers again, during the backward pass,
with the arguments that they had, long after any setting around the forward pass was undone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from prefpairs.errors import ConfigError
from prefpairs.train.scoring.layout import Layout

IMPLEMENTATION = "prefpairs"
_NOT_HONOURED = ("softcap", "s_aux", "sinks", "position_bias", "head_mask", "indices", "topk_indices")
"""Arguments by which models ask for more than softmax(q k) v. No kernel of ours knows them."""


class Kernel(Protocol):
    """Attention over one packed row."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, *, scale: float | None) -> Tensor:
        """Map `[1, heads, T, d]`, and `[1, key heads, T, d]` twice, to `[1, heads, T, d]`; positions are in."""
        ...


class Call:
    """One forward pass with a kernel, and whether any layer has used it."""

    def __init__(self, kernel: Kernel, *, longest: int) -> None:
        self.kernel = kernel
        self.longest = longest
        self.used = False


def run(backbone: Any, layout: Layout, kernel: Kernel) -> Tensor:
    """Return the hidden states `[T, hidden]` of a row that the kernel attends to.

    Raises
    ------
    ConfigError
        If the model does not pass the kernel on to its layers, or asks it for something that it cannot do.

    """
    install(backbone)
    call = Call(kernel, longest=longest_path(layout))
    # A mask in four dimensions is passed on as it is. None would not do: transformers takes positions that start
    # again for sequences of their own, and builds a mask of T x T that cuts each response off from its prompt.
    unused = torch.ones((1, 1, 1, 1), dtype=torch.bool, device=layout.ids.device)
    states: Tensor = backbone(
        input_ids=layout.ids[None],
        position_ids=layout.positions[None],
        attention_mask=unused,
        use_cache=False,
        shared_attention=call,
    ).last_hidden_state
    if not call.used:
        msg = f"{_type(backbone)} does not pass arguments on to its attention. Set attention: rows."
        raise ConfigError(msg)
    return states[0]


def install(backbone: Any) -> None:
    """Make a model look its attention up under our name. Called without a kernel it stays plain SDPA.

    Raises
    ------
    ConfigError
        If the model was loaded with another attention than SDPA, which it would lose.

    """
    now = backbone.config._attn_implementation
    if now == IMPLEMENTATION:
        return
    if now != "sdpa":
        msg = f"{_type(backbone)} was loaded with the attention {now!r}; to share prompts it has to be 'sdpa'."
        raise ConfigError(msg)
    AttentionInterface.register(IMPLEMENTATION, _attend)
    AttentionMaskInterface.register(IMPLEMENTATION, sdpa_mask)
    backbone.set_attn_implementation(IMPLEMENTATION)


@contextmanager
def stock(backbone: Any) -> Iterator[None]:
    """Let a model attend as transformers has it, for the length of a block without gradients."""
    replaced = backbone.config._attn_implementation == IMPLEMENTATION
    if replaced:
        backbone.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        if replaced:
            backbone.set_attn_implementation(IMPLEMENTATION)


def longest_path(layout: Layout) -> int:
    """Return the tokens of the longest prompt with one of its responses."""
    return max(
        segment.stop - segment.start + (segment.prompt[1] - segment.prompt[0] if segment.prompt else 0)
        for segment in layout.segments
    )


def refuse_window(backbone: Any, layout: Layout) -> None:
    """Raise `ConfigError` if the model's layers look back less far than the row's longest path."""
    window = getattr(backbone.config, "sliding_window", None)
    if isinstance(window, int) and 0 < window < (longest := longest_path(layout)):
        raise ConfigError(_window(_type(backbone), window, longest))


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    shared_attention: Call | None = None,
    **arguments: Any,
) -> tuple[Tensor, None]:
    if shared_attention is None:
        output: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **arguments
        )
        return output
    name = type(module).__name__
    if asked := [argument for argument in _NOT_HONOURED if arguments.get(argument) is not None]:
        what = ", ".join(asked)
        msg = f"{name} asks its attention for {what}, which shared prompts cannot do. Set attention: rows."
        raise ConfigError(msg)
    window = arguments.get("sliding_window")
    if isinstance(window, int) and 0 < window < shared_attention.longest:
        raise ConfigError(_window(name, window, shared_attention.longest))
    shared_attention.used = True
    states = shared_attention.kernel(query, key, value, scale=scaling)
    return states.transpose(1, 2).contiguous(), None


def _window(name: str, window: int, longest: int) -> str:
    return (
        f"{name} looks back {window} tokens at most, and a prompt with its response is {longest} long: "
        "shared prompts would not cut them off. Set attention: rows."
    )


def _type(backbone: Any) -> str:
    return str(backbone.config.model_type)
