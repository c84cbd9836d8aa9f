"""Tiny models of many families, ragged trees, and what plain one-by-one scoring says of them."""

import random
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import torch
import transformers
from torch import Tensor

from prefpairs.train.data.trees import Tree

CPU = torch.device("cpu")
VOCABULARY = 101
Model = Any

_SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 256,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": None,
}
_EXPERTS: dict[str, Any] = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
_LINEAR: dict[str, Any] = {
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}
_GPT2: dict[str, Any] = {"vocab_size": VOCABULARY, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256}

SHARING: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", _SHAPE),
    "llama-tied": ("Llama", {**_SHAPE, "tie_word_embeddings": True}),
    "llama-biases": ("Llama", {**_SHAPE, "attention_bias": True, "mlp_bias": True}),
    "qwen3": ("Qwen3", _SHAPE),
    "mistral-whole": ("Mistral", {**_SHAPE, "sliding_window": None}),
    "gemma": ("Gemma", _SHAPE),
    "phi": ("Phi", {**_SHAPE, "partial_rotary_factor": 0.5}),
    "phi3": ("Phi3", _SHAPE),
    "granite": ("Granite", {**_SHAPE, "logits_scaling": 3.0, "attention_multiplier": 0.2}),
    "cohere": ("Cohere", {**_SHAPE, "logit_scale": 0.25}),
    "olmo2": ("Olmo2", _SHAPE),
    "gpt2": ("GPT2LMHead", _GPT2),
    "mixtral": ("Mixtral", {**_SHAPE, "num_local_experts": 4, "num_experts_per_tok": 2}),
    "deepseek-v3": (
        "DeepseekV3",
        {
            **{key: value for key, value in _SHAPE.items() if key != "head_dim"},
            "num_key_value_heads": 4,
            "q_lora_rank": 16,
            "kv_lora_rank": 16,
            "qk_rope_head_dim": 8,
            "qk_nope_head_dim": 8,
            "v_head_dim": 12,
            "n_routed_experts": 4,
            "num_experts_per_tok": 2,
            "n_group": 1,
            "topk_group": 1,
            "moe_intermediate_size": 16,
            "first_k_dense_replace": 1,
        },
    ),
}
"""Models whose responses can share a prompt."""

NOT_SHARING: dict[str, tuple[str, dict[str, Any]]] = {
    "mistral-window": ("Mistral", {**_SHAPE, "sliding_window": 8}),
    "qwen2-window": (
        "Qwen2",
        {**_SHAPE, "use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1},
    ),
    "gemma2": ("Gemma2", {**_SHAPE, "sliding_window": 8, "query_pre_attn_scalar": 8}),
    "gemma3": ("Gemma3", {**_SHAPE, "sliding_window": 8, "query_pre_attn_scalar": 8}),
    "gpt-oss": (
        "GptOss",
        {**_SHAPE, "sliding_window": 8, "num_local_experts": 4, "num_experts_per_tok": 2},
    ),
    "lfm2": ("Lfm2", {**_SHAPE, "layer_types": ["conv", "full_attention"], "block_multiple_of": 16}),
    "qwen3-next": (
        "Qwen3Next",
        {**_SHAPE, **_EXPERTS, **_LINEAR, "layer_types": ["linear_attention", "full_attention"]},
    ),
    "falcon-h1": (
        "FalconH1",
        {
            **_SHAPE,
            "mamba_d_ssm": 32,
            "mamba_n_heads": 4,
            "mamba_d_head": 8,
            "mamba_d_state": 8,
            "mamba_chunk_size": 8,
        },
    ),
    "bloom": ("Bloom", {"vocab_size": VOCABULARY, "hidden_size": 32, "n_layer": 2, "n_head": 4}),
}
"""Models that give wrong answers when responses share a prompt."""


def tiny(name: str, *, seed: int = 0, **settings: Any) -> Model:
    """Return a tiny model in float32, its weights so large that attention matters."""
    family, shape = {**SHARING, **NOT_SHARING}[name]
    config = getattr(transformers, f"{family.removesuffix('LMHead')}{_config(family)}")(**{**shape, **settings})
    causal = getattr(transformers, f"{family}Model" if family.endswith("LMHead") else f"{family}ForCausalLM")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = causal(config).float().eval()
        _sharpen(model)
    return model


def _config(family: str) -> str:
    return "TextConfig" if family == "Gemma3" else "Config"


@torch.no_grad()
def _sharpen(model: Model) -> None:
    for module in model.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Embedding | transformers.pytorch_utils.Conv1D):
            part: Any = module
            part.weight *= 0.35 / part.weight.std()
            if getattr(part, "bias", None) is not None:
                part.bias.normal_(std=0.1)


def computes_again(model: Model) -> Model:
    """Let a model compute its activations again during the backward pass, and return it in training mode."""
    # The older name of two, up to transformers 5.22.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})
    return model.train()


def tree(prompt: int, *responses: int, seed: int = 0, first: int = 0) -> Tree:
    """Return a tree of random tokens; `first` is the number of its first response."""
    draw = random.Random(f"{seed} {prompt} {responses}")
    parts = [array("i", (draw.randrange(VOCABULARY) for _ in range(length))) for length in (prompt, *responses)]
    return Tree(
        thread_id=f"t{seed}",
        prompt=parts[0],
        responses=tuple(parts[1:]),
        response_ids=tuple(f"r{first + place}" for place in range(len(responses))),
        numbers=tuple(range(first, first + len(responses))),
    )


RAGGED = (tree(21, 9, 14, 3, seed=1), tree(1, 5, seed=2, first=3), tree(12, 1, 17, seed=3, first=4))
"""Three posts: ragged responses, a prompt of one token with one response, and a response of one token."""


def one_by_one(model: Model, trees: Sequence[Tree]) -> Tensor:
    """Return the log-probability of each response token, `[S]`, from one plain forward pass a response."""
    scores = []
    for one in trees:
        for response in one.responses:
            ids = torch.tensor([[*one.prompt, *response]])
            logits = model(input_ids=ids, use_cache=False).logits[0, len(one.prompt) - 1 : -1]
            scores.append(logits.log_softmax(-1)[torch.arange(len(response)), ids[0, len(one.prompt) :]])
    return torch.cat(scores)


def gradients(model: Model, scores: Callable[[], Tensor]) -> dict[str, Tensor]:
    """Return the gradients of the scores' mean, each token with a weight of its own."""
    model.zero_grad()
    tokens = scores()
    weights = torch.linspace(-1.0, 1.5, len(tokens))
    (weights * tokens).mean().backward()  # type: ignore[no-untyped-call]
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


def relative_difference(found: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    """Return the largest relative difference of a parameter's gradient; hardly any gradient counts as a little."""
    assert found.keys() == expected.keys()
    floor = 0.01 * max(float(one.norm()) for one in expected.values())
    return max(float((found[name] - one).norm()) / max(float(one.norm()), floor) for name, one in expected.items())
