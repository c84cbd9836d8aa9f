"""Towns are masked where they are meant; words and first names that are towns too are not."""

import pytest

from prefpairs.deid.recognizers.places import PlaceRecognizer, TownCueRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (PlaceRecognizer("en"), TownCueRecognizer("en"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("I live in Dunmore", "I live in <LOCATION>"),
        ("moved to salem last year", "moved to <LOCATION> last year"),
        ("in chicago and new york", "in <LOCATION> and <LOCATION>"),
        ("from Dayton, OH.", "from <LOCATION>."),
        ("Reading, PA", "<LOCATION>"),
        ("in Reading, in Nice", "in <LOCATION>, in <LOCATION>"),
        ("I'm from Zorbville now", "I'm from <LOCATION> now"),
        ("i live in austin, i moved to long beach", "i live in <LOCATION>, i moved to <LOCATION>"),
        ("Paris, France; portland, oregon", "<LOCATION>; <LOCATION>"),
        ("born in São Paulo, or sao paulo", "born in <LOCATION>, or <LOCATION>"),
        ("St. Louis, MO and Cook County", "<LOCATION> and <LOCATION>"),
    ],
)
def test_a_town_is_masked(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "I am reading a nice book in the bath", "Mobile phone", "Austin said", "Yes, OK. Yes, Canada is",
        "in bed, in may",
        "the gap between us, to COME off", "I live in Canada, in North Carolina", "I live in Hell",
        "ask someone to come",
        "Dr. Northrup, MD",
    ],
)  # fmt: skip
def test_words_regions_and_first_names_are_no_towns(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
