from collections import Counter
from pathlib import Path

import pytest

from prefpairs.errors import ConfigError
from prefpairs.keys import ProjectKey
from prefpairs.pairs.splits import split_of
from prefpairs.settings_file import load_settings

POSTS = [f"t3_{number:05x}" for number in range(20_000)]


def splits(key: ProjectKey, *, validation: float = 0.05, test: float = 0.1) -> dict[str, str]:
    return {post: split_of(post, key, validation_share=validation, test_share=test) for post in POSTS}


def test_shares_are_about_what_was_asked_for(key: ProjectKey) -> None:
    shares = Counter(splits(key).values())

    # Five standard deviations of a binomial with 20,000 draws.
    assert shares["test"] / len(POSTS) == pytest.approx(0.1, abs=0.011)
    assert shares["validation"] / len(POSTS) == pytest.approx(0.05, abs=0.008)


def test_a_larger_validation_share_takes_posts_from_train_only(key: ProjectKey) -> None:
    before, after = splits(key), splits(key, validation=0.2)

    moved = {(before[post], after[post]) for post in POSTS if before[post] != after[post]}
    assert moved == {("train", "validation")}


def test_another_key_holds_out_other_posts(key: ProjectKey) -> None:
    other = splits(ProjectKey.from_hex("a7" * 32))

    assert splits(key) != other


@pytest.mark.parametrize(
    ("validation", "test", "split"), [(0.0, 0.0, "train"), (1.0, 0.0, "validation"), (0.0, 1.0, "test")]
)
def test_a_whole_share_takes_every_post(key: ProjectKey, validation: float, test: float, split: str) -> None:
    assert set(splits(key, validation=validation, test=test).values()) == {split}


def test_shares_that_are_more_than_everything_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "prefpairs.toml"
    path.write_text("[pairs]\nvalidation_share = 0.6\ntest_share = 0.5\n")

    with pytest.raises(ConfigError, match="together are more than 1"):
        load_settings(path)
