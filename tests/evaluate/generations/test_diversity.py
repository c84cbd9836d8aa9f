"""Varied words within a reply, and from reply to reply."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.evaluate.generations.diversity import distinctness, mtld


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The ratio falls below 0.72 at the third word (2/3): one factor, then one new word that adds none.
        ("ant bee ant bee", 4.0),
        # 4 types in 5 words, 0.8: (1 - 0.8) / (1 - 0.72) of a factor, in either direction.
        ("ant bee cow doe ant", 5 / (0.2 / 0.28)),
        # Forwards a factor at the second word (1/2), then `bee cow`. Backwards `cow bee ant ant`, 0.25 / 0.28.
        ("ant ant bee cow", (4 / 1 + 4 / (0.25 / 0.28)) / 2),
        # Always one word: a factor every two words.
        ("ant ant ant ant ant ant", 2.0),
    ],
)
def test_mtld_of_texts_that_were_worked_out_by_hand(text: str, expected: float) -> None:
    assert mtld(text, min_words=1) == pytest.approx(expected)


def test_mtld_needs_a_text_of_some_length_with_a_word_that_comes_again() -> None:
    assert mtld("ant bee ant bee", min_words=5) is None
    assert mtld("ant bee cow", min_words=1) is None
    assert mtld("", min_words=1) is None


def test_mtld_hardly_changes_with_the_length_of_a_text_and_the_type_token_ratio_does() -> None:
    generator = random.Random(0)
    letters = "abcdefghijklmnopqrst"
    vocabulary = [first + second for first in letters for second in letters[:10]]
    drawn = generator.choices(vocabulary, k=2000)
    short, long = (mtld(" ".join(drawn[:n]), min_words=1) for n in (400, 2000))
    assert short is not None
    assert long is not None
    assert abs(short - long) / long < 0.15
    assert len(set(drawn[:400])) / 400 > 3 * len(set(drawn)) / 2000


def test_the_same_reply_to_everybody_is_not_distinct() -> None:
    assert distinctness(["Rain falls softly", "rain falls softly"]) == pytest.approx([0, 0])
    assert distinctness(["Rain falls", "Sun shines"]) == [1, 1]


def test_distinctness_is_one_minus_the_mean_cosine_with_the_others() -> None:
    # rain, (rain sun)/sqrt 2, sun: cosines 1/sqrt 2 with the middle one, 0 between the ends.
    half = 0.5**0.5
    assert distinctness(["rain", "rain sun", "sun"]) == pytest.approx([1 - half / 2, 1 - half, 1 - half / 2])


def test_a_reply_without_content_is_neither_measured_nor_compared_with() -> None:
    assert distinctness(["rain", "", "sun"]) == [1, None, 1]
    assert distinctness(["rain"]) == [None]
    assert distinctness([]) == []


@given(st.text())
def test_any_text_has_a_diversity_of_one_or_more_or_none(text: str) -> None:
    value = mtld(text, min_words=1)
    assert value is None or value >= 1


@given(st.lists(st.text()))
def test_any_texts_have_a_distinctness_within_bounds(texts: Sequence[str]) -> None:
    values = distinctness(texts)
    assert len(values) == len(texts)
    assert all(value is None or 0 <= value <= 1 for value in values)
