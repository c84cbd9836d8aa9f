"""A detection -> whether it is something that must stay in the text: a crisis line, or what the settings name."""

import re
from collections.abc import Iterable

_SEPARATORS = re.compile(r"[\W_]+")
_NATIONAL_DIGITS = 10

# A model that learns `call <PHONE_NUMBER>` has lost the one number that matters.
_CRISIS_LINES = (
    "911", "999", "112", "988", "741741", "838255", "678678", "686868", "116 123", "116 111", "85258", "50808",
    "13 11 14", "1-800-273-8255", "1-800-273-TALK", "1-866-488-7386", "1-877-565-8860", "1-800-799-7233",
    "1-800-656-4673", "1-800-662-4357", "1-833-456-4566", "1-888-488-7386", "0800 1111", "0300 123 3393",
    "1800 551 800", "61 13 11 14",
)  # fmt: skip


class NeverMask:
    """What stays in the text although a recognizer found it."""

    def __init__(self, own: Iterable[str]) -> None:
        self._kept = frozenset(comparable(text) for text in (*_CRISIS_LINES, *own))

    def keeps(self, text: str, *, start: int, end: int, entity_type: str) -> bool:  # noqa: ARG002
        """Say whether the detection at `start` to `end` is to be left in `text`."""
        return comparable(text[start:end]) in self._kept


def comparable(text: str) -> str:
    """Return `text` without case, separators and a leading 1: what help lines are compared by."""
    plain = _SEPARATORS.sub("", text).casefold()
    return plain[1:] if len(plain) == _NATIONAL_DIGITS + 1 and plain.startswith("1") else plain
