"""The most frequent capitalised words: what a steward has to see, and no name of one person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.audit.report import WordFigures
from prefpairs.audit.words import word_figures
from prefpairs.config import Audit
from tests.support.audits import population

SETTINGS = Audit(min_count=3, word_min_threads=3)


def _words(*texts: tuple[str, str, str]) -> WordFigures:
    return word_figures(population(texts), SETTINGS)


def _in_threads(text: str, count: int = 3) -> list[tuple[str, str, str]]:
    return [(text, f"t3_{number}", f"author{number}") for number in range(count)]


def test_a_word_that_many_threads_hold_is_shown_with_common_words_beside_it() -> None:
    found = _words(*_in_threads("I told my Brockmere about the zyzzyva"))
    assert [(word.shown, word.threads, word.occurrences) for word in found.unmasked] == [("Brockmere", 3, 3)]
    assert set(found.unmasked[0].context) <= {"told", "my", "about", "the"}


def test_a_rare_word_is_counted_and_not_shown() -> None:
    found = _words(*_in_threads("I told my Brockmere about it", 2))
    assert found.unmasked == []
    assert (found.unmasked_hidden, found.unmasked_hidden_occurrences) == (1, 2)


@pytest.mark.parametrize("author", ["one", "[deleted]"])
def test_one_author_in_many_threads_shows_nothing(author: str) -> None:
    signed = [("all the best from Brockmere", f"t3_{number}", author) for number in range(9)]
    assert _words(*signed).unmasked == []


def test_many_authors_in_one_thread_show_nothing() -> None:
    echoed = [("I agree with Brockmere", "t3_one", f"author{number}") for number in range(9)]
    assert _words(*echoed).unmasked == []


@pytest.mark.parametrize(
    "text",
    [
        "Brockmere said no",
        "Really? Brockmere said no",
        "I told BROCKMERE HIMSELF",
        "I told brockmere",
        "on Monday we",
    ],
)
def test_words_that_any_sentence_gives_a_capital_are_no_candidates(text: str) -> None:
    assert _words(*_in_threads(text)).unmasked == []


def test_cases_and_possessives_are_one_word() -> None:
    texts = [("my Brockmere", "t3_1", "a"), ("my Brockmere’s", "t3_2", "b"), ("my Brockmere's dog", "t3_3", "c")]
    assert [word.shown for word in _words(*texts).unmasked] == ["Brockmere"]


def test_a_masked_name_is_its_first_letter_and_its_length() -> None:
    found = _words(*_in_threads("my sister [Zebulon|PERSON] said"))
    assert [(word.shown, word.letters, word.entity_types) for word in found.masked] == [("Z···", 7, ["PERSON"])]
    assert "ebulon" not in found.model_dump_json()


def test_a_common_word_that_was_masked_is_named() -> None:
    found = _words(*_in_threads("I said [Because|PERSON] so"))
    assert [word.shown for word in found.masked_common] == ["Because"]
    assert found.masked == []


@given(st.lists(st.tuples(st.text("ab AB.[]'\n", max_size=30), st.sampled_from("xy"), st.sampled_from("pq"))))
def test_with_two_authors_no_word_of_any_text_is_shown(texts: list[tuple[str, str, str]]) -> None:
    found = _words(*texts)
    assert (found.masked, found.masked_common, found.unmasked) == ([], [], [])
