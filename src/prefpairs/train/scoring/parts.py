"""A causal language model, or one with adapters -> its decoder, its head, and what it does to its logits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from prefpairs.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Where a model is cut, so that its head sees scored positions only.

    Attributes
    ----------
    backbone
        The decoder without its head; adapters that were put into its layers are in it.
    head
        Hidden states -> logits, scaled and capped as the model's own forward pass does.

    """

    backbone: Any
    head: Callable[[Tensor], Tensor]


def parts_of(model: Any) -> Parts:
    """Take a causal language model, or a `PeftModel` around one, apart. Nothing is copied.

    Raises
    ------
    ConfigError
        If it has no decoder or no output head, or its adapter is a learned prompt.

    """
    if any(getattr(config, "is_prompt_learning", False) for config in getattr(model, "peft_config", {}).values()):
        msg = "An adapter that learns a prompt stands before every text; only adapters in the layers (LoRA) do."
        raise ConfigError(msg)
    causal = model.get_base_model() if hasattr(model, "peft_config") else model
    backbone = getattr(causal, getattr(causal, "base_model_prefix", "") or "model", None)
    output = causal.get_output_embeddings() if hasattr(causal, "get_output_embeddings") else None
    if backbone is None or backbone is causal or output is None:
        msg = f"{type(causal).__name__} is no causal language model: it has no decoder with an output head."
        raise ConfigError(msg)
    return Parts(backbone=backbone, head=_head(output, causal.config))


def _head(output: Callable[[Tensor], Tensor], config: Any) -> Callable[[Tensor], Tensor]:
    scale, cap = _scale(config), _cap(config)
    if scale == 1.0 and cap is None:
        return output

    def head(hidden: Tensor) -> Tensor:
        logits = output(hidden)
        if scale != 1.0:
            logits = logits * scale
        return logits if cap is None else cap * torch.tanh(logits / cap)

    return head


def _scale(config: Any) -> float:
    """Return the factor of Cohere, Granite and Falcon-H1; what is not known here is found on first use."""
    kind = str(config.model_type)
    scaling = float(getattr(config, "logits_scaling", None) or 1.0)
    if kind.startswith("granite"):
        return 1.0 / scaling
    if kind.startswith("hyperclovax"):
        return scaling
    return float(getattr(config, "logit_scale", None) or getattr(config, "lm_head_multiplier", None) or 1.0)


def _cap(config: Any) -> float | None:
    cap = getattr(config, "final_logit_softcapping", None) or getattr(config, "logits_soft_cap", None)
    return None if cap is None else float(cap)
