"""A few texts -> a tiny Llama of random weights and a tokenizer: to try training without a download."""

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from prefpairs.train.models.folder import quiet

BEGIN, END = "<|begin|>", "<|end|>"
USER, ASSISTANT = "<|user|>", "<|assistant|>"
CHAT_TEMPLATE = (
    "{% for turn in messages %}{{ '<|' + turn.role + '|>' + turn.content | trim + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
TEXTS = (
    "I have trouble sleeping before a new week begins. What helps you?",
    "That sounds hard. A short walk and no screen for an hour before bed helped me.",
    "Just stop thinking about it.",
    "My sister moved away and the house is quiet now. How do people get used to it?",
)


def save_tiny_model(
    folder: Path,
    *,
    texts: Iterable[str] = TEXTS,
    seed: int = 0,
    chat_template: str | None = None,
    eos: bool = True,
    max_positions: int = 2048,
) -> Path:
    """Write the model and its tokenizer to `folder` and return it. The same arguments write the same bytes."""
    tokenizer = _tokenizer(texts, eos=eos)
    tokenizer.chat_template = chat_template
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=max_positions,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=None,
        initializer_range=0.1,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(texts: Iterable[str], *, eos: bool) -> PreTrainedTokenizerFast:
    """Train byte-level BPE: every string can be encoded, whatever it was trained on."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[BEGIN, END, USER, ASSISTANT],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        bos_token=BEGIN,
        eos_token=END if eos else None,
        clean_up_tokenization_spaces=False,
    )
