"""Numbers that an office gave somebody are masked behind the word for them; quantities stay."""

import pytest

from prefpairs.deid.recognizers.records import RecordNumberRecognizer, SocialSecurityRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (RecordNumberRecognizer("en"), SocialSecurityRecognizer("en"))


@pytest.mark.parametrize(
    ("before", "value"),
    [
        ("MRN ", "00123456"), ("MRN: ", "1234"), ("case #", "12345"), ("case ", "2019-CV-00123"),
        ("policy number is ", "AB-123456"), ("my NHS number is ", "943 476 5919"), ("passport no. ", "X1234567"),
        ("license plate: ", "ABC 1234"), ("account ", "12345678"), ("order #", "112-1234567-1234567"),
        ("student id ", "20191234"), ("claim number: ", "A-77182"), ("tracking ", "1Z999AA10123456784"),
        ("driver's license ", "D1234567"), ("ticket #", "4821"), ("member id: ", "W20481773"),
        ("reference: ", "KX7712Q"), ("VA file no ", "12345678"), ("NI number: ", "QQ123456C"),
        ("docket no. ", "19-cr-00441"), ("order no. ", "hx 2706842"), ("odrer no. ", "LX-276590831"),
        ("claim #", "a 48044"),
    ],
)  # fmt: skip
def test_a_number_behind_its_word_is_masked(before: str, value: str) -> None:
    assert masked(_RECOGNIZERS, f"it is {before}{value}, I think") == f"it is {before}<RECORD_NUMBER>, I think"


@pytest.mark.parametrize(
    "raw",
    [
        "ssn 219 09 9999",
        "SSN: 219-09-9999",
        "my social is 219099999",
        "social security number 219.09.9999",
        "ssn ends in 4821",
        "he has my social, 811-60-1443",
    ],
)
def test_a_social_security_number_is_masked_behind_its_word(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw).endswith(" <US_SSN>")


@pytest.mark.parametrize(
    "raw",
    [
        "order 2000 calories", "member since 2015", "student 2019", "in case 2 people come", "case 10-20",
        "patient 100-200mg", "group of 12345", "report 2020-2021", "claim denied 3 times", "policy 2020",
        "PHQ-9 score 12", "social in 2019", "patient for 10 years", "file 1099", "record 12/04/2019",
        "group 10:30am",
    ],
)  # fmt: skip
def test_quantities_and_years_are_no_record_numbers(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
