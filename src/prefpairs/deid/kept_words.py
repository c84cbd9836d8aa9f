"""The lists in `kept/` -> words and numbers that a text keeps: medicines, illnesses, therapies, crisis lines."""

import re
from functools import cache
from importlib.resources import files

from prefpairs.deid.recognizers.phrases import Phrases

_TERMS = ("medications", "conditions", "therapies", "helpers", "platforms", "words")
_LETTERS = {"2": "ABC", "3": "DEF", "4": "GHI", "5": "JKL", "6": "MNO", "7": "PQRS", "8": "TUV", "9": "WXYZ"}
_KEYPAD = {letter: digit for digit, letters in _LETTERS.items() for letter in letters}
_NATIONAL_DIGITS = 10


@cache
def lines(name: str) -> tuple[str, ...]:
    """Return the entries of one list, without comments."""
    text = files("prefpairs.deid").joinpath("kept", f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


@cache
def terms() -> Phrases:
    """Return every term that is kept wherever it stands."""
    return Phrases(line for name in _TERMS for line in lines(name))


@cache
def medicine_names() -> Phrases:
    """Return medicines whose names are people's, or words."""
    return Phrases(lines("ambiguous_medications"))


@cache
def certain_eponyms() -> frozenset[str]:
    """Return names that mean an illness or a school of thought wherever they stand."""
    return frozenset(line.removeprefix("+").casefold() for line in lines("eponyms") if line.startswith("+"))


@cache
def eponyms_of_illnesses() -> frozenset[str]:
    """Return names that mean an illness where somebody has them: `has Huntington's`."""
    return frozenset(line.removeprefix("'").casefold() for line in lines("eponyms") if line.startswith("'"))


@cache
def eponyms() -> Phrases:
    """Return names that a word such as `syndrome` behind them turns into an illness, a scale or a law."""
    return Phrases(line.lstrip("+'") for line in lines("eponyms"))


@cache
def crisis_hosts() -> frozenset[str]:
    """Return the hosts of help that anybody may be sent to."""
    return frozenset(lines("crisis_hosts"))


@cache
def crisis_lines() -> re.Pattern[str]:
    """Return a pattern of every crisis line, however its digits are grouped, and never inside a longer number."""
    written = sorted({_written(line) for line in lines("crisis_lines")}, key=lambda item: (-len(item), item))
    return re.compile(
        rf"(?<![\d+])(?<!\d[-. ])(?:{'|'.join(written)})"
        r"(?:[ ]?\([A-Z0-9]{4,8}\))?(?![-. ]?\d)",
        re.IGNORECASE,
    )


_COUNTRY = r"(?:(?:\+|00)[1-9]\d{0,2}[\s.-]{0,2}(?:\(0\)[\s.-]?)?)?"


def _written(line: str) -> str:
    """Return the pattern of one line: each digit as itself or its letter, with what may stand between."""
    characters = [item for item in line.upper() if item.isalnum()]
    digits = "".join(_KEYPAD.get(item, item) for item in characters)
    if len(digits) == _NATIONAL_DIGITS + 1 and digits.startswith("1"):
        characters, optional = characters[1:], r"(?:\+?1[\s().-]{0,2})?\(?"
    elif digits.startswith("0") and len(digits) > _NATIONAL_DIGITS - 2:
        characters, optional = characters[1:], rf"{_COUNTRY}\(?0?"
    else:
        optional = rf"{_COUNTRY}\(?"
    between = r"[\s().\-–·]{0,3}"
    return optional + between.join(item if item.isdigit() else f"[{item}{_KEYPAD[item]}]" for item in characters)
