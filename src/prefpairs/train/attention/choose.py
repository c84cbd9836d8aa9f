"""A model, a setting and a device -> how its rows are attended to; what cannot share a prompt is found here."""

from collections.abc import Callable
from typing import Any, Literal

import torch

from prefpairs.errors import ConfigError
from prefpairs.train.attention import flex, varlen
from prefpairs.train.attention.interface import Attention
from prefpairs.train.attention.masked import MaskedAttention
from prefpairs.train.attention.plug import IMPLEMENTATION
from prefpairs.train.attention.rows import RowsAttention
from prefpairs.train.attention.segments import SegmentsAttention

Setting = Literal["auto", "varlen", "flex", "segments", "masked", "rows"]
"""As in the recipe."""

_GPU: dict[str, tuple[Callable[..., Attention], Callable[[torch.device, torch.dtype], str | None]]] = {
    "varlen": (varlen.VarlenAttention, varlen.unavailable),
    "flex": (flex.FlexAttention, lambda device, _dtype: flex.unavailable(device)),
}
"""Back-ends that need a GPU, best first, and what says why one is not to be had."""

_ATTENTION_LAYERS = {"full_attention", "attention", "sliding_attention", "moe", "dense", "sparse"}
_LAYER_LISTS = ("layer_types", "layers_block_type", "block_types", "hybrid_override_pattern", "attention_types")
_RECURRENT_TYPES = (
    "bamba", "falcon_h1", "falcon_mamba", "granitemoehybrid", "jamba", "kimi_linear", "lfm2", "mamba", "minimax",
    "nemotron_h", "plamo", "qwen3_5", "qwen3_next", "recurrent_gemma", "rwkv", "xlstm", "zamba",
)  # fmt: skip
"""Beginnings of the names of models with recurrent, linear-attention or convolution layers."""
_RECURRENT_MARKS = ("mamba_", "ssm_", "linear_conv", "linear_key", "conv_l_cache", "state_size", "lru_width")
"""Beginnings of the settings that only such layers have, in lower case."""
_DISTANCE_TYPES = ("bloom", "mpt", "t5", "mt5", "umt5", "longt5", "deberta", "xlnet", "transfo")
"""Beginnings of the names of models that add a term for distance to their scores."""


def choose(
    model: Any, setting: Setting, *, device: torch.device, dtype: torch.dtype, max_tokens: int | None = None
) -> Attention:
    """Choose how rows are attended to; the result has a `name` to print, and a `reason` where `auto` chose.

    Parameters
    ----------
    model
        A causal language model, or a `PeftModel` around one.
    setting
        The recipe's `attention`.
    device, dtype
        Where the model runs and what it multiplies in.
    max_tokens
        The longest prompt with its response. A sliding window of at least this many tokens cuts nothing off.

    Raises
    ------
    ConfigError
        If a back-end is asked for that would be wrong for this model, or that this machine does not have.

    """
    if setting == "rows":
        return RowsAttention()
    objection = sharing_objection(model.config, max_tokens=max_tokens) or _class_objection(model)
    if setting == "auto":
        if objection is not None:
            return RowsAttention(reason=objection)
        for attention, unavailable in _GPU.values():
            if unavailable(device, dtype) is None and _heads_objection(model.config) is None:
                return attention(reason="the fastest on this device")
        return SegmentsAttention(reason="the fastest on this device")
    if objection is not None:
        msg = (
            f"attention: {setting} would share prompts, and a model of type {model.config.model_type} cannot: "
            f"{objection}. Set attention: rows, or auto."
        )
        raise ConfigError(msg)
    if setting == "segments":
        return SegmentsAttention()
    if setting == "masked":
        return MaskedAttention()
    attention, unavailable = _GPU[setting]
    if missing := unavailable(device, dtype) or _heads_objection(model.config):
        msg = f"attention: {setting} cannot be had here: {missing}. Set attention: auto."
        raise ConfigError(msg)
    return attention()


def sharing_objection(config: Any, *, max_tokens: int | None = None) -> str | None:
    """Return why a model cannot have several responses behind one prompt in a row, or None.

    What a config does not say, the comparison on first use finds.
    """
    if getattr(config, "is_encoder_decoder", False):
        return "it has an encoder"
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    kind = str(getattr(text, "model_type", "")).lower()
    return _recurrent(text, kind) or _windowed(text, max_tokens) or _distances(text, kind) or _other_scores(text)


def _recurrent(config: Any, kind: str) -> str | None:
    others = sorted({str(layer) for layer in _layers(config)} - _ATTENTION_LAYERS)
    if others:
        return f"it has layers of type {', '.join(others)}, which carry state or see only a part of the text"
    if kind.startswith(_RECURRENT_TYPES) or any(
        name.lower().startswith(_RECURRENT_MARKS) and value for name, value in vars(config).items()
    ):
        return "it has recurrent or convolution layers, whose state would leak from one response into the next"
    return None


def _windowed(config: Any, max_tokens: int | None) -> str | None:
    if getattr(config, "attention_chunk_size", None):
        return "its layers attend within chunks of the text"
    if getattr(config, "use_sliding_window", True) is False:
        return None
    window = getattr(config, "sliding_window", None) or getattr(config, "attention_window", None)
    listed = [str(layer) for layer in getattr(config, "layer_types", None) or ()]
    slides = "sliding_attention" in listed or (window is not None and not listed)
    if not slides or (isinstance(window, int) and max_tokens is not None and window >= max_tokens):
        return None
    return f"its layers look back over a sliding window of {window} tokens"


def _distances(config: Any, kind: str) -> str | None:
    relative = str(getattr(config, "position_embedding_type", "")).startswith("relative")
    buckets = getattr(config, "relative_attention_num_buckets", None)
    if kind.startswith(_DISTANCE_TYPES) or getattr(config, "alibi", False) or relative or buckets:
        return "it adds the distance of two tokens in the row to its attention scores (ALiBi, relative positions)"
    return None


def _other_scores(config: Any) -> str | None:
    if getattr(config, "attn_logit_softcapping", None):
        return "it caps its attention scores"
    if getattr(config, "index_topk", None):
        return "its layers choose which tokens they see"
    if getattr(config, "use_bidirectional_attention", False) or getattr(config, "is_causal", True) is False:
        return "it looks ahead"
    return None


def _layers(config: Any) -> list[Any]:
    found: list[Any] = []
    for name in _LAYER_LISTS:
        listed = getattr(config, name, None)
        if isinstance(listed, list | tuple):
            found.extend(listed)
    return found


def _class_objection(model: Any) -> str | None:
    causal = model.get_base_model() if hasattr(model, "peft_config") else model
    if not getattr(causal, "_supports_attention_backend", False):
        return "its attention cannot be replaced in transformers"
    if not getattr(causal, "_supports_sdpa", False):
        return "its attention is more than softmax(q k) v, so that SDPA does not do"
    if (loaded := causal.config._attn_implementation) not in ("sdpa", IMPLEMENTATION):
        return f"it was loaded with the attention {loaded!r}, not with 'sdpa'"
    return None


def _heads_objection(config: Any) -> str | None:
    text = config.get_text_config()
    values, keys = getattr(text, "v_head_dim", None), getattr(text, "qk_head_dim", None)
    if values is not None or keys is not None:
        return "the heads of its keys and its values differ in size (multi-head latent attention)"
    return None
