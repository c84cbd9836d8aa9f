"""Payment cards of the range that Mastercard opened in 2017, which Presidio does not know -> CREDIT_CARD."""

import re
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer

_FIRST, _LAST = 2221, 2720  # ISO/IEC 7812 prefixes, Mastercard's 2-series


def _is_card(match: re.Match[str]) -> Range | None:
    digits = [int(character) for character in match["id"] if character.isdigit()]
    prefix = int("".join(map(str, digits[:4])))
    return match.span("id") if _FIRST <= prefix <= _LAST and _luhn(digits) == 0 else None


def _luhn(digits: list[int]) -> int:
    """Return Luhn's remainder (ISO/IEC 7812-1, annex B): 0 for a number without a typing error."""
    doubled = [digit if place % 2 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)]
    return sum(doubled) % 10


class NewCardRecognizer(RuleRecognizer):
    """Finds `2223 0031 2200 3222`."""

    ENTITY = "CREDIT_CARD"
    gate = re.compile(r"2[2-7][0-9]{2}[ -]?[0-9]{4}")
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="2-series",
            pattern=re.compile(r"(?<![0-9])(?P<id>2[2-7][0-9]{2}(?:[ -]?[0-9]{4}){3})(?![0-9])"),
            score=0.8,
            accept=_is_card,
        ),
    )
