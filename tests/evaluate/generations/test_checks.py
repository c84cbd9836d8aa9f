"""What is named for replies has to be there before anything is scored."""

from pathlib import Path

import pytest

from prefpairs.errors import ConfigError
from prefpairs.evaluate.generations.checks import check_readers, check_write_to
from prefpairs.evaluate.generations.settings import GenerationSettings


def test_folders_of_models_and_new_files_are_fine(tiny_folder: Path, tmp_path: Path) -> None:
    check_readers(GenerationSettings(judge=tiny_folder, sentence_model=tiny_folder))
    check_readers(GenerationSettings())
    check_write_to(tmp_path / "replies.jsonl")
    check_write_to(None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["judge", "sentence_model"])
def test_a_folder_without_a_model_is_named_before_anything_is_scored(
    name: str, tiny_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=rf"replies\.{name}: .* holds no model: it is no folder"):
        check_readers(GenerationSettings.model_validate({name: tmp_path / "nowhere"}))
    (tmp_path / "config.json").write_bytes((tiny_folder / "config.json").read_bytes())
    with pytest.raises(ConfigError, match="misses weights in safetensors and a tokenizer"):
        check_readers(GenerationSettings.model_validate({name: tmp_path}))


def test_a_file_that_is_there_or_has_no_folder_is_refused(tmp_path: Path) -> None:
    there = tmp_path / "replies.jsonl"
    there.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="it exists"):
        check_write_to(there)
    with pytest.raises(ConfigError, match="its folder is not there"):
        check_write_to(tmp_path / "nowhere" / "replies.jsonl")
    assert there.read_text(encoding="utf-8") == "mine"
