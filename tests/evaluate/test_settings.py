from pathlib import Path

import pytest

from prefpairs.errors import ConfigError
from prefpairs.evaluate.settings import load_settings


def test_settings_are_written_as_a_recipe_is(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.yaml"
    path.write_text("model: out/dpo\ndataset:\n  source: releases\nfigures:\n  resamples: 200\n")
    settings = load_settings(path, ["split=test", "figures.seed=3", "replies=null"])
    assert settings.model == Path("out/dpo")
    assert (settings.split, settings.figures.resamples, settings.figures.seed) == ("test", 200, 3)
    assert settings.replies is None


def test_a_misspelt_setting_is_named() -> None:
    with pytest.raises(ConfigError, match=r"The evaluation does not do: .*figures\.resample"):
        load_settings(None, ["figures.resample=5"])


def test_edges_of_bins_have_to_rise() -> None:
    with pytest.raises(ConfigError, match="probability_edges: at least one, each above the one before it"):
        load_settings(None, ["figures.probability_edges=[0.5, 0.5]"])


def test_the_train_split_is_no_held_out_split() -> None:
    with pytest.raises(ConfigError, match="split"):
        load_settings(None, ["split=train"])
