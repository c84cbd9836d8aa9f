"""Phone numbers are masked however they are grouped; scores, years, doses and amounts stay."""

import pytest

from prefpairs.deid.recognizers.phones import PhoneNumberRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (PhoneNumberRecognizer("en"),)


@pytest.mark.parametrize(
    "number",
    [
        "four one five 555 2671", "four one five, five five five, two six seven one", "415.555.2671",
        "(415)555-2671", "(415) 555-0132", "415 5 55 26 71", "415-555-2671", "415–555–2671", "415‑555‑2671",
        "4155552671", "14155552671", "1 (415) 555 2671", "+1-415-555-0132", "+44 7700 900123", "07700 900123",
        "07700900123", "020 7946 0958", "(020) 7946 0958", "+44 (0)20 7946 0958", "0171/1234567",
        "06 12 34 56 78", "0501 861 4427", "+32 419 25 41 22", "+16471228070", "98765 43210", "555-0132",
        "00 44 20 7946 0958", "415\u200b5552671", "415&#45;555&#45;2671", "[415] 555-2671",
        "415 / 555 / 2671", "(11) 91234-5678", "double four five 555 0 double two 1",
        "４１５-５５５-２６７１",
    ],
)  # fmt: skip
def test_a_number_is_masked_however_it_is_grouped(number: str) -> None:
    assert masked(_RECOGNIZERS, f"or {number}, thanks") == "or <PHONE_NUMBER>, thanks"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("text me at 867-5309 please", "text me at <PHONE_NUMBER> please"),
        ("my cell: 8675309", "my cell: <PHONE_NUMBER>"),
        ("867 5309, call me", "<PHONE_NUMBER>, call me"),
        ("my cell is eight six seven five three oh nine", "my cell is <PHONE_NUMBER>"),
        ("call4155552671now", "<PHONE_NUMBER>"),
    ],
)
def test_fewer_digits_are_a_number_beside_a_word_for_it(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "2018-2019", "100-200mg", "2018 2019 2020", "from 1998-2003, 10:30-11:30", "$4155552671",
        "4155552671 views", "which has 1689 post karma", "PHQ-9 12, GAD-7 15", "F32.1, F41.1",
        "10 9 8 7 6 5 4 3 2 1", "1 2 3 4 5 6 7 8 9 10", "one two three four five six seven eight nine",
        "five four three two one", "call 988 or 741741", "116 123", "2021-03-04", "call on 2021-03-04",
        "called me 3/4/2019", "1,234,567 people", "3.14159265358979", "192.168.100.200", "4111 1111 1111 1111",
        "219-09-9999", "5'10 200 lbs, 6-8 weeks", "867-5309", "I called 2 times in 2019",
        "9/11, 24/7, 4/20, 10/10",
    ],
)  # fmt: skip
def test_scores_years_doses_and_amounts_are_no_numbers(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
