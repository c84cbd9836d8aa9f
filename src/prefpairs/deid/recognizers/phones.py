"""Phone numbers as people write them, in digits or in words -> PHONE_NUMBER.

Whether a number exists is not asked: a typing error identifies as well, and the gate behind stops a night
over it. Groups that could be scores, years, doses or amounts need a word such as "call" before them.
Help lines are left by `deid.never_mask`.
"""

import itertools
import re
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer

# No digits of another number before and after: `3.14155552671`, `1,415,555`, `2018-2019-2020`.
_FRESH = r"(?<![0-9])(?<![0-9][.,:/])(?<![$£€¥])(?<![$£€¥][ ])"
_DONE = r"(?![0-9])(?![.,:/][0-9])"
_MARK = r"[-. \t/–—_·•*~|]"
_MARKS = rf"{_MARK}{{0,3}}"
_AREA = r"(?:\([ ]?[2-9][0-9]{2}[ ]?\)|\[[2-9][0-9]{2}\]|[2-9][0-9]{2})"
_COUNTRY_1 = rf"(?:\+?1{_MARKS})?"
_LINE = r"[2-9][0-9]{2}"

_WORD = (
    r"(?:call(?:ed|s|ing)?|text(?:ed|s|ing)?|phones?|cell(?:phone)?|mobile|numbers?|numero|whats\s?app|signal|viber|"
    r"telegram|reach(?:ed)?|contact(?:ed)?|tel(?:ephone)?|fax|ph|ring|dial(?:ed)?|digits|landline|sms|message|msg|hmu|"
    r"hit\s+me\s+up|imessage|facetime|venmo|zelle|cashapp)"
)
_CONTEXT = re.compile(rf"\b{_WORD}\b[^\n0-9]{{0,40}}\Z", re.IGNORECASE)
_CONTEXT_WINDOW = 60
_INVITATION = re.compile(
    r"[ ,.!:;(–-]{1,4}(?:please |pls )?(?:call|text|ring|hmu|hit|whatsapp|msg|message)\b", re.IGNORECASE
)
_UNIT = re.compile(
    r"[ ]?(?:mgs?|mcg|ml|kgs?|lbs?|cals?|calories|kcal|karma|followers|views|upvotes|points|subs|members|years?|"
    r"yrs?|"
    r"days?|hours?|hrs?|mins?|minutes|months?|weeks?|times|people|dollars|usd|euros?|pounds|bucks|steps|words|k|%|°|"
    r"am|pm)(?![a-z])",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"[$£€¥][ ]?\Z")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](?:19|20)?[0-9]{2}"
)
_DECIMAL = re.compile(r"[0-9]{1,3}\.[0-9]+")
_DIGITS = re.compile(r"[0-9]+")

_DIGIT_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_DIGIT_WORD = rf"(?:{'|'.join(_DIGIT_WORDS)})"
_TOKEN = rf"(?:(?:double|triple)[ -]{_DIGIT_WORD}|{_DIGIT_WORD}(?![a-z])|[0-9]{{1,4}})"
_SPELLED = re.compile(_DIGIT_WORD, re.IGNORECASE)
_SPELLED_TOKEN = re.compile(
    rf"(?P<times>double|triple)?[ -]?(?P<word>{_DIGIT_WORD})|(?P<digits>[0-9]+)", re.IGNORECASE
)
_TIMES = {"double": 2, "triple": 3}

_NATIONAL, _WITH_COUNTRY, _LOCAL, _LONGEST = 10, 11, 7, 15
_FEWEST_SPELLED = 3
_MOST_GROUPS = 6


def _has_context(match: re.Match[str]) -> bool:
    start, end = match.span("id")
    before = match.string[max(0, start - _CONTEXT_WINDOW) : start]
    return _CONTEXT.search(before) is not None or _INVITATION.match(match.string, end) is not None


def _is_amount(match: re.Match[str]) -> bool:
    return _UNIT.match(match.string, match.end("id")) is not None


def _unless_amount(match: re.Match[str]) -> Range | None:
    return None if _is_amount(match) else match.span("id")


def _unless_bare_amount(match: re.Match[str]) -> Range | None:
    # The gate behind stops at anything grouped 3-3-4, whatever follows; only bare digits may be an amount.
    start = match.start("id")
    is_amount = _is_amount(match) or _CURRENCY.search(match.string, max(0, start - 2), start)
    return None if match["id"].isdigit() and is_amount else match.span("id")


def _groups(match: re.Match[str]) -> list[str]:
    return _DIGITS.findall(match["id"])


def _is_counting(digits: str) -> bool:
    """Say whether digits go up or down by one, like somebody who counts."""
    steps = {int(after) - int(before) for before, after in itertools.pairwise(digits)}
    return steps in ({1}, {-1})


def _odd_groups(match: re.Match[str]) -> Range | None:
    """Take `415 5 55 26 71`: ten digits in odd groups, none of them a year."""
    groups = _groups(match)
    digits = "".join(groups)
    if len(digits) == _WITH_COUNTRY and digits[0] == "1":
        groups, digits = [groups[0][1:] or "1", *groups[1:]], digits[1:]
    is_number = len(digits) == _NATIONAL and len(groups) <= _MOST_GROUPS and not _is_counting(digits)
    if not is_number or any(_YEAR.fullmatch(group) for group in groups):
        return None
    return _unless_amount(match)


