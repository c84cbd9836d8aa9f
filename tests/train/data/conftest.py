"""Tokenizers: the tiny model's, without and with a chat template, and one that merges across a boundary."""

from pathlib import Path
from typing import Any

import pytest
import transformers
from tokenizers import Tokenizer, models

from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model


def _tokenizer(folder: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _tokenizer(save_tiny_model(tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="session")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _tokenizer(save_tiny_model(tmp_path_factory.mktemp("chat"), chat_template=CHAT_TEMPLATE))


@pytest.fixture(scope="session")
def merging() -> Any:
    """A tokenizer that has one token for a line break and the letter after it."""
    letters = {letter: number for number, letter in enumerate(["<|end|>", "\n", "a", "b", " ", ".", "!", "\na"])}
    backend = Tokenizer(models.BPE(vocab=letters, merges=[("\n", "a")]))
    return transformers.PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, eos_token="<|end|>", clean_up_tokenization_spaces=False
    )
