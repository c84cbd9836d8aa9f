"""Web addresses and phone numbers, whether or not they exist -> URL and PHONE_NUMBER.

Presidio only finds addresses under a known top-level domain and numbers that a numbering plan allows.
A typing error or an intranet identifies as well, and the gate behind stops a night over one of them.
"""

import re

from prefpairs.deid.recognizers.base import Rule, RuleRecognizer

_NO_DIGIT_BEFORE, _NO_DIGIT_AFTER = r"(?<![0-9])", r"(?![0-9])"


class WebAddressRecognizer(RuleRecognizer):
    """Finds whatever begins like a web address."""

    ENTITY = "URL"
    RULES = (
        Rule(
            name="scheme or www",
            pattern=re.compile(r"(?P<id>(?:(?:https?|ftp)://|www\.)[^\s()\[\]<>\"]+)", re.IGNORECASE),
            score=0.6,
        ),
    )


class NumberRecognizer(RuleRecognizer):
    """Finds what is grouped like a phone number; help lines are left by `deid.never_mask`."""

    ENTITY = "PHONE_NUMBER"
    RULES = (
        Rule(
            name="+ and country code",
            pattern=re.compile(rf"(?P<id>\+[1-9](?:[-. ()]{{0,3}}[0-9]){{8,14}}){_NO_DIGIT_AFTER}"),
            score=0.5,
        ),
        Rule(
            name="3-3-4",
            pattern=re.compile(
                rf"{_NO_DIGIT_BEFORE}(?P<id>(?:\+?1[-. ]{{0,2}})?"
                rf"(?:\([2-9][0-9]{{2}}\)[-. ]{{0,2}}|[2-9][0-9]{{2}}[-. ]{{1,2}})"
                rf"[2-9][0-9]{{2}}[-. ]?[0-9]{{4}}){_NO_DIGIT_AFTER}"
            ),
            score=0.5,
        ),
        Rule(
            name="trunk zero",
            pattern=re.compile(
                rf"{_NO_DIGIT_BEFORE}(?P<id>0[0-9]{{2,4}}[-. ][0-9]{{3,4}}[-. ]?[0-9]{{3,4}}"
                rf"|0[1-9](?:[-. ][0-9]{{2}}){{4}}){_NO_DIGIT_AFTER}"
            ),
            score=0.5,
        ),
    )
