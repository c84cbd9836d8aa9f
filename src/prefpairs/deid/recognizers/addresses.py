"""`221b Baker St`, `12 Elm Road, Springfield, IL 62704`, `Musterstraße 12` -> STREET_ADDRESS.

A house number, a name and a word for a street, in several languages; what directly follows of flat, town,
state and postcode belongs to it. `Two blocks down the street` and `a 5 minute drive` are no addresses.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule
from prefpairs.deid.recognizers.common_words import COMMON_WORDS, words
from prefpairs.deid.recognizers.names import folded, is_region
from prefpairs.deid.recognizers.regions import REGION, REGION_CODE
from prefpairs.deid.recognizers.worded import DIGIT, Needs, WordedRecognizer

_LETTER = r"[^\W\d_]"
_CAPITAL = r"[A-ZÀ-ÖØ-Þ]"
_NAME = rf"(?:{_CAPITAL}[\w'’.-]{{0,20}}|\d{{1,3}}(?:st|nd|rd|th|ST|ND|RD|TH))"
_NAMES = rf"{_NAME}(?:[ ]{_NAME}){{0,3}}?"
_POINT = r"(?:N|S|E|W|NE|NW|SE|SW|N\.W|S\.W|N\.E|S\.E|North|South|East|West|north|south|east|west)"
_HOUSE = r"(?P<house>\d(?<![\w$€£.,:#/-].)\d{0,4}(?:[ ]?[A-Za-z](?![\w'’]))?(?:[-/]\d{1,4}[A-Za-z]?)?)"

# Only ever streets, so that they may be in lower case.
_CLEAR = r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|parkway|pkwy|terrace|crescent|cres|highway|hwy)"
# Also ways to say other things: a drive of five minutes, a close call.
_UNCLEAR = (
    r"(?:drive|dr|court|ct|place|pl|way|circle|cir|square|sq|close|grove|gardens?|mews|row|trail|trl|walk|hill|"
    r"loop|alley|plaza|pike|turnpike|park|path|bend|ridge|run|cove|point|pass|commons?|gate|"
    r"heights|green|broadway|"
    r"freeway|expressway|route|rte)"
)


def _titled(words: str) -> str:
    """Return the alternatives of `(?:a|b)` as they are written with a capital, and shouted."""
    parts = [part.replace("s?", "") for part in words[3:-1].split("|")]
    return (
        "(?:" + "|".join(sorted({*(part.capitalize() for part in parts), *(part.upper() for part in parts)})) + ")"
    )


_TITLED = rf"(?:{_titled(_CLEAR)}|{_titled(_UNCLEAR)})"
_UNIT = (
    r"(?:(?i:apt|apartment|unit|suite|ste|flat|room|rm|floor|fl|building|bldg|lot|space|trailer|"
    r"level|#)\.?[ ]{0,2}"
    r"#?[A-Za-z]?-?\d{0,4}[A-Za-z]?\b)"
)
_UNIT_AFTER = rf"(?:,?[ ]{{1,2}}{_UNIT}){{0,2}}"
_UNIT_BEFORE = re.compile(rf"(?<!\w){_UNIT},?[ ]{{1,2}}\Z")
_LONGEST_UNIT = 20
_POINT_AFTER = rf"(?:,?[ ]{_POINT}\b\.?)?"

_ZIP = r"(?:\d{5}(?:-\d{4})?|\d{4}|[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}|[A-Z]\d[A-Z][ ]?\d[A-Z]\d)(?!\w)"
_TOWN = rf"{_CAPITAL}[\w'’.-]{{1,20}}(?:[ ]{_CAPITAL}[\w'’.-]{{1,20}}){{0,2}}?"
_BREAK = r"(?:,?[ ]{0,2}\r?\n[ ]{0,2}|,[ ]{0,2}|[ ])"
_REST = (
    rf"(?:{_BREAK}(?:{_TOWN}(?:,[ ]{_TOWN})?,?[ ](?:{REGION_CODE}|{REGION})"
    rf"\b(?:,?[ ]{_ZIP})?|{_TOWN},?[ ]{_ZIP}|{_ZIP}(?:[ ]{_TOWN}\b)?|"
    rf"(?:{REGION_CODE}|{REGION})\b(?:[ ]{_ZIP})?))?(?:,?[ ](?:USA|UK|U\.S\.A|Canada|Australia|"
    r"United[ ]States|United[ ]Kingdom)\b)?"
)
_REST_ANY_CASE = (
    rf"(?:,?[ ](?:{_LETTER}{{2,20}}[ ]?){{1,3}}?,?[ ]?(?:{REGION_CODE.lower()}|(?i:{REGION}))"
    rf"[ ]\d{{5}}(?:-\d{{4}})?)?(?!\w)"
)

# What stands between a number and `street` in sentences that name none.
_NO_STREETS = COMMON_WORDS | words(
    """
    block blocks house houses mile miles minute minutes min mins hour hours year years day days feet foot
    lane lanes main-street side way people cars car guys kids men women times months weeks dollars bucks
    block city busy different random new big dead long empty quiet
    """
)


def _has_name(match: re.Match[str]) -> Range | None:
    """Accept a street whose name is one, with the flat before it; `two blocks down the street` has none."""
    parts = re.findall(r"[^\W\d_]+|\d+[a-z]{2}", match["name"].casefold())
    no_streets = _LENGTHS if match["name"][0].isupper() else _NO_STREETS
    if not parts or any(part in no_streets for part in parts):
        return None
    return _whole(match)


def _where_somebody_is(match: re.Match[str]) -> Range | None:
    """Accept `at 12 church circle`, which could be another way in another place, and `at via roma 3`."""
    if not _AT.search(match.string, max(0, match.start("id") - _LONGEST_CUE), match.start("id")):
        return None
    return _has_name(match) if "name" in match.groupdict() else _whole(match)


def _with_capital_or_where_somebody_is(match: re.Match[str]) -> Range | None:
    return _whole(match) if match["id"][0].isupper() or match["id"][0].isdigit() else _where_somebody_is(match)


def _french(match: re.Match[str]) -> Range | None:
    """Accept `12 rue de la Paix`, `7 place de la république`, and not `1 place where`."""
    return _whole(match) if match["street"].isupper() or match["link"] else None


def _whole(match: re.Match[str]) -> Range:
    """Return an address with the flat before it and the town behind it."""
    unit = _UNIT_BEFORE.search(match.string, max(0, match.start("id") - _LONGEST_UNIT), match.start("id"))
    end = match.end("id")
    town = _TOWN_AFTER.match(match.string, end)
    if town is not None:
        parts = town["town"].split()
        known = (count for count in range(len(parts), 0, -1) if is_region(folded(" ".join(parts[:count]))))
        count = next(known, 0)
        if count:
            end = town.start("town") + len(" ".join(parts[:count]))
            region = _REGION_AFTER.match(match.string, end)
            end = region.end() if region else end
    return (unit.start() if unit else match.start("id")), end


_LENGTHS = words(
    "minute minutes min mins hour hours year years day days week weeks month months block "
    "blocks mile miles times people mg"
)
_AT = re.compile(
    r"\b(?:at|to|address|is|in|from|near|on|by|lives?|meets?)[ ]?(?:is)?[:\s]{1,2}(?:the[ ])?\Z", re.IGNORECASE
)
_LONGEST_CUE = 24
_TOWN_AFTER = re.compile(
    r"(?:,[ ]?|[ ]?\r?\n[ ]?|[ ])(?P<town>[^\W\d_][\w'’.-]{1,20}(?: [^\W\d_][\w'’.-]{1,20}){0,3})"
)
_REGION_AFTER = re.compile(rf",?[ ](?:(?i:{REGION_CODE}|{REGION})\b(?:,?[ ]{_ZIP})?|(?i:{_ZIP}))")
_CLEAR_WORDS = words(
    "street st avenue ave road rd boulevard blvd lane ln parkway pkwy terrace crescent cres highway hwy"
)
_UNCLEAR_WORDS = words(
    """
    drive dr court ct place pl way circle cir square sq close grove garden gardens mews row trail trl walk
    hill loop alley plaza pike turnpike park path bend ridge run cove point pass common commons gate heights
    green broadway freeway expressway route rte
    """
)


class StreetAddressRecognizer(WordedRecognizer):
    """Finds where a house is."""

    ENTITY = "STREET_ADDRESS"
    RULES = (
        Rule(
            name="221b Baker St",
            pattern=re.compile(
                rf"(?P<id>{_HOUSE},?[ ](?:{_POINT}\.?[ ])?(?P<name>{_NAMES})"
                rf"[ ]{_TITLED}\b\.?{_POINT_AFTER}{_UNIT_AFTER}{_REST})"
            ),
            score=0.85,
            accept=_has_name,
        ),
        Rule(
            name="221b baker street",
            pattern=re.compile(
                rf"(?P<id>{_HOUSE},?[ ](?:{_POINT}\.?[ ])?(?P<name>[\w'’.-]{{2,20}}(?:[ ][\w'’.-]{{2,20}})"
                rf"{{0,2}}?)[ ]"
                rf"(?i:{_CLEAR})\b(?![ ]?['’]s)\.?{_POINT_AFTER}{_UNIT_AFTER}{_REST_ANY_CASE})"
            ),
            score=0.7,
            accept=_has_name,
        ),
        Rule(
            name="at 12 church circle",
            pattern=re.compile(
                rf"(?P<id>{_HOUSE},?[ ](?:{_POINT}\.?[ ])"
                rf"?(?P<name>[^\W\d_][\w'’.-]{{1,20}}(?:[ ][\w'’.-]{{2,20}}){{0,2}}?)"
                rf"[ ]{_UNCLEAR}\b{_UNIT_AFTER})",
                re.IGNORECASE,
            ),
            score=0.55,
            accept=_where_somebody_is,
        ),
        Rule(
            name="Plot 45, Sector 12",
            pattern=re.compile(
                r"\b(?P<id>(?:plot|house|flat|villa|block|door)"
                r"[ ](?:no\.?[ ]?)?\d{1,4}[a-z]?,[ ](?:[\w'’-]{2,15}[ ]){0,2}"
                r"(?:sector|phase|street|road|nagar|colony|layout|lane|avenue)(?:[ ]\d{1,3})?)\b",
                re.IGNORECASE,
            ),
            score=0.7,
            accept=_whole,
        ),
        Rule(
            name="1234 Highway 50",
            pattern=re.compile(
                rf"(?P<id>{_HOUSE}[ ](?:{_POINT}\.?[ ])?(?:(?i:(?:county|state|us|old)[ ])?(?:Highway|Hwy|"
                rf"Route|Rte|Road|FM|CR|County Road))[ ]\d{{1,4}}\b"
                rf"{_UNIT_AFTER}{_REST})"
            ),
            score=0.75,
        ),
        Rule(
            name="1500 Broadway",
            pattern=re.compile(
                rf"(?P<id>{_HOUSE}[ ](?:Broadway|Avenue[ ][A-Z]|Avenue of the \w{{3,12}})"
                rf"\b{_POINT_AFTER}{_UNIT_AFTER}{_REST})"
            ),
            score=0.75,
        ),
        Rule(
            name="on Elm Street",
            pattern=re.compile(
                r"\b(?i:on|off|near|at|corner[ ]of|and|to|lives?[ ]in|from)"
                rf"[ ](?P<id>(?:{_POINT}\.?[ ])?(?P<name>{_NAMES})[ ]{_titled(_CLEAR)}\b"
                rf"(?!\.?[ ]{_CAPITAL}[a-z]){_POINT_AFTER})"
            ),
            score=0.5,
            accept=_has_name,
        ),
        Rule(
            name="P.O. Box 12",
            pattern=re.compile(
                rf"(?P<id>\b(?i:p\.?[ ]?o\.?[ ]?box|post[ ]office[ ]box|private[ ]bag)[ ]#?\d{{1,6}}\b{_REST})"
            ),
            score=0.85,
        ),
        Rule(
            name="Musterstraße 12",
            pattern=re.compile(
                rf"(?P<id>\b{_CAPITAL}[\w.-]{{1,24}}(?:(?:[ -](?:S|s)tr(?:aße|asse|\.))|straße|strasse|str\.|"
                r"weg|allee|platz|gasse|damm|ufer|"
                r"straat|laan|gracht|plein|kade|gatan|vägen|gade|vej|veien|gata)[ ]\d{1,4}[ ]?[a-z]?(?!\w)"
                rf"(?:,?[ ](?:[A-Z]{{1,2}}-)?\d{{4,5}}(?:[ ]?[A-Z]{{2}}\b)?[ ]{_TOWN}\b)?)",
                re.IGNORECASE,
            ),
            score=0.8,
            accept=_with_capital_or_where_somebody_is,
        ),
        Rule(
            name="12 rue de la Paix",
            pattern=re.compile(
                rf"(?P<id>{_HOUSE}(?:[ ]?(?:bis|ter))?,?[ ](?i:rue|avenue|av\.|boulevard|bd\.?|place|chemin|"
                r"allée|impasse|quai|cours)[ ]"
                r"(?:(?P<link>de[ ]la|du|des|de|de[ ]l['’]|d['’]|l['’]|la|le|les|aux?)"
                rf"[ ]?)?(?P<street>{_CAPITAL})[\w'’-]{{1,20}}(?:[ -](?:(?:de|du|des|la)"
                rf"[ ])?{_CAPITAL}[\w'’-]{{1,20}}){{0,3}}"
                rf"(?:,?[ ]\d{{5}}[ ]{_TOWN}\b)?)",
                re.IGNORECASE,
            ),
            score=0.8,
            accept=_french,
        ),
        Rule(
            name="Via Roma 3, Calle Mayor 14",
            pattern=re.compile(
                r"(?P<id>\b(?:Via|Viale|Piazza|Corso|Largo|Vicolo|Calle|C/|Avenida|Av\.|Avda\.?|Plaza|Paseo|"
                r"Carrer|Carrera|Rua|"
                r"Travessa|Praça|Rue|ul\.|ulica|Ul\.)[ ]?"
                r"(?:(?:de[ ]la|de[ ]los|de[ ]las|del|de|do|da|dos|della|dei|degli|di)"
                rf"[ ])?{_CAPITAL}[\w'’.-]{{1,20}}(?:[ ](?:(?:de|del|di|do|da|y|e)"
                rf"[ ])?{_CAPITAL}[\w'’.-]{{1,20}}){{0,3}},?[ ]"
                rf"(?:n[º°o.]{{1,2}}[ ]?)?\d{{1,4}}[ ]?[a-zA-Z]?(?!\w)"
                rf"(?:,?[ ]\d{{4,5}}(?:-\d{{3}})?[ ]{_TOWN}\b)?)",
                re.IGNORECASE,
            ),
            score=0.75,
            accept=_with_capital_or_where_somebody_is,
        ),
    )
    NEEDS: ClassVar[Mapping[str, Needs]] = {
        **{rule.name: (frozenset({DIGIT}),) for rule in RULES},
        "221b Baker St": (_CLEAR_WORDS | _UNCLEAR_WORDS, frozenset({DIGIT})),
        "221b baker street": (_CLEAR_WORDS, frozenset({DIGIT})),
        "1234 Highway 50": (words("highway hwy route rte road fm cr"), frozenset({DIGIT})),
        "1500 Broadway": (words("broadway avenue"), frozenset({DIGIT})),
        "on Elm Street": (_CLEAR_WORDS,),
        "P.O. Box 12": (words("box bag pobox obox"), frozenset({DIGIT})),
        "12 rue de la Paix": (
            words("rue avenue av boulevard bd place chemin allee impasse quai cours"),
            frozenset({DIGIT}),
        ),
        "Via Roma 3, Calle Mayor 14": (
            words(
                """
    via viale piazza corso largo vicolo calle c avenida av avda plaza paseo carrer carrera rua travessa
    praca rue ul ulica
    """
            ),
            frozenset({DIGIT}),
        ),
    }
