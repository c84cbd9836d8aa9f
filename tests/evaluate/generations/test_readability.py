"""Readability of a reply, without a network and for any text."""

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.evaluate.generations import readability
from prefpairs.evaluate.generations.readability import sentence_words


def grade(text: str) -> float | None:
    return readability.grade(text, min_words=1)


def unfamiliar_words(text: str) -> float | None:
    return readability.unfamiliar_words(text, min_words=1)


def test_a_reply_of_a_few_words_has_no_grade() -> None:
    for measure in (readability.grade, readability.unfamiliar_words):
        assert measure("I can hear you now.", min_words=6) is None
        assert measure("I can hear you now, friend.", min_words=6) is not None
    assert readability.grade("", min_words=0) is None
    assert readability.unfamiliar_words("", min_words=0) is None


def test_the_grade_is_coleman_and_liaus() -> None:
    # 8 words, 30 letters, 2 sentences: letters and sentences for 100 words, weighed.
    text = "I can hear you now. Sleep comes slowly."
    assert len(text.replace(" ", "").replace(".", "")) == 30
    assert grade(text) == pytest.approx(0.058 * 3000 / 8 - 0.296 * 200 / 8 - 15.8)


def test_longer_words_are_harder() -> None:
    easy, hard = grade("You can go to bed now."), grade("Consider establishing consistent bedtime routines.")
    assert easy is not None
    assert hard is not None
    assert easy < hard


def test_words_off_the_list_are_unfamiliar() -> None:
    assert unfamiliar_words("the dog and the rumination") == 0.2


def test_sentences_of_one_or_two_words_are_not_counted() -> None:
    assert sentence_words("I can hear you now. Sleep comes slowly.") == 4
    assert sentence_words("Yes. I can hear you now.") == 6


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "... !?", "42 7"])
def test_a_text_without_words_has_no_readability(text: str) -> None:
    assert (grade(text), unfamiliar_words(text), sentence_words(text)) == (None, None, None)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        pytest.fail("readability asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    text = "Uncommonly syllabic vocabulary, never cached before this very test."
    assert grade(text) is not None
    assert unfamiliar_words(text) is not None
    assert sentence_words(text) is not None


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    share = unfamiliar_words(text)
    assert share is None or 0 <= share <= 1
    length = sentence_words(text)
    assert length is None or length >= 0
    grade(text)
