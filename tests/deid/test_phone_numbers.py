"""Phone numbers, each candidate parsed once: the same places as with a matcher for each region."""

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers.phonemetadata import PhoneMetadata
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from prefpairs.deid.phone_numbers import SHORTEST_NUMBER, PhoneNumbers
from prefpairs.errors import ConfigError
from tests.support.corpora import corpus

_RECOGNIZER = PhoneRecognizer()
_NUMBERS = PhoneNumbers(_RECOGNIZER)
_TEXTS = st.lists(
    st.sampled_from(
        [
            "415-555-2671", "(030) 12345678", "+49 30 1689", "1689", "4155552671", "020 7946 0958", " ext. 12",
            "x", "/", "\\x", "-", " ", "--", ".", "(", ")", "[", "]", "+", "011", "00", "$", "%", "a",
            "\u00e9", "1/2/2018", "2018-01-02 10", ":30", "12", "3", "7700", "\u0664\u0664", "\uff0b",
            "\uff10\uff11", "\u200b", "#", "~", ";ext=", "\u0434\u043e\u0431", "\n", "800", "6502530000",
            "01 42 68 53 00", "+33142685300", "+1", "0049",
        ]
    ),
    max_size=12,
).map("".join)  # fmt: skip


def _theirs(text: str) -> list[tuple[int, int]]:
    return sorted((item.start, item.end) for item in _RECOGNIZER.analyze(text, ["PHONE_NUMBER"]))


@settings(max_examples=500, deadline=None)
@given(text=_TEXTS)
@example("030 1234567/8 or 030 1234567")
@example("12 ext. 3456 415-555-2671x9")
def test_the_same_numbers_are_found_in_one_walk(text: str) -> None:
    assert _NUMBERS.find(text) == _theirs(text)


def test_the_same_numbers_are_found_in_real_texts() -> None:
    texts = [*corpus("wnut17")[::3], *corpus("counsel-chat")[::20]]
    assert sum(_NUMBERS.find(text) != _theirs(text) for text in texts) == 0


def test_no_country_has_shorter_numbers_than_are_looked_for() -> None:
    abroad = [
        len(str(_plan(region).country_code)) + _shortest(region) for region in phonenumbers.SUPPORTED_REGIONS
    ]
    at_home = [_shortest(region) for region in PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS]
    assert min(*abroad, *at_home) == SHORTEST_NUMBER


def _plan(region: str) -> PhoneMetadata:
    plan = PhoneMetadata.metadata_for_region(region)
    assert plan is not None
    return plan


def _shortest(region: str) -> int:
    description = _plan(region).general_desc
    assert description is not None
    return min(description.possible_length)


def test_a_stricter_leniency_is_refused() -> None:
    with pytest.raises(ConfigError):
        PhoneNumbers(PhoneRecognizer(leniency=3))
