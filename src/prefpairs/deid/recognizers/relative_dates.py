"""`3 weeks ago`, `last Christmas`, `on my birthday` -> RELATIVE_DATE.

Only who knows when a text was written can place such a date, so it is told apart: the settings decide.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from prefpairs.deid.recognizers.base import Rule
from prefpairs.deid.recognizers.calendar_words import (
    FULL_WEEKDAY,
    HOLIDAY,
    HOLIDAY_WORDS,
    NTH,
    SEASON,
    SEASON_WORDS,
    WEEKDAY_WORDS,
)
from prefpairs.deid.recognizers.common_words import words
from prefpairs.deid.recognizers.worded import DIGIT, Needs, WordedRecognizer


class RelativeDateRecognizer(WordedRecognizer):
    """Finds dates that only the time of writing places."""

    ENTITY = "RELATIVE_DATE"
    RULES = (
        Rule(
            name="3 weeks ago",
            pattern=re.compile(
                r"\b(?P<id>(?:(?:about|around|almost|nearly|over|like)[ ])?(?:\d{1,3}|an?|one|two|three|"
                r"four|five|six|seven|eight|nine|ten|eleven|twelve|"
                r"fifteen|twenty|"
                r"a[ ](?:few|couple(?:[ ]of)?)|several|many|half[ ]an?)[ ](?:and[ ]a[ ]half[ ])?"
                r"(?:hour|day|night|week|month|year|decade)s?[ ](?:ago|from[ ]now))\b",
                re.IGNORECASE,
            ),
            score=0.7,
        ),
        Rule(
            name="last Christmas",
            pattern=re.compile(
                rf"\b(?P<id>(?:last|next|this[ ](?:past|coming)|this)[ ](?:{HOLIDAY}|{SEASON}|{FULL_WEEKDAY}|"
                r"week(?:end)?|month|year|night|day))\b",
                re.IGNORECASE,
            ),
            score=0.6,
        ),
        Rule(
            name="yesterday",
            pattern=re.compile(
                r"\b(?P<id>(?:the[ ]day[ ](?:before|after)[ ])?(?:yesterday|tomorrow)"
                r"(?:[ ](?:morning|afternoon|evening|night))?)\b",
                re.IGNORECASE,
            ),
            score=0.6,
        ),
        Rule(
            name="on my birthday",
            pattern=re.compile(
                r"\b(?:on|before|after|until|since|for|near)[ ](?P<id>(?:my|his|her|our|their)"
                r"(?:[ ](?:last|next|\d{1,3}(?:st|nd|rd|th)))?[ ](?:birthday|bday|anniversary))\b",
                re.IGNORECASE,
            ),
            score=0.6,
        ),
        Rule(
            name="on the 14th",
            pattern=re.compile(
                rf"\b(?:on|since|until|by)[ ](?P<id>(?:{FULL_WEEKDAY},?[ ])?the[ ]{NTH})(?![ ]?\w)", re.IGNORECASE
            ),
            score=0.6,
        ),
        Rule(
            name="on Monday",
            pattern=re.compile(rf"\b(?:on|since|until|by|this|till)[ ](?P<id>{FULL_WEEKDAY})\b", re.IGNORECASE),
            score=0.5,
        ),
    )
    NEEDS: ClassVar[Mapping[str, Needs]] = {
        "3 weeks ago": (words("ago now"),),
        "last Christmas": (
            words("last next this"),
            HOLIDAY_WORDS | SEASON_WORDS | WEEKDAY_WORDS | words("week weekend month year night day"),
        ),
        "yesterday": (words("yesterday tomorrow"),),
        "on my birthday": (words("birthday bday anniversary"),),
        "on the 14th": (words("the"), frozenset({DIGIT})),
        "on Monday": (WEEKDAY_WORDS,),
    }
