"""Text that tells where help is -> recognised, so that rules on copies, language and letters leave it alone.

A list of crisis lines is copied on purpose, has many digits and few function words: it looks like what those
rules are for. A text counts as one if it holds a number or an address of a known line, or names two of them.
All are public; de-identification has a longer list of numbers that it keeps readable (`deid/kept`).
"""

import re
from collections.abc import Sequence

import polars as pl

from prefpairs.curate.rules import any_of

# Long enough to be nothing else, however they are written.
NUMBERS = (
    # United States and Canada
    "8002738255", "8007842433", "8007997233", "8006564673", "8006624357", "8009506264", "8664887386", "8775658860",
    "8009312237", "8334564566", "8006686868", "8004483000", "8884887386", "8884843564",
    # United Kingdom and Ireland
    "08001111", "08000684141", "08088025544", "08085002222", "01708765200", "1800247247", "03001233393",
    "08457909090",
    # Australia and New Zealand
    "1300659467", "1300789978", "1800551800", "1300224636", "0800543354", "0508828865",
    # Germany, Austria, India, South Africa
    "08001110111", "08001110222", "9152987821", "9820466726", "0800567567",
)  # fmt: skip
# Short enough to be a price or a year: a word about calling or texting has to stand in the text too.
SHORT_NUMBERS = (
    "988", "741741", "116123", "131114", "85258", "50808", "686868", "678678", "838255", "1737", "3114",
)  # fmt: skip
HOSTS = (
    "988lifeline.org", "suicidepreventionlifeline.org", "crisistextline.org", "findahelpline.com",
    "samaritans.org", "befrienders.org", "thetrevorproject.org", "translifeline.org", "thehotline.org",
    "rainn.org", "nami.org", "lifeline.org.au", "beyondblue.org.au", "kidshelpphone.ca", "childline.org.uk",
    "papyrus-uk.org", "giveusashout.org", "veteranscrisisline.net", "telefonseelsorge.de", "iasp.info",
    "wikipedia.org/wiki/List_of_suicide_crisis_lines", "reddit.com/r/SuicideWatch/wiki/hotlines",
)  # fmt: skip
NAMES = (
    "suicide prevention lifeline", "suicide and crisis lifeline", "suicide & crisis lifeline", "988 lifeline",
    "crisis text line", "samaritans", "befrienders", "trevor project", "trevor lifeline", "trans lifeline",
    "kids help phone", "kids helpline", "beyond blue", "childline", "papyrus", "veterans crisis line",
    "domestic violence hotline", "sexual assault hotline", "eating disorders helpline", "telefonseelsorge",
    "lifeline australia", "samhsa",
)  # fmt: skip
_CUE = r"(?i)\b(?:call|text|dial|ring|phone|chat|lifeline|hotline|helpline|crisis)\b"
# Between two digits of a number, as people write it: 1-800-273-8255, (800) 273 8255, 13 11 14.
_BETWEEN = r"[ .()–-]{0,2}"


def is_crisis_line() -> pl.Expr:
    """Return true for rows whose `text` tells how to reach a crisis line."""
    text = pl.col("text")
    # A short one is no part of a longer one; a country code or a leading 1 may stand in front of a long one.
    short = rf"(?:^|[^\d-])(?:{_written(SHORT_NUMBERS)})(?:[^\d-]|$)"
    long = rf"(?:^|\D)(?:\+?\d{{1,2}}[ .()–-]{{1,2}}|1)?(?:{_written(NUMBERS)})(?:\D|$)"
    found = (
        text.str.contains(long)
        | (text.str.contains(short) & text.str.contains(_CUE))
        | text.str.contains(any_of(*map(re.escape, HOSTS)))
        | (text.str.count_matches(any_of(*map(re.escape, NAMES))) > 1)
    )
    return found.fill_null(value=False)


def _written(numbers: Sequence[str]) -> str:
    return "|".join(_BETWEEN.join(number) for number in numbers)
