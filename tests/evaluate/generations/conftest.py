"""A tiny model for all tests of generations: loaded once, never trained."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model

_library: Any = transformers


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("chat") / "model", chat_template=CHAT_TEMPLATE, seed=1)


@pytest.fixture
def tiny(tiny_folder: Path) -> tuple[Any, Any]:
    """Return the model in float64, where batches and single prompts round alike, and its tokenizer."""
    model = _library.AutoModelForCausalLM.from_pretrained(tiny_folder, dtype=torch.float64)
    return model.eval(), _library.AutoTokenizer.from_pretrained(tiny_folder)
