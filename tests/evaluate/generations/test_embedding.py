"""Similarity by a local sentence model."""

from pathlib import Path

import pytest
import torch

from prefpairs.errors import ConfigError
from prefpairs.evaluate.generations.embedding import SentenceModel

CPU = torch.device("cpu")


def test_a_text_is_most_similar_to_itself(tiny_folder: Path) -> None:
    model = SentenceModel(tiny_folder, device=CPU)
    same, other = model.similarity(["a quiet walk", "a quiet walk"], ["a quiet walk", "stop thinking, please"])
    assert same == pytest.approx(1, abs=1e-5)
    assert other is not None
    assert other < 0.999


def test_similarity_does_not_depend_on_what_else_is_compared(tiny_folder: Path) -> None:
    model = SentenceModel(tiny_folder, device=CPU)
    alone = model.similarity(["short"], ["rain"])
    beside = model.similarity(["short", "a much longer text about the rain"], ["rain", "sun"])
    assert beside[:1] == pytest.approx(alone, abs=1e-5)


def test_an_empty_text_is_similar_to_nothing(tiny_folder: Path) -> None:
    model = SentenceModel(tiny_folder, device=CPU)
    assert model.similarity(["", "  "], ["rain", "sun"]) == [None, None]


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"replies\.sentence_model: .* holds no model"):
        SentenceModel(tmp_path, device=CPU)
