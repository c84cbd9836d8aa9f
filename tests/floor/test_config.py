"""A configuration that is wrong is refused with the key's name; a secret never shows."""

from pathlib import Path

import pytest

from prefpairs.config import Settings
from prefpairs.errors import ConfigError
from prefpairs.project import create
from prefpairs.settings_file import load_credentials, load_settings


def load(folder: Path, text: str) -> Settings:
    path = folder / "prefpairs.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[pairs.exposure]\nnoise_share = 1", "pairs.exposure.noise_share: Input should be less than 1"),
        ("[pairs.exposure]\narrival_edges = [3, 2]", "edges are 1 to 200 rising numbers"),
        ("[pairs]\npresett = 'shp'", "pairs.presett: no such setting. Did you mean 'preset'?"),
        ("[pairs.shp]\nmin_ration = 2", "pairs.shp.min_ration: no such setting. Did you mean 'min_ratio'?"),
        ("[piars]\npreset = 'shp'", "piars: no such setting. Did you mean 'pairs'?"),
        (
            "[pairs]\npreset = 'best'",
            "pairs.preset: Input should be 'calibrated', 'shp', 'llumi' or 'stackexchange'",
        ),
        ("[ingest]\nsubreddits = ['../../x']", "ingest.subreddits"),
        ("[ingest]\nsubreddits = ['u_somebody']", "the profile of a person"),
        ("[ingest]\nlive = true", "needs subreddits"),
        ("[deid]\nscore_threshold = 4", "deid.score_threshold"),
        ("root = '/'", "'root' is not a setting"),
        ("[pairs", "not valid TOML"),
    ],
)
def test_mistake_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert "prefpairs.toml" in str(caught.value)


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="prefpairs init"):
        load_settings(tmp_path / "prefpairs.toml")


def test_paths_start_at_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, "[project]\nwork = 'here'")
    assert settings.lake_folder == tmp_path / "here" / "lake"


def test_threshold_can_be_switched_off(tmp_path: Path) -> None:
    settings = load(tmp_path, "[pairs.shp]\nmin_score = 'none'\nmin_post_score = 3")
    assert settings.pairs.shp.min_score is None
    assert settings.pairs.shp.min_post_score == 3


def test_config_hash_ignores_where_and_how_and_heeds_what(tmp_path: Path) -> None:
    plain = load(tmp_path, "")
    elsewhere = load(tmp_path, "[project]\nwork = 'elsewhere'\n[deid]\nworkers = 5\n[release]\ndirectory = 'x'")
    stricter = load(tmp_path, "[pairs.shp]\nmin_ratio = 3")
    assert plain.config_hash == elsewhere.config_hash
    assert plain.config_hash != stricter.config_hash


def test_published_settings_do_not_say_where_a_pipeline_lies(tmp_path: Path) -> None:
    here = load(tmp_path, "[deid]\nspacy_pipeline = '/home/jane.roe/models/en_support'")
    there = load(tmp_path, "[deid]\nspacy_pipeline = 'en_support'")
    assert here.content_settings()["deid"]["spacy_pipeline"] == "en_support"
    assert here.config_hash == there.config_hash


def test_secret_comes_from_the_environment_and_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFPAIRS_HUB_TOKEN", "hf_a_secret_token")
    credentials = load_credentials()
    assert credentials.hub_token is not None
    assert credentials.hub_token.get_secret_value() == "hf_a_secret_token"
    assert "hf_a_secret_token" not in repr(credentials)


def test_example_configuration_is_valid_and_its_key_private(tmp_path: Path) -> None:
    settings = load_settings(create(tmp_path / "project"))
    key_file = settings.path(settings.project.key_file)
    assert key_file.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigError, match="there already"):
        create(tmp_path / "project")


def test_repository_example_is_valid() -> None:
    settings = load_settings(Path(__file__).parents[2] / "prefpairs.toml")
    assert settings.pairs.preset == "calibrated"


def test_value_of_another_kind_is_told_in_the_words_of_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ingest\.archives: should be a list"):
        load(tmp_path, "[ingest]\narchives = 'dumps'")
    with pytest.raises(ConfigError, match="ingest: should be a section"):
        load(tmp_path, "ingest = 4")


def test_empty_variable_is_no_secret_and_a_line_end_no_part_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFPAIRS_REDDIT_CLIENT_ID", "")
    monkeypatch.setenv("PREFPAIRS_HUB_TOKEN", "hf_token\n")
    credentials = load_credentials()
    assert credentials.reddit_client_id is None
    assert credentials.hub_token is not None
    assert credentials.hub_token.get_secret_value() == "hf_token"


def test_configuration_that_is_there_is_kept_and_gets_a_key(tmp_path: Path) -> None:
    (tmp_path / "prefpairs.toml").write_text("[project]\nname = 'cloned'", encoding="utf-8")
    settings = load_settings(create(tmp_path))
    assert settings.project.name == "cloned"
    assert settings.path(settings.project.key_file).exists()


def test_lost_key_is_never_replaced_under_tables_that_were_made_with_it(tmp_path: Path) -> None:
    settings = load_settings(create(tmp_path))
    key_file = settings.path(settings.project.key_file)
    key_file.unlink()
    settings.lake_folder.mkdir()
    with pytest.raises(ConfigError, match="key that is gone"):
        create(tmp_path)
    assert not key_file.exists()
