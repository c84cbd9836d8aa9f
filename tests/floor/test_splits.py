from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.errors import ConfigError
from prefpairs.keys import ProjectKey
from prefpairs.settings_file import load_settings
from prefpairs.splits import split_of, splits_of
from tests.support.keys import KEY

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


@settings(deadline=None)
@given(st.lists(st.sampled_from(POSTS), unique=True, max_size=30), st.data())
def test_other_posts_never_move_a_post(posts: list[str], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(posts), unique=True)) if posts else []
    shares = {"validation_share": 0.2, "test_share": 0.3}

    together = dict(zip(posts, splits_of(posts, KEY, **shares), strict=True))
    assert splits_of(some, KEY, **shares) == [together[post] for post in some]
    assert [split_of(post, KEY, **shares) for post in some] == [together[post] for post in some]
