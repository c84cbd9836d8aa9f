"""Sketches agree as far as texts do, in every process, whatever else is sketched with them."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random
from string import ascii_lowercase

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config_curate import NearDuplicates
from prefpairs.errors import ConfigError
from prefpairs.keys import ProjectKey
from prefpairs.near_duplicates.sketches import Bands, as_bytes, rules_version, similarity, sketches, words
from prefpairs.settings_file import load_settings
from tests.support.keys import KEY, KEY_HEX

RULES = NearDuplicates()
STANDARD_ERROR = 0.5 / (RULES.bands * 8) ** 0.5  # the largest that a share of so many hashes can have


def bands_of(*texts: str, rules: NearDuplicates = RULES, key: ProjectKey = KEY) -> Bands:
    return sketches(pl.Series(texts, dtype=pl.String), rules, key).bands


def similarity_of(one: str, other: str, rules: NearDuplicates = RULES) -> float:
    first, second = as_bytes(bands_of(one, other, rules=rules))
    return float(similarity(first[None], second[None])[0])


def invented(seed: int, count: int) -> list[str]:
    """Return words of letters: numbers would all be one."""
    random = Random(seed)
    return ["".join(random.choices(ascii_lowercase, k=8)) for _ in range(count)]


def true_similarity(one: list[str], other: list[str], length: int) -> float:
    runs = [
        {tuple(text[place : place + length]) for place in range(len(text) - length + 1)} for text in (one, other)
    ]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


@pytest.mark.parametrize(
    "copy",
    [
        "TALK to someone you trust, it really helped me; call 0 800 7 if you can't sleep",
        "**Talk** to someone you trust\n\n> it really helped me\n\ncall 0 800 7 if you can’t sleep",
        "Talk to some\u200bone you trust it really helped me call 0 800 7 if you cant sleep",
        "Talk to someone you trust [it](https://a.example/x?y=1) really helped me call 0 800 9 if you can't sleep",
        "Ｔalk to someone you trust it really helped me call ０ 800 7 if you can't sleep",
    ],
    ids=["case and marks", "Markdown", "invisible", "links and digits", "full width"],
)
def test_what_a_copy_picks_up_on_its_way_makes_no_other_text(copy: str) -> None:
    original = "Talk to someone you trust it really helped me call 0 800 7 if you can't sleep"

    assert words(pl.Series([copy])).to_list() == words(pl.Series([original])).to_list()


def test_the_same_words_in_another_order_are_another_text() -> None:
    text = invented(1, 60)

    assert similarity_of(" ".join(text), " ".join(reversed(text))) < 5 * STANDARD_ERROR


@pytest.mark.parametrize("shared", [0, 100, 150, 180, 200])
def test_similarity_is_about_the_share_of_common_shingles(shared: int) -> None:
    one = invented(1, 200)
    other = one[:shared] + invented(2, 200 - shared)

    expected = true_similarity(one, other, RULES.shingle_words)
    assert similarity_of(" ".join(one), " ".join(other)) == pytest.approx(expected, abs=5 * STANDARD_ERROR)


def test_short_texts_are_compared_by_shorter_shingles() -> None:
    one = invented(1, 20)
    other = [*one[:10], "another", *one[11:]]

    expected = true_similarity(one, other, RULES.short_shingle_words)
    assert expected > true_similarity(one, other, RULES.shingle_words) + 0.15
    assert similarity_of(" ".join(one), " ".join(other)) == pytest.approx(expected, abs=3 * STANDARD_ERROR)


def test_texts_with_too_few_words_have_no_sketch() -> None:
    texts = pl.Series([" ".join(invented(seed, count)) for seed, count in enumerate([0, 9, 10, 3, 11])])

    assert sketches(texts, RULES, KEY).rows.tolist() == [2, 4]


def test_no_text_at_all_gives_no_sketch() -> None:
    assert bands_of().shape == (0, RULES.bands)
    assert bands_of("", "too short").shape == (0, RULES.bands)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab c\n"), min_size=30, max_size=200), min_size=1, max_size=6))
def test_a_text_has_the_same_sketch_in_any_company(texts: list[str]) -> None:
    rules = RULES.model_copy(update={"min_words": 3})
    together = sketches(pl.Series(texts), rules, KEY)

    alone = [bands_of(texts[row], rules=rules)[0] for row in together.rows]
    assert np.array_equal(together.bands, np.array(alone).reshape(-1, rules.bands))


def test_sketches_are_the_same_in_another_process_and_with_more_threads() -> None:
    text = " ".join(invented(3, 50))
    code = (
        "import polars as pl; from prefpairs.keys import ProjectKey;"
        "from prefpairs.config_curate import NearDuplicates;"
        "from prefpairs.near_duplicates.sketches import rules_version, sketches;"
        f"key = ProjectKey.from_hex('{KEY_HEX}');"
        f"print(sketches(pl.Series(['{text}'] * 3), NearDuplicates(), key).bands.tolist());"
        "print(rules_version(NearDuplicates(), key))"
    )
    elsewhere = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "RAYON_NUM_THREADS": threads,
                "POLARS_MAX_THREADS": threads,
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed, threads in (("1", "1"), ("2", "3"))
    ]

    here = f"{bands_of(text, text, text).tolist()}\n{rules_version(RULES, KEY)}"
    assert elsewhere == [here, here]


def test_nobody_without_the_key_can_test_a_guess() -> None:
    text = " ".join(invented(4, 50))
    other = ProjectKey.from_hex("a7" * 32)

    one, guess = as_bytes(bands_of(text)), as_bytes(bands_of(text, key=other))
    assert float(similarity(one, guess)[0]) < 5 * STANDARD_ERROR
    assert rules_version(RULES, KEY) != rules_version(RULES, other)


def test_what_only_decides_the_groups_leaves_the_sketches_as_they_are() -> None:
    stricter = RULES.model_copy(update={"min_similarity": 0.9, "max_comparisons": 3})

    assert rules_version(RULES, KEY) == rules_version(stricter, KEY)
    assert rules_version(RULES, KEY) != rules_version(RULES.model_copy(update={"bands": 7}), KEY)


def test_shingles_longer_than_the_shortest_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "prefpairs.toml"
    path.write_text("[near_duplicates]\nmin_words = 2\n")

    with pytest.raises(ConfigError, match="as many words as a shingle"):
        load_settings(path)
