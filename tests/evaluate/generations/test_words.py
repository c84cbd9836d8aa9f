"""Words, content words, and the two texts that are compared by them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.evaluate.generations.connection import shared_content, style_match
from prefpairs.evaluate.generations.preservation import share_unchanged
from prefpairs.evaluate.generations.words import content_words, function_words, split_words, words


def test_contractions_are_one_word_and_their_parts_are_function_words() -> None:
    assert words("I don't know — they’ll see 42 😀 cafés.") == ["i", "don't", "know", "they'll", "see", "cafés"]
    assert split_words("I don't, they’ll") == ["i", "do", "not", "they", "'ll"]
    assert content_words("I don't know what they'll see in the garden") == ["know", "see", "garden"]


def test_the_list_of_function_words_has_the_nine_categories_of_style_matching() -> None:
    assert len(function_words().categories) == 9
    assert all(category for category in function_words().categories.values())


def test_shared_content_is_the_cosine_of_counts() -> None:
    # (sleep 2, night 1) and (sleep 1, walk 1): 2 / (sqrt 5 * sqrt 2)
    assert shared_content("Sleep, sleep at night", "A walk and sleep") == pytest.approx(2 / 10**0.5)
    assert shared_content("Rain falls", "rain FALLS") == pytest.approx(1)
    assert shared_content("rain", "sun shines") == 0


def test_shared_content_is_unknown_where_there_is_none() -> None:
    assert shared_content("it is what it is", "rain") is None
    assert shared_content("", "rain") is None


def test_style_match_is_the_mean_over_nine_categories() -> None:
    # "i like the rain" and "you like a cold rain": pronouns 1/4 and 1/5, articles 1/4 and 1/5; "like" is a
    # preposition here as well, 1/4 and 1/5; the other six categories are absent from both and match wholly.
    alike = 1 - (0.25 - 0.2) / (0.25 + 0.2 + 0.0001)
    expected = (3 * alike + 6) / 9
    assert style_match("i like the rain", "you like a cold rain", min_words=1) == pytest.approx(expected)


def test_a_category_that_only_one_text_uses_does_not_match() -> None:
    matched = style_match("never", "rain", min_words=1)
    # `never` is a negation: 8 categories match, one is 1 - 1 / 1.0001.
    assert matched == pytest.approx((8 + 0.0001 / 1.0001) / 9)


def test_short_texts_have_no_style() -> None:
    assert style_match("i like the rain", "i like the rain", min_words=5) is None


def test_what_a_revision_keeps_in_order_counts_as_unchanged() -> None:
    assert share_unchanged("go to bed early", "Go to bed early!") == 1
    assert share_unchanged("go to bed early", "maybe go to bed") == 0.75
    assert share_unchanged("go to bed early", "") == 0
    assert share_unchanged("", "go") is None


@given(st.text(), st.text())
def test_any_two_texts_have_values_within_bounds(one: str, other: str) -> None:
    for value in (
        shared_content(one, other),
        style_match(one, other, min_words=1),
        share_unchanged(one, other),
    ):
        assert value is None or 0 <= value <= 1


@given(st.text(), st.text())
def test_closeness_does_not_depend_on_which_text_comes_first(one: str, other: str) -> None:
    assert shared_content(one, other) == pytest.approx(shared_content(other, one))
    assert style_match(one, other, min_words=1) == pytest.approx(style_match(other, one, min_words=1))
