"""Ages and dates as bands and years: they read naturally, and say no more than they should."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.deid.generalise import generalised


def _generalised(entity_type: str, identifier: str) -> str | None:
    return generalised(entity_type, identifier, oldest_year=1940)


@pytest.mark.parametrize(
    ("age", "band"),
    [
        ("24F", "20s F"),
        ("24f", "20s f"),
        ("F24", "F 20s"),
        ("(M19)", "(M late teens)"),
        ("24/F", "20s F"),
        ("31 M", "30s M"),
        ("[16, F]", "[teen F]"),
        ("9F", "child F"),
        ("95F", "90+ F"),
        ("26nb", "20s nb"),
        ("24", "20-something"),
        ("19 yo", "late-teen"),
        ("16 years old", "teen"),
        ("16-year-old", "teen"),
        ("52 y/o", "50-something"),
        ("8 year old", "under-13"),
        ("6 months old", "under-13"),
        ("89", "80-something"),
        ("90", "90-plus"),
        ("104 years old", "90-plus"),
        ("twenty-four", "20-something"),
        ("thirty", "30-something"),
        ("sixteen", "teen"),
        ("turned 30", "turned 30-something"),
        ("aged 40", "aged 40-something"),
        ("mid 20s", "20s"),
        ("early 30's", "30s"),
    ],
)
def test_an_age_becomes_a_band_and_keeps_gender_and_shape(age: str, band: str) -> None:
    assert _generalised("AGE", age) == band


@pytest.mark.parametrize("not_understood", ["24F5", "born when I was 24", "240", "24-25F", "F32.1", "two", ""])
def test_an_age_that_is_not_understood_whole_is_not_published_in_part(not_understood: str) -> None:
    assert _generalised("AGE", not_understood) in (None, "under-13")


@given(st.integers(min_value=0, max_value=119), st.sampled_from(["{}F", "M{}", "{} yo", "{} years old", "{}"]))
def test_no_exact_age_of_a_grown_up_is_left(age: int, shape: str) -> None:
    text = str(_generalised("AGE", shape.format(age)))
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    assert all(number in range(20, 91, 10) or number == 13 for number in numbers)
    assert all(number <= age for number in numbers if number != 13)


@pytest.mark.parametrize(
    ("date", "year"),
    [
        ("3 May 2019", "2019"),
        ("2021-03-04T10:11:12Z", "2021"),
        ("05/06/1999", "1999"),
        ("Christmas 2019", "2019"),
        ("2019", "2019"),
        ("in 1940", "1940"),
    ],
)
def test_a_date_becomes_its_year(date: str, year: str) -> None:
    assert _generalised("DATE_TIME", date) == year


@pytest.mark.parametrize("date", ["3/4/21", "May 3rd", "Mar '19", "7 July 1931", "2019 or 2020", "12019", ""])
def test_a_date_without_one_year_or_of_a_very_old_one_becomes_a_placeholder(date: str) -> None:
    assert _generalised("DATE_TIME", date) is None


@pytest.mark.parametrize(
    "entity_type", ["LOCATION", "POSTCODE", "PHONE_NUMBER", "IP_ADDRESS", "PERSON", "ORGANIZATION", "URL"]
)
def test_what_has_no_band_becomes_a_placeholder(entity_type: str) -> None:
    assert _generalised(entity_type, "2019") is None
