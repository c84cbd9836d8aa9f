"""Ages are masked in the ways in which people write them; doses, codes, lengths and bands are none."""

import pytest

from prefpairs.deid.recognizers.ages import AgeRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (AgeRecognizer("en"),)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("I'm 24F, my bf 27m", "I'm <AGE>, my bf <AGE>"),
        ("24/f here, or F24", "<AGE> here, or <AGE>"),
        ("(26M) and [19f]", "(<AGE>) and [<AGE>]"),
        ("Me [24 M] with my GF [23 F] of 2 years", "Me [<AGE>] with my GF [<AGE>] of 2 years"),
        ("I (23 f) and my sister (19)", "I (<AGE>) and my sister (<AGE>)"),
        ("19yo, 19 y/o, 19 years old, 32 yr old", "<AGE>, <AGE>, <AGE>, <AGE>"),
        ("a seventeen year old", "a <AGE>"),
        ("I'm 17. im 15 and sad", "I'm <AGE>. im <AGE> and sad"),
        ("I'm fifteen! he's 35", "I'm <AGE>! he's <AGE>"),
        ("turned 31, aged 45, at age 14", "turned <AGE>, aged <AGE>, at age <AGE>"),
        ("when I was 12 my mom was 40", "when I was <AGE> my mom was <AGE>"),
        ("my 8 year old", "my <AGE>"),
        ("her 3 and 5 year olds", "her <AGE> and <AGE>"),
        ("24 male, or male, 24", "<AGE> male, or male, <AGE>"),
        ("24NB \U0001f600 31F", "<AGE> \U0001f600 <AGE>"),
    ],
)
def test_an_age_is_masked(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "in my mid-20s, in her 30s", "5 years ago, for 20 years", "20mg, 20 mg, 100mg", "F32, F41.1, B12, D3, H1",
        "diagnosed F24, ICD code F24, depression (F32)", "24/7, 9/11, 50/50",
        "I'm 5 weeks in, I am 2 months clean",
        "I am 100% sure, im 90% there", "I'm 6'2 and 180 pounds", "I'm 20k in debt", "it was 70F outside",
        "turned 180 degrees", "a 20m walk on the M25 motorway", "$27M", "I'm 1 of 4", "I was 20 minutes late",
        "I'm ten times worse",
    ],
)  # fmt: skip
def test_what_is_no_age_stays(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
