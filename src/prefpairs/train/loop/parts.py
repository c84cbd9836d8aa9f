"""A scorer that each process holds whole -> one in parts, one for each process, and its weights whole again.

FSDP2: `fully_shard` of PyTorch, on the model's own blocks, with the scorer as the root.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard

from prefpairs.errors import ConfigError
from prefpairs.train.loop.processes import Processes


def shard(scorer: nn.Module, *, model: Any, processes: Processes) -> None:
    """Leave each process its part of every weight. A weight is whole only while its block computes.

    Weights are gathered in the type that they are kept in, so that a model in parts computes what a copy would:
    to gather them in bfloat16 would be half the traffic and another residual stream. Gradients are summed in
    float32.

    Parameters
    ----------
    scorer
        The module that is called: the root, which also holds what is in no block (embeddings, head).
    model
        The language model in it, for the names of its blocks.
    processes
        Who holds the parts.

    Raises
    ------
    ConfigError
        If the model does not name its blocks.

    """
    policy = MixedPrecisionPolicy(reduce_dtype=torch.float32, cast_forward_inputs=False)
    mesh = processes.mesh()
    for block in _blocks(scorer, model):
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(scorer, mesh=mesh, mp_policy=policy)
    for module in scorer.modules():
        if isinstance(module, FSDPModule):
            # Losses are divided by global denominators already: gradients are summed, not averaged.
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)


def put_away(scorer: nn.Module) -> None:
    """Leave each process its parts only; nothing happens to a module that is not in parts.

    After a forward pass without a backward pass the root is still whole: its parameters are then other objects
    than those that an optimizer steps, and would not see what is loaded into the parts.
    """
    if isinstance(scorer, FSDPModule):
        scorer.reshard()


def whole_weights(module: nn.Module, *, trainable_only: bool = False) -> dict[str, Tensor]:
    """Return the weights of a module in parts, put together, on the CPU of the main process.

    Every process has to call this; on all others the result is empty.
    """
    options = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=trainable_only)
    found: Any = get_model_state_dict(module, options=options)
    return dict(found)


def _blocks(scorer: nn.Module, model: Any) -> list[nn.Module]:
    names = set(_block_names(model))
    blocks = [module for module in scorer.modules() if type(module).__name__ in names]
    if not blocks:
        msg = f"{type(model).__name__} does not name its blocks, which parallel=fsdp2 needs. Use parallel=none."
        raise ConfigError(msg)
    return blocks


def _block_names(model: Any) -> Iterator[str]:
    for module in model.modules():
        yield from getattr(module, "_no_split_modules", None) or ()
