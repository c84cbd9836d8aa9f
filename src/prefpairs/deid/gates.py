"""A text -> which of Presidio's recognizers could possibly find something in it.

Each gate is a condition that every match of the recognizer's patterns meets: a text that does not
contain it cannot contain a match, so nothing is lost by not looking. The gates were derived from the
patterns of one Presidio release; under any other they are not used. `tests/deid/test_gates.py`
compares results with and without them.
"""

import re as standard_re
from collections.abc import Callable
from importlib.metadata import version

import regex
from phonenumbers.phonenumberutil import _VALID_PUNCTUATION

GATED_VERSION = "2.2.366"

Gate = Callable[[str], object]

# As in Presidio: the same module with the same flags, so that case folds the same way.
_FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE

# phonenumbers allows at most four marks between two digits, and no region that Presidio asks for has
# numbers under four digits; with a country code the shortest has six.
_PHONE = rf"(?:\d[{_VALID_PUNCTUATION}]{{0,4}}){{3}}\d"

_CONDITIONS = {
    "CreditCardRecognizer": r"\d{4}[- ]?\d{3}",
    "CryptoRecognizer": r"(?:bc1|[13])[a-z0-9]{25}",
    "DateRecognizer": r"\d[-/.]\d|\d-[a-z]{3}|[a-z]-\d",
    "EmailRecognizer": r"@",
    "IbanRecognizer": r"[a-z]{2}[0-9]{2}[ -]?[a-z0-9]{4}",
    "IpRecognizer": r"::|[0-9]\.[0-9]|[0-9a-f]:[0-9a-f]{1,4}:",
    "MacAddressRecognizer": r"[0-9a-f]{2}[:-][0-9a-f]{2}[:-]|[0-9a-f]{4}\.[0-9a-f]{4}\.",
    "UrlRecognizer": r"[a-z0-9.\-]\.[a-z]",
    "UsSsnRecognizer": r"[0-9]{9}|[0-9]{5}-[0-9]|[0-9]{3}[- .][0-9]{2}",
    "UuidRecognizer": r"[0-9a-f]{4}-[0-9a-f]{4}-",
}


def gates() -> dict[str, Gate]:
    """Return recognizer name -> gate, for the recognizers of the installed Presidio that have one."""
    if version("presidio-analyzer") != GATED_VERSION:
        return {}
    found: dict[str, Gate] = {
        name: regex.compile(condition, _FLAGS).search for name, condition in _CONDITIONS.items()
    }
    found["PhoneRecognizer"] = standard_re.compile(_PHONE, standard_re.IGNORECASE).search
    return found
