"""`3/14/2019`, `March 3rd`, `since March`, `Christmas 2019` -> DATE_TIME.

A year alone stays, except somebody's year of birth. Fractions, scores and sayings (9/11, 24/7) are no dates.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule
from prefpairs.deid.recognizers.calendar_words import (
    DAY,
    FULL_WEEKDAY,
    HOLIDAY,
    HOLIDAY_WORDS,
    MONTH,
    MONTH_WORDS,
    NTH,
    NTH_IN_WORDS,
    ORDINAL_WORDS,
    SEASON,
    SEASON_WORDS,
    WEEKDAY,
)
from prefpairs.deid.recognizers.common_words import words
from prefpairs.deid.recognizers.worded import DIGIT, Needs, WordedRecognizer

_YEAR = r"(?:(?:19|20)\d\d|['’‘]\d\d)(?!\d)"
_AND_YEAR = rf"(?:,?[ \t]{{1,2}}(?:of[ ]|in[ ])?{_YEAR})"
_CLOCK = r"(?:T|[ ])[0-2]?\d:[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:[ ]?(?:[ap]\.?m\.?|Z|[+-][0-2]\d:?[0-5]\d))?"
_PART = (
    r"(?:(?:early|late|mid|the[ ](?:start|end|beginning|middle)[ ]of|middle[ ]of|end[ ]of|"
    r"beginning[ ]of)[ -])?"
)

# A pattern that begins with a class of digits is looked for at the speed of C; what must not stand before
# the first digit is therefore looked at from behind it.
_FIRST_DIGIT = r"\d(?<![\w/.$€£,:-].)"
_NO_DIGIT_AFTER = r"(?![\w/%])(?![-.,:]\d)"
_ENDS = r"(?!\w)(?!['’][^\W\ds])"

_CALENDAR_DAY = re.compile(r"\d+")
_MAX_DAY, _MAX_MONTH = 31, 12
_NEVER_DATES = frozenset({"24/7", "9/11", "4/20", "50/50", "1/2", "1/3", "1/4", "2/3", "3/4", "1/1"})
_SCALE_ENDS = frozenset({5, 10})  # 7/10 is how bad it is
_BIRTH = re.compile(r"\b(?:born|birthday|bday|b-day|birth|dob|d\.o\.b)\b[\w ,:.]{0,20}\Z", re.IGNORECASE)
_ON = re.compile(
    r"\b(?P<before>on|since|until|till|by|before|after|dated?|born|dob|birthday|bday|birth|is|"
    r"was|around)[ \t:]{1,3}"
    rf"(?:the[ ]|of[ ]|is[ ]|on[ ]|{FULL_WEEKDAY},?[ ])?\Z",
    re.IGNORECASE,
)
_BEFORE = 30
_WORDS_AND_MONTHS = frozenset({"may", "march", "mar", "jan", "june", "april", "august", "dec"})
_WORDS_BEFORE_NUMBERS = frozenset({"may", "march", "mar"})
_BEFORE_TIMES = frozenset({"in", "since", "until", "till", "during", "last", "next", "this past", "this coming"})


def _is_day_and_month(first: int, second: int) -> bool:
    return 1 <= min(first, second) <= _MAX_MONTH and 1 <= max(first, second) <= _MAX_DAY


def _numeric(match: re.Match[str]) -> Range | None:
    """Accept three numbers that are a day, a month and a year in any of the usual orders."""
    first, second, third = (int(part) for part in _CALENDAR_DAY.findall(match["date"])[:3])
    year_first = len(_CALENDAR_DAY.findall(match["date"])[0]) == len("2019")
    day_and_month = (second, third) if year_first else (first, second)
    return match.span("id") if _is_day_and_month(*day_and_month) else None


def _day_and_month(match: re.Match[str]) -> Range | None:
    """Accept `on 3/14` and `born 3/14`: alone it is a score, a fraction or a saying."""
    cue = _ON.search(match.string, max(0, match.start("id") - _BEFORE), match.start("id"))
    if cue is None:
        return None
    first, second = (int(part) for part in _CALENDAR_DAY.findall(match["id"]))
    if not _is_day_and_month(first, second):
        return None
    if _BIRTH.search(match.string, max(0, match.start("id") - _BEFORE), match.start("id")):
        return match.span("id")
    is_score = cue["before"].lower() in ("is", "was") or second in _SCALE_ENDS
    return None if is_score or match["id"] in _NEVER_DATES else match.span("id")


def _month_day(match: re.Match[str]) -> Range | None:
    """Accept `March 3` and `may 3rd`, and neither `I may 3 times` nor `a second may be`."""
    if match["month"][0].isupper() or match["month"].lower() not in _WORDS_BEFORE_NUMBERS:
        return match.span("id")
    has_number = match["nth"] and match["nth"][0].isdigit()
    is_placed = _ON.search(match.string, max(0, match.start("id") - _BEFORE), match.start("id")) is not None
    certain = has_number or match["year"] or " of " in match["id"].lower() or is_placed
    return match.span("id") if certain else None


def _month_alone(match: re.Match[str]) -> Range | None:
    """Accept a month after a word that time follows; `by may` and `from jan` are none in lower case."""
    month = match["id"].split()[-1]
    certain = month[0].isupper() or month.lower() not in _WORDS_AND_MONTHS
    return match.span("id") if certain or match["before"].lower() in _BEFORE_TIMES else None


class CalendarDateRecognizer(WordedRecognizer):
    """Finds dates that can be placed without knowing when the text was written, or nearly so."""

    ENTITY = "DATE_TIME"
    RULES = (
        Rule(
            name="2019-03-14",
            pattern=re.compile(
                r"(?P<id>(?P<date>[12](?<![\w/.$€£,:-].)(?:(?<=1)9|(?<=2)0)\d\d(?P<mark>[-/.])"
                rf"\d{{1,2}}(?P=mark)\d{{1,2}})(?:{_CLOCK})?)"
                r"(?![\w/])(?!-\d)"
            ),
            score=0.8,
            accept=_numeric,
        ),
        Rule(
            name="3/14/2019",
            pattern=re.compile(
                rf"(?P<id>(?P<date>{_FIRST_DIGIT}\d?(?P<mark>[-/.])[ ]?\d{{1,2}}(?P=mark)[ ]?(?:19|20)\d\d)"
                rf"(?:,?{_CLOCK})?)"
                r"(?![\w/])(?!-\d)"
            ),
            score=0.8,
            accept=_numeric,
        ),
        Rule(
            name="7/4/88",
            pattern=re.compile(
                rf"(?P<id>(?P<date>{_FIRST_DIGIT}\d?(?:/\d{{1,2}}/\d\d|(?<=\d\d)(?P<mark>[-.])\d\d(?P=mark)\d\d)))"
                rf"{_NO_DIGIT_AFTER}(?![ ]?(?:mg|mcg|ml|reps|sets)\b)"
            ),
            score=0.65,
            accept=_numeric,
        ),
        Rule(
            name="on 3/14",
            pattern=re.compile(rf"(?P<id>{_FIRST_DIGIT}\d?/\d{{1,2}}){_NO_DIGIT_AFTER}"),
            score=0.5,
            accept=_day_and_month,
        ),
        Rule(
            name="03/2019",
            pattern=re.compile(rf"(?P<id>{_FIRST_DIGIT}\d?/(?:19|20)\d\d){_NO_DIGIT_AFTER}"),
            score=0.6,
            accept=lambda match: (
                match.span("id") if 1 <= int(match["id"].partition("/")[0]) <= _MAX_MONTH else None
            ),
        ),
        Rule(
            name="expires 09/25",
            pattern=re.compile(
                r"\b(?:exp(?:ir(?:y|es|ing|ation))?|valid|good)\b[^0-9\n]{0,16}(?P<id>(?:0?[1-9]|1[0-2])/\d\d)"
                rf"{_NO_DIGIT_AFTER}",
                re.IGNORECASE,
            ),
            score=0.6,
        ),
        Rule(
            name="12-JAN-20",
            pattern=re.compile(
                rf"(?<![\w-])(?P<id>(?:{DAY}[-/.])?{MONTH}[-/.](?:(?:19|20)?\d\d)|{DAY}-{MONTH})(?![\w-])",
                re.IGNORECASE,
            ),
            score=0.6,
        ),
        Rule(
            name="March 3rd, 2019",
            pattern=re.compile(
                rf"(?<!\w)(?P<id>(?:{WEEKDAY}\.?,?[ \t]{{1,2}})?(?P<month>{MONTH})\.?[ \t]{{1,2}}(?:the[ ])?"
                rf"(?:(?P<nth>{NTH}|{NTH_IN_WORDS})|{DAY}(?![\d%]))(?P<year>{_AND_YEAR})?){_ENDS}(?!:\d)",
                re.IGNORECASE,
            ),
            score=0.75,
            accept=_month_day,
        ),
        Rule(
            name="3rd of March 2019",
            pattern=re.compile(
                rf"(?<![\w.])(?P<id>(?:the[ ])?(?:{WEEKDAY}\.?,?[ \t]{{1,2}}(?:the[ ])?)?"
                rf"(?:(?P<nth>{NTH}|{NTH_IN_WORDS})(?:[ ]of)?|{DAY}(?:[ ]of)?)"
                rf"[ \t]{{1,2}}(?P<month>{MONTH})\.?(?P<year>{_AND_YEAR})?)"
                rf"{_ENDS}",
                re.IGNORECASE,
            ),
            score=0.75,
            accept=_month_day,
        ),
        Rule(
            name="June 2018",
            pattern=re.compile(
                rf"(?<!\w)(?P<id>{_PART}{MONTH}\.?,?[ \t]{{1,2}}(?:of[ ]|in[ ])?{_YEAR}){_ENDS}", re.IGNORECASE
            ),
            score=0.75,
        ),
        Rule(
            name="since March",
            pattern=re.compile(
                r"\b(?P<before>in|since|until|till|by|from|of|during|around|before|after|last|next|this|"
                r"past|coming|through|"
                r"back[ ]in|early|late|mid|middle[ ]of|end[ ]of|beginning[ ]of)[ -]"
                r"(?:(?:early|late|mid|last|next|this|the[ ]end[ ]of|the[ ]middle[ ]of|the[ ]beginning[ ]of)"
                r"[ -])?"
                rf"(?P<id>{MONTH})(?![\w./-])(?!['’]\w)(?![ ](?:i|we|he|she|they|you|it|be|have|not|also|"
                r"or[ ]may)\b)",
                re.IGNORECASE,
            ),
            score=0.55,
            accept=_month_alone,
        ),
        Rule(
            name="last March",
            pattern=re.compile(
                r"\b(?P<id>(?P<before>last|next|this[ ]past|this[ ]coming|this)"
                rf"[ ]{MONTH}){_ENDS}(?![ ](?:i|we|be|not|have|help)\b)",
                re.IGNORECASE,
            ),
            score=0.55,
            accept=_month_alone,
        ),
        Rule(
            name="Christmas 2019",
            pattern=re.compile(
                rf"(?<!\w)(?P<id>(?:{HOLIDAY}|{SEASON}),?[ \t]{{1,2}}(?:of[ ]|in[ ])?{_YEAR}){_ENDS}",
                re.IGNORECASE,
            ),
            score=0.65,
        ),
        Rule(
            name="born in 1987",
            pattern=re.compile(
                r"\b(?:born|birth|dob|d\.o\.b\.?|b\.)(?:[ ](?:in|back[ ]in|year|is|of|on)"
                rf")?[ \t:,]{{1,3}}(?P<id>{_YEAR}){_ENDS}",
                re.IGNORECASE,
            ),
            score=0.65,
        ),
    )

    NEEDS: ClassVar[Mapping[str, Needs]] = {
        **{
            name: (frozenset({DIGIT}),)
            for name in (
                "2019-03-14",
                "3/14/2019",
                "7/4/88",
                "on 3/14",
                "03/2019",
                "expires 09/25",
                "born in 1987",
            )
        },
        "12-JAN-20": (MONTH_WORDS, frozenset({DIGIT})),
        "March 3rd, 2019": (MONTH_WORDS, ORDINAL_WORDS | {DIGIT}),
        "3rd of March 2019": (MONTH_WORDS, ORDINAL_WORDS | {DIGIT}),
        "June 2018": (MONTH_WORDS, frozenset({DIGIT})),
        "since March": (MONTH_WORDS,),
        "last March": (MONTH_WORDS, words("last next this")),
        "Christmas 2019": (HOLIDAY_WORDS | SEASON_WORDS, frozenset({DIGIT})),
    }
