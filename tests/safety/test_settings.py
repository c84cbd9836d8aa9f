"""What the settings of safety allow, and what they say when they do not."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from prefpairs.config import Settings
from prefpairs.config_safety import Safety
from prefpairs.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"drop_everywhere": ["MINOR"]}, "METHOD must stay in drop_everywhere"),
        ({"off": ["METHOD"]}, "METHOD cannot be off"),
        ({"drop_chosen": ["HARASSMENT", "MINOR"]}, "MINOR stands in several"),
        ({"drop_chosen": ["HARASSMENT", "HARASSMENT"]}, "or twice"),
        ({"off": ["HARASSMENT"]}, "HARASSMENT is off"),
        ({"crisis": [], "publish": ["crisis"]}, "no code leads there"),
        ({"publish": ["default"]}, "crisis"),
        ({"drop_chosen": ["RESOURCE"]}, "HARASSMENT"),
        ({"classifier_threshold": 1.5}, "less than or equal to 1"),
        ({"drop_everwhere": []}, "drop_everwhere"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Safety.model_validate(given)


def test_nothing_beside_default_is_published_unless_asked_for() -> None:
    assert Safety().publish == ()
    assert Safety.model_validate({"publish": ["crisis"]}).publish == ("crisis",)


def test_tags_may_be_off_and_codes_too_once_no_list_names_them() -> None:
    safety = Safety.model_validate({"off": ["CLINICIAN", "MINOR"], "drop_everywhere": ["METHOD"]})
    assert safety.off == ("CLINICIAN", "MINOR")


def test_the_classifier_counts_by_its_bytes_and_not_by_its_place(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.json").write_text("{}", encoding="utf-8")
    hashes = {
        Settings.model_validate({"root": tmp_path / folder, "safety": {"classifier": "model.json"}}).config_hash
        for folder in ("a", "b")
    }
    assert len(hashes) == 1
    (tmp_path / "b" / "model.json").write_text("{ }", encoding="utf-8")
    changed = Settings.model_validate({"root": tmp_path / "b", "safety": {"classifier": "model.json"}})
    assert changed.config_hash not in hashes


def test_a_classifier_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"safety\.classifier"):
        Safety(classifier=tmp_path / "gone.json").content_settings()
