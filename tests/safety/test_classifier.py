"""The linear model gives the probabilities that its weights say, and a broken file is refused with a reason."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from prefpairs.errors import ConfigError
from prefpairs.safety import classifier


def written(folder: Path, **changes: Any) -> Path:
    document = {
        "format": "prefpairs-char-ngrams-1",
        "shortest": 2,
        "longest": 2,
        "codes": {"HARASSMENT": {"bias": -1.0, "weights": {"ab": 2.0, "zz": 9.0}}},
        **changes,
    }
    path = folder / "model.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_the_probability_is_the_logistic_of_the_normalised_sum(tmp_path: Path) -> None:
    model = classifier.load(written(tmp_path), threshold=0.5)
    # "abc" has two different bigrams, of which the model knows one.
    expected = 1 / (1 + math.exp(-(-1.0 + 2.0 / math.sqrt(2))))
    assert model.probabilities("abc")["HARASSMENT"] == pytest.approx(expected)


def test_repeating_a_text_changes_nothing_that_was_there_before(tmp_path: Path) -> None:
    model = classifier.load(written(tmp_path), threshold=0.5)
    assert model.probabilities("ababab") == model.probabilities("bababa")


def test_an_empty_text_has_the_probability_of_the_bias(tmp_path: Path) -> None:
    model = classifier.load(written(tmp_path), threshold=0.5)
    assert model.probabilities("")["HARASSMENT"] == pytest.approx(1 / (1 + math.e))


def test_huge_weights_do_not_overflow(tmp_path: Path) -> None:
    codes = {"HARASSMENT": {"bias": -1e6, "weights": {"ab": 1e7}}}
    model = classifier.load(written(tmp_path, codes=codes), threshold=0.5)
    assert model.hits(["ab", "cd"]) == {"HARASSMENT": [True, False]}


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"shortest": 0},
        {"shortest": 3},
        {"longest": 50},
        {"codes": {"SPAM": {"bias": 0, "weights": {}}}},
        {"codes": {"RESOURCE": {"bias": 0, "weights": {}}}},
        {"codes": {"METHOD": {"weights": {}}}},
        {"codes": {"METHOD": {"bias": "much", "weights": {}}}},
        {"codes": {"METHOD": {"bias": float("nan"), "weights": {}}}},
        {"codes": []},
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"safety\.classifier"):
        classifier.load(written(tmp_path, **change), threshold=0.5)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.json cannot be read"):
        classifier.load(tmp_path / "gone.json", threshold=0.5)
