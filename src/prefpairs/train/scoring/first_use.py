"""The first packed row -> proof that sharing changes nothing, or an error that names the model.

What a config says is not all that a model does. So the first row of every run is scored twice: as it will be, and
by the plain model, one response after the other with all logits. Unsloth guards its shared prompts the same way.
"""

import math
from array import array
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from prefpairs.errors import ConfigError
from prefpairs.train.attention.interface import Attention
from prefpairs.train.attention.plug import stock
from prefpairs.train.data.trees import PackedRow, Tree
from prefpairs.train.scoring.layout import Layout, layout
from prefpairs.train.scoring.parts import parts_of

T = TypeVar("T")
_PROMPTS = 2
_RESPONSES = 2
"""Enough for each way to go wrong: a response that sees its neighbour, a prompt that sees the one before."""

TOLERANCE = {torch.float32: 2e-3, torch.bfloat16: 0.1}
"""Nats that the log-probabilities of tokens may differ by, as a root mean square.

In float32 right paths differed by 1e-6 and wrong ones by 0.3 and more; models of many layers round more. In
bfloat16 right paths of up to 32 layers differed by 0.01, single tokens by 0.04.
"""


def arithmetic(model: Any, compute: torch.dtype) -> torch.dtype:
    """Return what a model rounds to: bfloat16 if its weights are kept in that or it is multiplied in that."""
    types = {compute, *(parameter.dtype for parameter in model.parameters())}
    return torch.bfloat16 if torch.bfloat16 in types else torch.float32


def differences(model: Any, tokens: Callable[[Layout], Tensor], row: Layout) -> Tensor:
    """Return by how many nats the log-probability of each token differs from the plain model's.

    A row of two prompts with two responses each, taken from `row`, is scored by `tokens` and by as many plain
    forward passes. The number of passes is always the same, as processes that share a model (FSDP2) need.
    """
    backbone = parts_of(model).backbone
    trees = _first_trees(row)
    with torch.no_grad():
        shared = tokens(layout(trees, device=row.ids.device))
        with stock(backbone):
            plain = [
                _plain(model, [*tree.prompt, *response], len(tree.prompt), device=row.ids.device)
                for tree in trees
                for response in tree.responses
            ]
    return (shared - torch.cat(plain)).abs()


def refuse(found: Tensor, model: Any, attention: Attention, *, compute: torch.dtype) -> None:
    """Raise `ConfigError` if differences are more than rounding, or no numbers."""
    tolerance = TOLERANCE[arithmetic(model, compute)]
    mean = float(found.square().mean().sqrt())
    if mean <= tolerance:
        return
    kind = model.config.model_type
    if not math.isfinite(mean):
        msg = f"A model of type {kind} gives log-probabilities that are no numbers: check its weights."
        raise ConfigError(msg)
    remedy = (
        "Set attention: rows."
        if attention.shares_prompt
        else "Its output head does more than prefpairs knows of: this model cannot be trained with it."
    )
    most = float(found.max())
    msg = (
        f"With attention: {attention.name}, a model of type {kind} gives other log-probabilities than alone: "
        f"tokens differ by up to {most:.3g} nats, and by {mean:.3g} in the root mean square, of which "
        f"{tolerance:g} would be rounding. {remedy}"
    )
    raise ConfigError(msg)


def _plain(model: Any, ids: Sequence[int], start: int, *, device: torch.device) -> Tensor:
    everything: Tensor = model(input_ids=torch.tensor([ids], device=device), use_cache=False).logits
    logits = everything[0, start - 1 : -1]
    targets = torch.tensor(ids[start:], device=device)
    return logits.float().log_softmax(-1).gather(-1, targets[:, None])[:, 0]


def _first_trees(row: Layout) -> PackedRow:
    """Take the first prompts of a row with their first responses; where there are too few, some come again."""
    ids = row.ids.tolist()
    responses: dict[tuple[int, int], list[array[int]]] = {}
    for segment in row.segments:
        if segment.prompt is not None:
            responses.setdefault(segment.prompt, []).append(array("i", ids[segment.start : segment.stop]))
    trees = [
        Tree(
            thread_id="",
            prompt=array("i", ids[slice(*prompt)]),
            responses=tuple(_exactly(of_prompt, _RESPONSES)),
            response_ids=("",) * _RESPONSES,
            numbers=tuple(range(_RESPONSES)),
        )
        for prompt, of_prompt in list(responses.items())[:_PROMPTS]
    ]
    return _exactly(trees, _PROMPTS)


def _exactly(found: Sequence[T], count: int) -> list[T]:
    return [found[place % len(found)] for place in range(count)]
