"""Texts and the places of what is planted in them."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.sample.text import Planted, Text, Writer, join, templates


def _marked(words: list[str]) -> list[Text]:
    return [Text(word, (Planted(0, len(word), "PERSON", word),)) for word in words]


@given(st.lists(st.text(max_size=6), max_size=6), st.sampled_from([" ", "\n\n", "", "🌊 "]))
def test_joined_identifiers_still_stand_where_they_say(words: list[str], separator: str) -> None:
    joined = join(_marked(words), separator)

    assert [joined.text[place.start : place.end] for place in joined.planted] == [word for word in words if word]


@pytest.mark.parametrize("seed", range(20))
def test_lower_case_writers_keep_their_places(seed: int) -> None:
    writer = Writer(Random(seed))
    text = writer.post(writer.topic(), plant=True).lower()

    assert text.text == text.text.lower()
    assert all(text.text[place.start : place.end] == place.text for place in text.planted)


def test_no_slot_is_left_in_any_sentence() -> None:
    writer = Writer(Random(3))
    for _ in range(300):
        topic = writer.topic()
        texts = [writer.title(topic), writer.post(topic, plant=True), writer.thanks(topic)]
        texts += [writer.comment(topic, quality, plant=True) for quality in (-1.5, 0.0, 1.5)]
        assert not any(character in text.text for text in texts for character in "{}")


def test_good_answers_name_a_concrete_step_and_poor_ones_do_not() -> None:
    intros = templates()["good"]["intros"]
    writer = Writer(Random(5))
    topic = writer.topic()

    def has_step(quality: float) -> bool:
        text = writer.comment(topic, quality, plant=False).text.lower()
        return any(intro.lower().split("{")[0] in text for intro in intros)

    assert all(has_step(1.5) for _ in range(50))
    assert not any(has_step(-1.5) for _ in range(50))


def test_phone_numbers_are_not_in_the_range_that_checkers_call_invalid() -> None:
    writer = Writer(Random(1))

    numbers = [re.sub(r"\D", "", writer._phone())[-10:] for _ in range(500)]

    assert {number[3:6] for number in numbers} == {"555"}
    assert not any(number[6:8] == "01" for number in numbers)
