from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from prefpairs.errors import ConfigError
from prefpairs.train.reward_padding import set_padding

WORDS = ("<end>", "<turn>", "<spare>", "word")


def tokenizer(*, special: tuple[str, ...] = (), template: str | None = None, **named: str) -> Any:
    backend = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token=None))
    made: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, eos_token="<end>", additional_special_tokens=list(special), **named
    )
    made.chat_template = template
    return made


def model(rows: int = 8) -> Any:
    config = SimpleNamespace(pad_token_id=None)
    config.get_text_config = lambda: config
    return SimpleNamespace(config=config, get_input_embeddings=lambda: torch.nn.Embedding(rows, 2))


def padding(of: Any, rows: int = 8) -> str:
    classifier = model(rows)
    set_padding(classifier, of)
    assert classifier.config.pad_token_id == of.pad_token_id
    return str(of.pad_token)


def test_a_tokenizers_own_padding_is_kept() -> None:
    assert padding(tokenizer(pad_token="<spare>")) == "<spare>"


def test_padding_that_ends_texts_is_replaced() -> None:
    assert padding(tokenizer(pad_token="<end>", special=("<spare>",))) == "<spare>"


def test_padding_that_ends_turns_is_replaced() -> None:
    both = tokenizer(pad_token="<turn>", special=("<spare>",), template="{{ messages[0].content }}<turn>")

    assert padding(both) == "<spare>"


def test_without_a_special_token_to_spare_a_new_one_is_made_if_the_model_has_room() -> None:
    assert padding(tokenizer()) == "<|pad|>"


def test_without_room_the_message_says_what_to_add() -> None:
    with pytest.raises(ConfigError, match="a row to the model's embedding"):
        set_padding(model(rows=4), tokenizer())
