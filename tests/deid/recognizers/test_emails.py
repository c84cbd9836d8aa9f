"""E-mail addresses are masked however they are written; places and times stay."""

import pytest

from prefpairs.deid.recognizers.emails import EmailAddressRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (EmailAddressRecognizer("en"),)


@pytest.mark.parametrize(
    "raw",
    [
        "jane dot roe at gmail dot com", "jane roe at gmail dot com", "jane (at) gmail (dot) com",
        "jane(at)x(dot)com", "jane [at] x . com", "jane[at]gmail.com", "jane AT gmail DOT com",
        "jane.roe at gmail dot com", "jane.roe at gmail", "jane_roe at yahoo.co.uk", "jane @ gmail . com",
        "jane @ example.org", "jane@gmail,com", "jane.roe@gmail.com", "jane.roe@gmail",
        "o'brien+x@example.co.uk", r"jane\_roe@gmail.com", "jane *at* gmail *dot* com", "jane@gmail.con",
        "jane underscore roe [at] example [dot] org", "jane\u200b.roe@example.org", "jane&#64;gmail.com",
        "jane.roe＠gmail.com", "jane&commat;gmail&period;com", "jane@janeroe.It", "ｊａｎｅ@gmail.com",
        "jane{at}gmail{dot}com", "jane<at>gmail.com", "jane_at_gmail_dot_com", "jane.roe at g-mail",
    ],
)  # fmt: skip
def test_an_address_is_masked_however_it_is_written(raw: str) -> None:
    assert masked(_RECOGNIZERS, f"write to {raw} today") == "write to <EMAIL_ADDRESS> today"


def test_a_long_local_part_is_masked_where_an_address_can_have_one() -> None:
    assert masked(_RECOGNIZERS, f"{'x' * 200}.jane@example.org") == "<EMAIL_ADDRESS>"


@pytest.mark.parametrize(
    "raw",
    [
        "I looked at it dot by dot", "meet at noon", "good at maths. Come over", "look at this", "look at gmail",
        "be good *at* it. Really", "he yells at me.It hurts", "he yells at me. At times", "me @ work",
        "10 @ home", "at live.in care",
    ],
)  # fmt: skip
def test_a_place_or_a_time_is_no_address(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
