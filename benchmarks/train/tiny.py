"""The model of the CPU table: a Llama of 4 layers x 256, 8 heads over 4 key heads, 4096 tokens, float32."""

from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.train.shapes import VOCABULARY


def llama(seed: int, *, sharpened: bool = False, **others: Any) -> Any:
    """Return a randomly initialised model; `sharpened` makes its attention matter (weights times four)."""
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=4,
        max_position_embeddings=4096,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
        **others,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    if sharpened:
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if "proj" in name:
                    weight.mul_(4)
    return model.train(False)
