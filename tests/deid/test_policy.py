"""What is done with what: actions per type, profiles as sets of defaults, and settings that are refused."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config import Settings
from prefpairs.config_deid import DEID_PROFILES, Deid
from prefpairs.deid.engine import Engine, Thread
from prefpairs.deid.policy import DIRECT, QUASI, Policy
from prefpairs.deid.spans import Deidentified
from prefpairs.errors import ConfigError
from prefpairs.settings_file import load_settings

_PIECES = st.sampled_from(
    [
        "my sister Ana",
        "ana",
        "I'm Tom",
        "24F",
        "u/quiet_otter7",
        "r/harbourtalk",
        "jane.roe@gmail.com",
        "03/04/2019",
        "415-555-2671",
        "kik: sadboi99",
        "Dr. Roe",
        "10.0.0.1",
        "two weeks ago",
        "in Springfield",
        "at Acme Hospital",
        "zip 02139",
        "on May 3rd",
        "card 4111 1111 1111 1111",
        "4155552671",
        "roe",
        "Lexapro 20mg",
        ".",
        "\n",
        "and",
    ]
)
_TEXTS = st.lists(st.lists(_PIECES, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def engines() -> dict[str, Engine]:
    return {profile: Engine.load(Deid(profile=profile)) for profile in ("strict", "balanced", "minimal")}


def _masked(outcome: Deidentified | None) -> set[int]:
    assert outcome is not None
    return {place for span in outcome.spans for place in range(span.start, span.end)}


@settings(max_examples=60, deadline=None)
@given(texts=_TEXTS)
def test_strict_finds_what_balanced_finds_and_balanced_what_minimal_finds(
    engines: dict[str, Engine], texts: list[str]
) -> None:
    thread = Thread(texts=tuple(texts), authors=("quiet_otter7",))
    strict, balanced, minimal = (
        [_masked(outcome) for outcome in engines[profile].deidentify_thread(thread)]
        for profile in ("strict", "balanced", "minimal")
    )
    assert all(more >= less for more, less in zip(strict, balanced, strict=True))
    assert all(more >= less for more, less in zip(balanced, minimal, strict=True))


def test_minimal_masks_direct_identifiers_and_nothing_else(engines: dict[str, Engine]) -> None:
    text = "I'm Tom, 24F from Springfield, on 3 May 2019 at r/harbourtalk, mail tom.roe@gmail.com"
    found = {span.entity_type for span in engines["minimal"].deidentify(text).spans}
    assert found >= {"PERSON", "EMAIL_ADDRESS"}
    assert found <= DIRECT
    assert set(Deid(profile="minimal").ignored_entities) == QUASI


def test_strict_masks_relative_dates_too(engines: dict[str, Engine]) -> None:
    text = "it began two weeks ago"
    assert engines["strict"].deidentify(text).text == "it began <RELATIVE_DATE>"
    assert engines["balanced"].deidentify(text).text == text


def test_what_the_file_sets_wins_over_the_profile(tmp_path: Path) -> None:
    path = tmp_path / "prefpairs.toml"
    path.write_text("[deid]\nprofile = 'strict'\nscore_threshold = 0.8", encoding="utf-8")
    deid = load_settings(path).deid
    assert (deid.score_threshold, deid.outside_bias) == (0.8, DEID_PROFILES["strict"]["outside_bias"])


def test_files_start_at_the_toml_file_and_their_folder_is_not_published(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "schools.txt").write_text("Tidewell College\n", encoding="utf-8")
    path = tmp_path / "prefpairs.toml"
    path.write_text("[deid.gazetteers]\nORGANIZATION = 'lists/schools.txt'", encoding="utf-8")
    here = load_settings(path)
    assert here.deid.gazetteers["ORGANIZATION"] == tmp_path / "lists" / "schools.txt"
    published = here.content_settings()
    assert str(tmp_path) not in str(published)
    (tmp_path / "lists" / "schools.txt").write_text("Harbour School\n", encoding="utf-8")
    assert here.content_settings() != published


def test_a_gazetteer_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = Settings(deid=Deid(gazetteers={"LOCATION": tmp_path / "towns.txt"}))
    with pytest.raises(ConfigError, match=r"deid\.gazetteers\.LOCATION: the file .*towns\.txt"):
        missing.content_settings()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Deid(policy={"PERSONS": "drop"}), r"deid\.policy: no entity type is called PERSONS\. There are: AGE,"),
        (Deid(ignored_entities=("TOWN",)), r"deid\.ignored_entities: no entity type is called TOWN"),
        (Deid(policy={"EMAIL_ADDRESS": "keep"}), r"deid\.policy keeps EMAIL_ADDRESS"),
        (Deid(action="keep"), "direct identifiers are never published"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_its_reason(wrong: Deid, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Policy(wrong)


def test_a_type_that_only_a_loaded_pipeline_finds_may_be_named() -> None:
    deid = Deid(policy={"BOAT_NAME": "drop"})
    assert Policy(deid, found=["BOAT_NAME"]).action("BOAT_NAME") == "drop"
    assert Policy(deid, found=["BOAT_NAME"]).action("URL") == "placeholder"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("placeholder", "mail me, <REDDIT_USER>, from <DATE_TIME>."),
        ("drop", "mail me,, from."),
        ("generalise", "mail me, <REDDIT_USER>, from 2019."),
    ],
)
def test_each_action_does_what_it_says(action: str, expected: str) -> None:
    chosen = {"REDDIT_USER": action, "DATE_TIME": action}
    engine = Engine.load(Deid(spacy_pipeline="blank:en", policy=chosen))  # type: ignore[arg-type]
    outcome = engine.deidentify("mail me, u/quiet_otter7, from 2019-05-03.")
    assert outcome.text == expected
    assert {span.action for span in outcome.spans} == {action}


def test_what_is_kept_is_recorded_and_still_in_the_text() -> None:
    engine = Engine.load(Deid(spacy_pipeline="blank:en", policy={"DATE_TIME": "keep"}))
    outcome = engine.deidentify("u/quiet_otter7, since 2019-05-03")
    assert outcome.text == "<REDDIT_USER>, since 2019-05-03"
    assert [span.action for span in outcome.spans] == ["placeholder", "keep"]
