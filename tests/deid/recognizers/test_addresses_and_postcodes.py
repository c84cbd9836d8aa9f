"""Addresses are masked with the town that follows, and postcodes where they cannot be a number."""

import pytest

from prefpairs.deid.recognizers.addresses import StreetAddressRecognizer
from prefpairs.deid.recognizers.postcodes import PostcodeRecognizer
from tests.support.recognizing import masked

_STREETS = (StreetAddressRecognizer("en"),)
_POSTCODES = (PostcodeRecognizer("en"),)


@pytest.mark.parametrize(
    "raw",
    [
        "221b Baker St", "1600 Pennsylvania Ave NW, Apt 4", "flat 3, 12 Elm Road", "12 elm street", "123 5th Ave",
        "742 Evergreen Terrace\nSpringfield, OR 97477", "742 Evergreen Terrace, Springfield OR",
        "1234 N Main St Apt 2B Austin TX 78701", "12 oak lane springfield il 62704", "1500 Broadway",
        "10 Downing Street, London SW1A 2AA", "P.O. Box 123, Springfield, IL 62704",
        "Musterstraße 12, 80331 München", "12 rue de la Paix, 75002 Paris", "Via Roma 3", "Calle Mayor 14",
        "Kerkstraat 12, 1012 AB Amsterdam",
    ],
)  # fmt: skip
def test_an_address_is_masked_whole(raw: str) -> None:
    assert masked(_STREETS, f"it is {raw}, come") == "it is <STREET_ADDRESS>, come"


def test_a_street_without_a_number_is_masked_after_a_place() -> None:
    assert masked(_STREETS, "I live on Elm Street now") == "I live on <STREET_ADDRESS> now"


@pytest.mark.parametrize(
    "raw",
    [
        "2 blocks down the street", "a 5 minute drive, 3 hours way", "I have 3 kids. St Mary is", "24/7 Way Out",
        "I was 12 Years Way Back", "a one way street", "saw 2 Dr Smith",
    ],
)  # fmt: skip
def test_a_way_to_go_is_no_address(raw: str) -> None:
    assert masked(_STREETS, raw) == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("zip 02139, zip code is 02139-1234", "zip <POSTCODE>, zip code is <POSTCODE>"),
        ("Cambridge, MA 02139", "Cambridge, MA <POSTCODE>"),
        ("in Texas 75001", "in Texas <POSTCODE>"),
        ("at SW1A 1AA, EC1A1BB or sw1a 1aa", "at <POSTCODE>, <POSTCODE> or <POSTCODE>"),
        ("K1A 0B1 and k1a 0b1", "<POSTCODE> and <POSTCODE>"),
        ("Sydney NSW 2000", "Sydney NSW <POSTCODE>"),
        ("postcode 3000, PLZ: 80331, D-80331 Munich", "postcode <POSTCODE>, PLZ: <POSTCODE>, <POSTCODE> Munich"),
    ],
)
def test_a_postcode_is_masked_in_prose(raw: str, expected: str) -> None:
    assert masked(_POSTCODES, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "B12 shots",
        "W8 1hr, b12 2hr",
        "H1 2AB",
        "I owe 50000",
        "in 2000 OK Bob",
        "2020 US Election",
        "postcode lottery",
    ],
)
def test_vitamins_and_numbers_are_no_postcodes(raw: str) -> None:
    assert masked(_POSTCODES, raw) == raw
