"""Two letters that stand for somebody are masked; abbreviations stay."""

import pytest

from prefpairs.deid.recognizers.initials import InitialsRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = [InitialsRecognizer("en")]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("T.J. broke up with me", "<PERSON> broke up with me"),
        ("and d. h. still calls, d.h.'s dog", "and <PERSON> still calls, <PERSON>'s dog"),
        ("K.B. (my sister)", "<PERSON> (my sister)"),
    ],
)
def test_initials_that_stand_for_somebody_are_masked(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "e.g. a walk, i.e. outside, at 5 p.m. today", "the U.S. is big", "an I.D. card", "S.A.D. is real",
        "A. B. C. is how it goes", "a.) journaling b.) painting", "plan B. A walk", "P.S. thanks", "my Ph.D. was",
    ],
)  # fmt: skip
def test_abbreviations_and_lists_stay(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
