"""`zip 02139`, `SW1A 1AA`, `K1A 0B1` -> POSTCODE.

Five digits alone are a price or a count, so they need a word, a state or a town before them. British and
Canadian codes have shapes of their own; a British one also begins with one of 124 known areas.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from prefpairs.deid import gazetteer
from prefpairs.deid.recognizers.base import Range, Rule
from prefpairs.deid.recognizers.common_words import words
from prefpairs.deid.recognizers.names import folded
from prefpairs.deid.recognizers.regions import STATE, STATE_CODE
from prefpairs.deid.recognizers.worded import DIGIT, Needs, WordedRecognizer

_AREAS = words(
    """
    ab al b ba bb bd bf bh bl bn br bs bt bx ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt dy e ec
    eh en ex fk fy g gl gu gy ha hd hg hp hr hs hu hx ig im ip iv je ka kt kw ky l la ld le ll ln ls lu m me
    mk ml n ne ng nn np nr nw ol ox pa pe ph pl po pr rg rh rm s sa se sg sk sl sm sn so sp sr ss st sw sy
    ta td tf tn tq tr ts tw ub w wa wc wd wf wn wr ws wv yo ze
    """
)
_LETTERS = re.compile(r"[A-Za-z]+")
_UNITS = frozenset(
    {"hr", "rd", "nd", "st", "th", "yr", "ft", "lb", "gb", "tb", "pt", "rx", "ep", "ed", "ph", "xl", "xx"}
)


def _british(match: re.Match[str]) -> Range | None:
    """Accept a known area, all in one case; in lower case `b1 2hr` is a dose, so it needs its space and sense."""
    outward, inward = match["out"], match["in"]
    both = outward + inward
    area = _LETTERS.match(outward)
    if area is None or area[0].casefold() not in _AREAS:
        return None
    if both.isupper():
        return match.span("id")
    is_plausible = both.islower() and inward[1:] not in _UNITS and len(area[0]) > 1
    return match.span("id") if is_plausible else None


_STATE = re.compile(rf"\b(?:{STATE_CODE}|{STATE})[,.]?[ \t]{{1,3}}\Z")
_AUSTRALIAN_STATE = re.compile(
    r"\b(?:NSW|VIC|Vic|QLD|Qld|TAS|Tas|ACT|New South Wales|Victoria|Queensland|Tasmania)[,.]?[ \t]{1,3}\Z"
)
_WORDS_BEFORE = re.compile(r"(?P<words>[^\W\d_][\w.'’-]{2,20}(?:[ ][^\W\d_][\w.'’-]{1,20}){0,2}),?[ ]\Z")
_LONGEST_STATE = 24


def _after(cue: re.Pattern[str], match: re.Match[str]) -> Range | None:
    before = max(0, match.start("id") - _LONGEST_STATE)
    return match.span("id") if cue.search(match.string, before, match.start("id")) else None


def _after_town(match: re.Match[str]) -> Range | None:
    """Accept a code directly after a town: up to three words, of which a list has the last ones."""
    before = _WORDS_BEFORE.search(match.string, max(0, match.start("id") - 2 * _LONGEST_STATE), match.start("id"))
    if before is None:
        return None
    parts = before["words"].split()
    towns = gazetteer.load("towns")
    named = (" ".join(folded(part.strip(",.")) for part in parts[first:]) for first in range(len(parts)))
    return match.span("id") if any(name in towns for name in named) else None


def _in_one_case(match: re.Match[str]) -> Range | None:
    return match.span("id") if match["id"].isupper() or match["id"].islower() else None


class PostcodeRecognizer(WordedRecognizer):
    """Finds postcodes in prose."""

    ENTITY = "POSTCODE"
    RULES = (
        Rule(
            name="zip 02139",
            pattern=re.compile(
                r"\b(?:zip(?:[ -]?code)?|area[ ]zip)s?(?:[ ]is|[ ]was|['’]s|"
                r"[ ]of)?[ \t:=#]{0,3}[*_\"'(]{0,2}(?P<id>\d{5}(?:-\d{4})?)(?![\w-])",
                re.IGNORECASE,
            ),
            score=0.85,
        ),
        Rule(
            name="postcode: any",
            pattern=re.compile(
                r"\b(?:post[ -]?code|postal[ -]?code|plz|pin[ -]?code|code[ ]postal|eircode|postleitzahl|"
                r"zip(?:[ -]?code)?)"
                r"(?:[ ]is|[ ]was|['’]s|[ ]of)?[ \t:=#]{1,3}[*_\"'(]{0,2}"
                r"(?P<id>(?=[A-Za-z]{0,4}[- ]?\d)[A-Za-z0-9]{2,8}(?:[- ](?=[A-Za-z]{0,3}\d|[A-Z]{2}\b)"
                r"[A-Za-z0-9]{2,5})?)(?!\w)",
                re.IGNORECASE,
            ),
            score=0.7,
        ),
        Rule(
            name="MA 02139",
            pattern=re.compile(r"(?P<id>\d(?<![\w$€£.,:/+-].)\d{4}(?:-\d{4})?)(?![\w%-])(?![.,]\d)"),
            score=0.8,
            accept=lambda match: _after(_STATE, match),
        ),
        Rule(
            name="Davenport 08331",
            pattern=re.compile(r"(?P<id>\d(?<![\w$€£.,:/+-].)\d{4}(?:-\d{4})?)(?=[.;)!?\n]|,[ ]|\Z)"),
            score=0.5,
            accept=_after_town,
        ),
        Rule(
            name="l13 6hz after a town",
            pattern=re.compile(
                r"(?<![\w-])(?P<id>(?P<out>[a-z]{1,2}[0-9][0-9a-z]?)[ ](?P<in>[0-9][abd-hjlnp-uw-z]{2}))"
                r"(?![\w-])",
                re.IGNORECASE,
            ),
            score=0.5,
            accept=_after_town,
        ),
        Rule(
            name="NSW 2000",
            pattern=re.compile(r"(?P<id>\d(?<![\w$€£.,:/+-].)\d{3})(?![\w%-])(?![.,]\d)"),
            score=0.75,
            accept=lambda match: _after(_AUSTRALIAN_STATE, match),
        ),
        Rule(
            name="SW1A 1AA",
            pattern=re.compile(
                r"(?<![\w-])(?P<id>(?P<out>[A-Z]{1,2}(?:[0-9]{1,2}|[0-9][A-HJKPSTUW]))"
                r"[ ]{1,2}(?P<in>[0-9][ABD-HJLNP-UW-Z]{2}))(?![\w-])",
                re.IGNORECASE,
            ),
            score=0.7,
            accept=_british,
        ),
        Rule(
            name="SW1A1AA",
            pattern=re.compile(
                r"(?<![\w-])(?P<id>(?P<out>[A-Z]{1,2}(?:[0-9]{1,2}|[0-9][A-HJKPSTUW]))"
                r"(?P<in>[0-9][ABD-HJLNP-UW-Z]{2}))(?![\w-])"
            ),
            score=0.55,
            accept=_british,
        ),
        Rule(
            name="K1A 0B1",
            pattern=re.compile(
                r"(?<![\w-])(?P<id>[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d)(?![\w-])",
                re.IGNORECASE,
            ),
            score=0.75,
            accept=_in_one_case,
        ),
        Rule(
            name="D02 AF30",
            pattern=re.compile(
                r"(?<![\w-])(?P<id>[AC-FHKNPRTV-Y]\d[0-9W][ ][0-9AC-FHKNPRTV-Y]{4})(?<=\w\d\w\w|\d\w\w\w|"
                r"\w\w\d\w|\w\w\w\d)(?![\w-])"
            ),
            score=0.5,
        ),
        Rule(
            name="1012 AB Amsterdam",
            pattern=re.compile(
                r"(?<![\w-])(?P<id>(?!19|20|000)[1-9]\d{3}[ ]?(?!MG|ML|KG|KM|US|UK|EU|IU|SA|SD|SS)[A-Z]{2})"
                r"(?=[ ,]{1,2}[A-Z][a-z]{2,20}\b)"
            ),
            score=0.45,
        ),
        Rule(
            name="D-80331 Munich",
            pattern=re.compile(
                r"(?<![\w-])(?P<id>(?:D|A|CH|F|I|E|NL|B|DK|S|SE|FI|PL)-\d{4,5})"
                r"(?=[ ,]{1,2}[A-ZÄÖÜ][^\W\d_]{2,20}\b)"
            ),
            score=0.65,
        ),
    )
    NEEDS: ClassVar[Mapping[str, Needs]] = {
        **{rule.name: (frozenset({DIGIT}),) for rule in RULES},
        "zip 02139": (words("zip zips zipcode zipcodes code codes"), frozenset({DIGIT})),
        "postcode: any": (
            words("postcode post postal plz pincode pin code eircode postleitzahl zip zipcode"),
            frozenset({DIGIT}),
        ),
    }