def _with_context(match: re.Match[str]) -> Range | None:
    """Take any seven to fifteen digits behind "call me", but no dates and no years."""
    groups = _groups(match)
    count = sum(map(len, groups))
    is_other = any(shape.fullmatch(match["id"]) for shape in (_DATE, _DECIMAL)) or _is_counting("".join(groups))
    if is_other or not _LOCAL <= count <= _LONGEST:
        return None
    if all(_YEAR.fullmatch(group) for group in groups) or not _has_context(match):
        return None
    return _unless_amount(match)


def _spelled(match: re.Match[str]) -> Range | None:
    found = match["id"]
    digits = "".join(
        item["digits"] or _DIGIT_WORDS[item["word"].lower()] * _TIMES.get((item["times"] or "").lower(), 1)
        for item in _SPELLED_TOKEN.finditer(found)
    )
    if len(_SPELLED.findall(found)) < _FEWEST_SPELLED or _is_counting(digits) or len(set(digits)) == 1:
        return None
    is_number = len(digits) in (_NATIONAL, _WITH_COUNTRY) or (
        _LOCAL <= len(digits) <= _LONGEST and _has_context(match)
    )
    return match.span("id") if is_number else None


class PhoneNumberRecognizer(RuleRecognizer):
    """Finds `415.555.2671`, `(415)555-2671`, `+44 7700 900123`, `four one five 555 2671`, `call 867-5309`."""

    ENTITY = "PHONE_NUMBER"
    gate = re.compile(
        # Seven digits are the fewest, with at most five marks between two; or three digits in words.
        rf"(?:[0-9][^0-9A-Za-z\n]{{0,5}}){{6}}[0-9]|(?:{_DIGIT_WORD}|[0-9])[-,. ]{{0,3}}{_DIGIT_WORD}[-,. ]{{0,3}}"
        rf"(?:{_DIGIT_WORD}|[0-9])",
        re.IGNORECASE,
    )
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="+ and country code",
            pattern=re.compile(r"(?P<id>\+[1-9](?:[-. ()/–]{0,3}[0-9]){7,14})(?![0-9])"),
            score=0.7,
        ),
        Rule(
            name="00 and country code",
            pattern=re.compile(
                rf"{_FRESH}(?P<id>00[-. ]?[1-9][0-9]{{0,2}}(?:[-. ()/]{{1,3}}[0-9]{{2,6}}){{2,5}}){_DONE}"
            ),
            score=0.6,
        ),
        Rule(
            name="3-3-4",
            pattern=re.compile(
                rf"(?<![0-9])(?P<id>{_COUNTRY_1}{_AREA}{_MARKS}{_LINE}{_MARKS}[0-9]{{4}})(?![0-9])"
            ),
            score=0.6,
            accept=_unless_bare_amount,
        ),
        Rule(
            name="trunk zero",
            pattern=re.compile(
                rf"{_FRESH}(?P<id>\(?0[1-9][0-9]{{1,3}}\)?[-. /–]{{1,2}}[0-9]{{3,4}}[-. ]?[0-9]{{3,4}}"
                rf"|\(?0[1-9][0-9]{{1,3}}\)?[-. /–]{{1,2}}[0-9]{{5,8}}|0[1-9](?:[-. ][0-9]{{2}}){{4}}|"
                rf"0[1-9][0-9]{{8,9}}"
                rf"|0800[-. ]?[0-9]{{3}}[-. ]?[0-9]{{3,4}}){_DONE}"
            ),
            score=0.6,
            accept=_unless_amount,
        ),
        Rule(
            # Whatever stands around it: the gate behind stops a night over it.
            name="trunk zero, glued",
            pattern=re.compile(
                r"(?<![0-9])(?P<id>0(?![38])[0-9]{2,4}[-. ][0-9]{3,4}[-. ]?[0-9]{3,4}|0[1-9](?:[-. ][0-9]{2}){4})"
                r"(?![0-9])"
            ),
            score=0.5,
        ),
        Rule(
            name="area in brackets",
            pattern=re.compile(
                rf"(?<![0-9])(?P<id>\([0-9]{{2,5}}\)[-. ]?[0-9]{{3,5}}[-. ]?[0-9]{{3,5}}|"
                rf"[6-9][0-9]{{4}}[- ][0-9]{{5}}){_DONE}"
            ),
            score=0.5,
            accept=_unless_amount,
        ),
        Rule(
            name="fictional 555-01xx",
            pattern=re.compile(rf"{_FRESH}(?P<id>555[-. –][0-9]{{4}}){_DONE}"),
            score=0.5,
            accept=_unless_amount,
        ),
        Rule(
            name="odd groups",
            pattern=re.compile(rf"{_FRESH}(?P<id>(?:1[-. ])?[2-9][0-9]{{2}}(?:[-. ][0-9]{{1,4}}){{2,5}}){_DONE}"),
            score=0.5,
            accept=_odd_groups,
        ),
        Rule(
            name="digits after a word",
            pattern=re.compile(rf"{_FRESH}(?P<id>\(?[0-9](?:[-. ()/–]{{0,3}}[0-9]){{6,14}}){_DONE}"),
            score=0.6,
            accept=_with_context,
        ),
        Rule(
            name="digits in words",
            pattern=re.compile(
                rf"(?<![a-z])(?P<id>{_TOKEN}(?:[-,. /]{{0,3}}{_TOKEN}){{3,15}})(?![a-z])", re.IGNORECASE
            ),
            score=0.6,
            accept=_spelled,
        ),
    )
