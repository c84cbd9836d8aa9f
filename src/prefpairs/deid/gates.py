"""Presidio's recognizers -> what a text must hold for one of them to find anything.

Each condition is met by every match of the recognizer's patterns, so nothing is lost by not looking
where it is not met. The conditions were derived by hand from the patterns of one Presidio release: at
start-up the patterns are hashed, and a recognizer whose patterns are others runs ungated. They begin
with a rare character, which `re` finds fastest, and speak ASCII: a text in which other characters may
stand for ASCII's (`requirements.is_usual`) is not gated. `tests/deid/test_gates.py` compares results.
"""

import logging
import re
from dataclasses import dataclass

from phonenumbers.phonenumberutil import _VALID_PUNCTUATION
from presidio_analyzer import EntityRecognizer

from prefpairs.deid.phone_numbers import SHORTEST_NUMBER
from prefpairs.deid.recognizers.base import name_of
from prefpairs.files import sha256_json

_logger = logging.getLogger(__name__)
_HASH_LENGTH = 16
_HEX = "[0-9A-Fa-f]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a recognizer needs.

    Attributes
    ----------
    condition
        Found in every match, or at its edge.
    needs_digit
        The condition holds an ASCII digit: one look for a digit answers for all of these.
    within_words
        No match holds white space, so only the words around a condition are searched.

    """

    condition: re.Pattern[str]
    needs_digit: bool
    within_words: bool


_CONDITIONS = {
    "CreditCardRecognizer": r"[0-9]{4}[- ]?[0-9]{3}",
    "CryptoRecognizer": r"[13][A-Za-z0-9]{25}",
    "DateRecognizer": r"[0-9](?:[-/.][0-9]|-[A-Za-z]{3}|(?<=[A-Za-z]-[0-9]))",
    "EmailRecognizer": r"@",
    "IbanRecognizer": r"[0-9](?<=[A-Za-z]{2}[0-9])[0-9][ -]?[A-Za-z0-9]{4}",
    "IpRecognizer": rf"[0-9:](?:(?<=[0-9])\.[0-9]{{1,3}}\.[0-9]|(?<=:)(?::|(?<={_HEX}:){_HEX}{{1,4}}:))",
    "MacAddressRecognizer": rf"[-:.](?:(?<={_HEX}{{2}}[-:]){_HEX}{{2}}[-:]|(?<={_HEX}{{4}}\.){_HEX}{{4}}\.)",
    "MedicalLicenseRecognizer": r"[0-9]{7}",
    "NhsRecognizer": r"[0-9]{3}[- ]?[0-9]{3}",
    # phonenumbers allows at most four marks between two digits.
    "PhoneRecognizer": rf"[0-9](?:[{_VALID_PUNCTUATION}X]{{0,4}}[0-9]){{{SHORTEST_NUMBER - 1}}}",
    "UrlRecognizer": r"\.(?<=[A-Za-z0-9.-]\.)[A-Za-z]",
    "UsBankRecognizer": r"[0-9]{8}",
    "UsItinRecognizer": r"9[0-9]{2}[- 0-9]",
    "UsLicenseRecognizer": r"[0-9](?:[A-Za-z]|[0-9]{5}|(?<=[]A-Za-z][0-9]))",
    "UsPassportRecognizer": r"[0-9]{8}",
    "UsSsnRecognizer": r"[0-9]{3}(?:[- .][0-9]{2}|[0-9]{2}(?:-[0-9]|[0-9]{4}))",
    "UuidRecognizer": rf"-{_HEX}{{4}}-{_HEX}{{4}}-",
}
_WITHOUT_DIGIT = frozenset(
    {"EmailRecognizer", "IpRecognizer", "MacAddressRecognizer", "UrlRecognizer", "UuidRecognizer"}
)
_WITHIN_WORDS = frozenset(
    {"DateRecognizer", "EmailRecognizer", "IpRecognizer", "UrlRecognizer", "UsLicenseRecognizer"}
)
_DERIVED_FROM = {
    "CreditCardRecognizer": "0d072ec496bf5080",
    "CryptoRecognizer": "a2577c9d041c0597",
    "DateRecognizer": "27bf616071c3364a",
    "EmailRecognizer": "f50719572efbd75d",
    "IbanRecognizer": "533fd9c652e53d1e",
    "IpRecognizer": "afb2727fc4cc8b14",
    "MacAddressRecognizer": "8a48b6196fdd0a70",
    "MedicalLicenseRecognizer": "b8fd568b08e242b1",
    "NhsRecognizer": "d1975948452f4deb",
    "PhoneRecognizer": "29e3f12fec738706",
    "UrlRecognizer": "15f6f39199e2d78b",
    "UsBankRecognizer": "bf5ccc637596e1d4",
    "UsItinRecognizer": "2f5feb5288ab0ec5",
    "UsLicenseRecognizer": "ff86cc5aa9ee0fed",
    "UsPassportRecognizer": "d4cac8244bf2fe0d",
    "UsSsnRecognizer": "33c9dbd6f33d7423",
    "UuidRecognizer": "b2e78e1a6a888340",
}
"""The `patterns_sha256` of the recognizers from which the conditions were derived."""

_GATES = {
    name: Gate(
        condition=re.compile(condition),
        needs_digit=name not in _WITHOUT_DIGIT,
        within_words=name in _WITHIN_WORDS,
    )
    for name, condition in _CONDITIONS.items()
}


def gate_of(recognizer: EntityRecognizer) -> Gate | None:
    """Return the gate of one of Presidio's recognizers, None if it has none that can be trusted."""
    name = name_of(recognizer)
    gate = _GATES.get(name)
    if gate is None or patterns_sha256(recognizer) == _DERIVED_FROM[name]:
        return gate
    _logger.warning("%s has other patterns than its gate was derived from: it runs on every text.", name)
    return None


def patterns_sha256(recognizer: EntityRecognizer) -> str:
    """Return the beginning of the SHA-256 of everything that a recognizer looks for."""
    patterns = [pattern.regex for pattern in getattr(recognizer, "patterns", ())]
    regions = list(getattr(recognizer, "supported_regions", ()))
    return sha256_json([patterns, regions, getattr(recognizer, "leniency", None)])[:_HASH_LENGTH]
