"""Dates that can be placed are DATE_TIME, dates that only the time of writing places are RELATIVE_DATE."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_analyzer.predefined_recognizers import DateRecognizer

from prefpairs.deid.recognizers.dates import CalendarDateRecognizer
from prefpairs.deid.recognizers.relative_dates import RelativeDateRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (CalendarDateRecognizer("en"), RelativeDateRecognizer("en"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("my card expires 09/25", "my card expires <DATE_TIME>"),
        ("on 3/14/2019, 14.03.2019 or 2019-03-14", "on <DATE_TIME>, <DATE_TIME> or <DATE_TIME>"),
        ("born 7/4/88, dob 3/14", "born <DATE_TIME>, dob <DATE_TIME>"),
        ("at 2021-03-04T10:11:12Z", "at <DATE_TIME>"),
        ("March 3rd, May 3, may 3rd", "<DATE_TIME>, <DATE_TIME>, <DATE_TIME>"),
        ("the 3rd of May 2021", "<DATE_TIME>"),
        ("Mar '19 and June 2018", "<DATE_TIME> and <DATE_TIME>"),
        ("since March, in may, last March", "since <DATE_TIME>, in <DATE_TIME>, <DATE_TIME>"),
        ("Tuesday, March 3", "<DATE_TIME>"),
        ("Christmas 2019, summer of 2019", "<DATE_TIME>, <DATE_TIME>"),
        ("born in 1987", "born in <DATE_TIME>"),
        ("12-JAN-20, mar-2020, 03/2019", "<DATE_TIME>, <DATE_TIME>, <DATE_TIME>"),
        ("yesterday, 3 weeks ago", "<RELATIVE_DATE>, <RELATIVE_DATE>"),
        ("last Christmas, on Monday", "<RELATIVE_DATE>, on <RELATIVE_DATE>"),
        ("on my birthday, on the 14th", "on <RELATIVE_DATE>, on <RELATIVE_DATE>"),
    ],
)
def test_a_date_is_masked(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "24/7, 9/11, 50/50, 7/10, 4/20 and 1/2", "on 4/20, pain is 7/10, PHQ-9 was 12/27", "I may 3 times",
        "march 3 miles", "you may go by may", "a second may be, the second march", "version 1.2.3, 2-3-4",
        "10-15-20 mg", "in 2019 I", "from Sun to Sat", "my birthday is fun", "13/13/2019",
    ],
)  # fmt: skip
def test_what_is_no_date_stays(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw


@given(
    first=st.integers(1, 31),
    second=st.integers(1, 12),
    year=st.integers(1930, 2030),
    mark=st.sampled_from("/-."),
    swapped=st.booleans(),
    year_first=st.booleans(),
)
def test_whatever_presidio_takes_for_a_date_is_one(
    first: int, second: int, year: int, mark: str, swapped: bool, year_first: bool
) -> None:
    one, other = (second, first) if swapped else (first, second)
    date = mark.join(map(str, (year, one, other) if year_first else (one, other, year)))
    theirs = DateRecognizer().analyze(date, ["DATE_TIME"], None)
    if any(found.end - found.start == len(date) for found in theirs):
        assert masked(_RECOGNIZERS, date) == "<DATE_TIME>"
