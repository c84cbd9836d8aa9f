"""A file of names that the settings give: each is found wherever it stands, and a bad file is named."""

import json
from pathlib import Path

import pytest

from prefpairs.config_deid import Deid
from prefpairs.deid.recognizers.community import community_recognizers
from prefpairs.deid.recognizers.gazetteers import GazetteerRecognizer, read_names
from prefpairs.errors import ConfigError
from tests.support.recognizing import masked
from tests.support.shared_data import shared_data

_SETTING = "deid.gazetteers.ORGANIZATION"


@pytest.fixture
def recognizer(tmp_path: Path) -> GazetteerRecognizer:
    path = tmp_path / "schools.txt"
    path.write_text("Brakebills College\nUniversità di Pisa\nTarget\nXQZ\n", encoding="utf-8")
    return GazetteerRecognizer("en", entity_type="ORGANIZATION", path=path)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("at Brakebills College, at brakebills\ncollege", "at <ORGANIZATION>, at <ORGANIZATION>"),
        ("universita di pisa \U0001f600 UNIVERSITÀ DI PISA", "<ORGANIZATION> \U0001f600 <ORGANIZATION>"),
        ("at xqz or Target", "at <ORGANIZATION> or <ORGANIZATION>"),
        ("target the brakebills. College", "target the brakebills. College"),
    ],
)
def test_listed_names_are_found_in_any_case_and_words_with_a_capital(
    recognizer: GazetteerRecognizer, raw: str, expected: str
) -> None:
    assert masked([recognizer], raw) == expected


def test_lines_arrays_and_objects_are_read_alike(tmp_path: Path) -> None:
    names = ["Brakebills", "Hogwarts School"]
    path = tmp_path / "names"
    objects = [{"name": name, "country": "GB"} for name in names]
    for text in ("\n".join(names), json.dumps(names), json.dumps(objects), "\n".join(map(json.dumps, objects))):
        path.write_text(text, encoding="utf-8")
        assert read_names(path, setting=_SETTING) == ("Brakebills", "Hogwarts School")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[1, ", "no valid JSON in line 1"),
        (b'["a", {"title": "b"}]', "entry 2"),
        (b'{"name": "a"}\n{"name": ""}', "line 2"),
        (b"\n \n", "holds no name"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as raised:
        GazetteerRecognizer("en", entity_type="ORGANIZATION", path=path)
    assert str(path) in str(raised.value)
    assert _SETTING in str(raised.value)


def test_the_settings_add_a_recognizer_for_each_file(tmp_path: Path) -> None:
    path = tmp_path / "pets.txt"
    path.write_text("Xanthippus\n", encoding="utf-8")
    recognizers = list(community_recognizers(Deid(gazetteers={"PERSON": path})))
    assert masked(recognizers, "feed xanthippus") == "feed <PERSON>"


def test_ten_thousand_universities_are_found_by_their_names() -> None:
    path = shared_data("deid/universities") / "world_universities_and_domains.json"
    names = read_names(path, setting=_SETTING)
    recognizer = GazetteerRecognizer("en", entity_type="ORGANIZATION", path=path)
    latin = [name for name in names if name.isascii()]
    missed = sum(
        not masked([recognizer], f"i study at {name}, still").startswith("i study at <ORGANIZATION>")
        for name in latin
    )
    assert missed / len(latin) < 0.01
