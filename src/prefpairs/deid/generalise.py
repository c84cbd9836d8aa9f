"""An age or a date -> a band or a year that many people share; anything else -> nothing, so a placeholder.

The bands follow HIPAA's Safe Harbor, 45 CFR 164.514(b)(2): ages over 89 in one band, of a date the year
alone, and no year that tells an age over 89. What is not understood from its first character to its last
is not published in part.
"""

import re

_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_ONES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_WORD_AGE = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[- ]?(?:{'|'.join(_ONES)}))?|{'|'.join(sorted(_ONES, key=len, reverse=True))})"
)
_GENDER = r"(?:m|f|nb|enby|mtf|ftm|afab|amab|trans[mf]|male|female|man|woman)"
_GAP = r"[ \t\u00a0]{0,2}[-,/:]?[ \t\u00a0]{0,2}"
_UNIT = (
    r"years?[- ]?olds?|years?[ ]of[ ]age|years?[ ]young|y[ ]?[/-]?[ ]?o\b\.?|y\.o\.?|yrs?[- ]?olds?|yrs?|years?"
)

# `24F`, `(F 24)`, `24/f`: the gender keeps its side and its case.
_TAG = re.compile(
    rf"(?P<open>[(\[]?)(?:(?P<age>\d{{1,3}})(?P<gap>{_GAP})(?P<after>{_GENDER})|"
    rf"(?P<before>{_GENDER})(?P<gap2>{_GAP})(?P<age2>\d{{1,3}}))(?P<close>[)\]]?)",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    rf"(?P<lead>(?:(?:aged?|turn(?:ed|ing|s)?|at|of)[ \t:]+)*)(?P<age>\d{{1,3}}|{_WORD_AGE})"
    rf"(?P<unit>[- \t\u00a0]{{0,2}}(?:{_UNIT}))?",
    re.IGNORECASE,
)
_DECADE = re.compile(r"(?:(?:early|mid|late)[- ])?(?P<decade>[2-8])0[’']?s", re.IGNORECASE)
_MONTHS_OLD = re.compile(
    r"(?:\d{1,2}|an?|one|two|three|four|five|six)[- ](?:day|week|wk|month|mo)s?[- ]olds?", re.IGNORECASE
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

_CHILD, _TEEN, _LATE_TEEN, _ADULT, _OLDEST = 0, 13, 18, 20, 90
_MOST = 119


def generalised(entity_type: str, identifier: str, *, oldest_year: int) -> str | None:
    """Return what may stand for an identifier, or None if nothing but a placeholder may.

    `24F` gives `20s F`, `a 16 year old` `teen`, `3 May 2019` `2019`. Years before `oldest_year` are not given.
    """
    if entity_type == "AGE":
        return _age(identifier.strip())
    if entity_type == "DATE_TIME":
        return _year(identifier, oldest_year)
    return None


def _age(identifier: str) -> str | None:
    if tag := _TAG.fullmatch(identifier):
        band = _band(int(tag["age"] or tag["age2"]), tag=True)
        if band is None:
            return None
        inner = f"{band} {tag['after']}" if tag["after"] else f"{tag['before']} {band}"
        return f"{tag['open']}{inner}{tag['close']}"
    if phrase := _PHRASE.fullmatch(identifier):
        band = _band(_number(phrase["age"].lower()), tag=False)
        return None if band is None else phrase["lead"] + band
    if decade := _DECADE.fullmatch(identifier):
        return f"{decade['decade']}0s"
    return "under-13" if _MONTHS_OLD.fullmatch(identifier) else None


def _band(age: int, *, tag: bool) -> str | None:
    """Return the band of an age as it reads in a tag (`20s F`), or anywhere else (`20-something`)."""
    if age > _MOST:
        return None
    if age >= _OLDEST:
        return "90+" if tag else "90-plus"
    if age >= _ADULT:
        decade = age // 10 * 10
        return f"{decade}s" if tag else f"{decade}-something"
    if age >= _LATE_TEEN:
        return "late teens" if tag else "late-teen"
    if age >= _TEEN:
        return "teen"
    return "child" if tag else "under-13"


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    if word in _ONES:
        return _ONES[word]
    tens = next(name for name in _TENS if word.startswith(name))
    return _TENS[tens] + _ONES.get(word[len(tens) :].lstrip("- "), 0)


def _year(identifier: str, oldest_year: int) -> str | None:
    years = set(_YEAR.findall(identifier))
    if len(years) != 1:
        return None
    year = years.pop()
    return year if int(year) >= oldest_year else None
