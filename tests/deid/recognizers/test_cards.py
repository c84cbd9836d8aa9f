"""Cards that Presidio does not know are masked; other numbers of sixteen digits are not."""

import pytest

from prefpairs.deid.recognizers.cards import NewCardRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = [NewCardRecognizer("en")]


# Mastercard's own test numbers.
@pytest.mark.parametrize("card", ["2223003122003222", "2223 0031 2200 3222", "2222-4200-0000-1113"])
def test_a_card_of_the_2_series_is_masked(card: str) -> None:
    assert masked(_RECOGNIZERS, f"paid with {card} again") == "paid with <CREDIT_CARD> again"


@pytest.mark.parametrize("number", ["2223003122003221", "2220003122003222", "22230031220032221"])
def test_a_number_that_is_no_such_card_stays(number: str) -> None:
    assert masked(_RECOGNIZERS, number) == number
