"""A loaded model -> one whose loss depends on its weights and its input only."""

import re
from collections.abc import Iterator
from typing import Any

import torch

from prefpairs.errors import ConfigError
from prefpairs.train.recipe import Recipe

# What transformers' models call everything that is drawn at random while they are in training mode.
_RANDOM = re.compile(r"(dropout|pdrop|drop_path|dropout_rate|dropout_prob|layerdrop|jitter_noise|jitter_eps)$")


def settle(model: Any, recipe: Recipe, *, trainable: bool) -> tuple[str, ...]:
    """Switch off what is random, cached or added to the loss; return what a reader should know of it.

    The loss at the start of DPO is ln 2 only if policy and reference are the same function. Training mode itself
    is kept for gradient checkpointing, which transformers does in no other.

    Raises
    ------
    ConfigError
        If activations are to be computed again and the model cannot do that.

    """
    notes = []
    for config in _configs(model.config):
        for name in [name for name, value in vars(config).items() if _is_random(name, value)]:
            setattr(config, name, 0.0)
        if hasattr(config, "use_cache"):
            config.use_cache = False
        if _experts(config):
            if hasattr(config, "output_router_logits"):
                config.output_router_logits = False
            notes.append(
                "The model is a mixture of experts: its load-balancing loss is off, and where two experts are "
                "nearly equal, rounding may decide between them."
            )
    if trainable and recipe.lora is not None and _experts_in_one_block(model):
        notes.append(
            "The experts are one block of weights a layer, which LoRA does not reach: the rest is trained."
        )
    for module in model.modules():
        if isinstance(module, torch.nn.modules.dropout._DropoutNd):
            module.p = 0.0
        for name in [name for name, value in vars(module).items() if _is_random(name, value)]:
            setattr(module, name, 0.0)
    again = trainable and recipe.gradient_checkpointing
    if again:
        _compute_activations_again(model)
    model.train(again)
    return tuple(dict.fromkeys(notes))


def _compute_activations_again(model: Any) -> None:
    # The older name of two, up to transformers 5.22.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    try:
        enable({"use_reentrant": False})
    except ValueError:
        msg = f"{type(model).__name__} cannot compute activations again: set gradient_checkpointing to false."
        raise ConfigError(msg) from None


def _configs(config: Any) -> Iterator[Any]:
    yield config
    text = config.get_text_config()
    if text is not config:
        yield text


def _experts(config: Any) -> bool:
    names = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")
    return any((getattr(config, name, None) or 0) > 1 for name in names)


def _experts_in_one_block(model: Any) -> bool:
    return any(parameter.ndim == 3 and "experts" in name for name, parameter in model.named_parameters())


def _is_random(name: str, value: Any) -> bool:
    return isinstance(value, float) and value > 0 and _RANDOM.search(name) is not None
