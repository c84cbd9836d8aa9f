"""Numbers that an office gave somebody, behind the word for it -> RECORD_NUMBER and US_SSN.

The word alone is weak (`order 2000 calories`, `member since 2015`): without `number`, `#` or a colon between
them, the number must have five digits, or letters too, and be no amount.
"""

import re
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS

_OFFICE = (
    r"(?:(?:medical|health|patient|student|court|police|hospital)[ ]record|m\.?r\.?n\.?|patient|record|case|"
    r"claim|policy|"
    r"order|tracking|ticket|member(?:ship)?|student|pupil|learner|licen[cs]e(?:[ ]plate)?|"
    r"driver['’]?s?[ ]licen[cs]e|"
    r"permit|passport|visa|nhs|medicare|medicaid|health[ ]card|ohip|insurance|subscriber|group|account|acct|acc|"
    r"routing|"
    r"sort[ ]code|reference|ref|confirmation|booking|reservation|invoice|prescription|rx|file|docket|badge|"
    r"employee|"
    r"staff|payroll|national[ ]insurance|ni|tin|itin|ein|tax|vin|plate|reg(?:istration)?|serial|imei|inmate|"
    r"prisoner|"
    r"prison|booking|client|customer|chart|report|incident|complaint|appeal|application|loan|alien|uscis|receipt|dea|npi|"
    r"enrol?lment|candidate|roll|military|service|va[ ]file|social[ ]worker|disability|benefits?|uci|ucas|lot|"
    r"shipment|"
    r"parcel|card|voucher|gift[ ]card|device|asset|meter)"
)
_NUMBER = r"(?:no\.?|nos\.?|num(?:ber)?|nr\.?|id(?:entification)?(?:[ ](?:no\.?|number|code))?|code|n[°º]|№)"
_IS = r"(?:[ \t]{0,2}(?:\((?:id|no|mrn)\)|is|was|[:=#–-])){0,2}[ \t]{0,2}"
_MARKUP = r"[*`\"'“(\[]{0,2}"
_MIXED = r"[A-Za-z0-9](?:[A-Za-z0-9]|[-/.](?=[A-Za-z0-9])|[ ](?=[0-9]{2,})){2,30}(?![A-Za-z0-9])"
_UNIT = re.compile(
    r"[ ]?(?:mgs?|mcg|ml|kgs?|lbs?|cals?|calories|kcal|karma|followers|views|points|years?|yrs?|days?|hours?|"
    r"hrs?|mins?|"
    r"minutes|months?|weeks?|times|people|dollars|usd|euros?|pounds|bucks|steps|words|patients|students|members|k|%|am|pm)"
    r"(?![A-Za-z])",
    re.IGNORECASE,
)
_YEARS = re.compile(r"(?:19|20)[0-9]{2}(?:[-/–](?:19|20)?[0-9]{2})?")
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}")
_TIME_OR_RANGE = re.compile(r"[0-9]{1,3}(?:[-/.:][0-9]{1,3}){1,2}(?:[a-z]{1,2})?", re.IGNORECASE)
_UNIT_INSIDE = re.compile(
    r"(?:[0-9]+[-/.]?)+(?:mgs?|mcg|ml|kg|lbs?|k|th|st|nd|rd|s|am|pm|hrs?|yo|x)", re.IGNORECASE
)
_WORD_FIRST = re.compile(r"(?P<word>[a-z]+)[ ]")
_LONGEST_PREFIX = 3
_NO_PREFIXES = COMMON_WORDS | {"id", "no", "nr", "num"}


def _digits(value: str) -> int:
    return sum(character.isdigit() for character in value)


def _is_quantity(value: str, match: re.Match[str]) -> bool:
    shapes = (_YEARS, _DATE, _TIME_OR_RANGE, _UNIT_INSIDE)
    is_shaped = any(shape.fullmatch(value) for shape in shapes)
    return is_shaped or _UNIT.match(match.string, match.end("id")) is not None


def _is_prefix(word: str) -> bool:
    return len(word) == 1 or (len(word) <= _LONGEST_PREFIX and word not in _NO_PREFIXES)


def _value(match: re.Match[str], *, fewest_digits: int, after_word: bool) -> Range | None:
    """Return where the number lies; `hx 2706842` is one, and `of 12345` is one after a word and its number."""
    start, end = match.span("id")
    first = _WORD_FIRST.match(match["id"])
    if first and not _is_prefix(first["word"]):
        if not after_word:
            return None
        start += first.end()
    value = match.string[start:end]
    return None if _digits(value) < fewest_digits or _is_quantity(value, match) else (start, end)


def _numbered(match: re.Match[str]) -> Range | None:
    return _value(match, fewest_digits=3, after_word=True)


def _bare(match: re.Match[str]) -> Range | None:
    return _value(match, fewest_digits=5, after_word=False)


def _unless_year(match: re.Match[str]) -> Range | None:
    return None if _YEARS.fullmatch(match["id"]) else match.span("id")


class RecordNumberRecognizer(RuleRecognizer):
    """Finds `MRN 00123456`, `case #2019-CV-00123`, `passport no. X1234567`, `my NHS number is 943 476 5919`."""

    ENTITY = "RECORD_NUMBER"
    gate = re.compile(r"[0-9](?:[^\n0-9]{0,30}[0-9]){2}")
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="word, number, value",
            pattern=re.compile(
                rf"\b{_OFFICE}s?[ \t_-]{{0,2}}(?:{_NUMBER}{_IS}|[#:=][ \t]{{0,2}}#?){_MARKUP}(?P<id>{_MIXED})",
                re.IGNORECASE,
            ),
            score=0.8,
            accept=_numbered,
        ),
        Rule(
            name="word, value",
            pattern=re.compile(
                rf"\b{_OFFICE}(?:[ \t]is|[ \t]was|,)?[ \t]{{1,2}}{_MARKUP}(?P<id>{_MIXED})", re.IGNORECASE
            ),
            score=0.6,
            accept=_bare,
        ),
        Rule(
            # Whatever the word before was, misspelt or not.
            name="number, letters and digits",
            pattern=re.compile(
                r"\b(?:no\.?|n\w{2,5}r|id|"
                r"#)[ \t]{0,2}(?:is[ \t])?#?"
                r"(?P<id>[A-Za-z]{1,3}[- ]?[0-9]{5,12}|[0-9]{2,4}-[A-Za-z]{1,3}-?[0-9]{4,12})(?![A-Za-z0-9])",
                re.IGNORECASE,
            ),
            score=0.5,
            accept=_bare,
        ),
        Rule(
            name="courier's number",
            pattern=re.compile(
                r"(?<![A-Za-z0-9])(?P<id>1Z[0-9A-Z]{16}|"
                r"9[2-5][0-9]{2}(?:[ ]?[0-9]{4}){4}(?:[ ]?[0-9]{2})?)(?![A-Za-z0-9])"
            ),
            score=0.7,
        ),
        Rule(
            name="court's number",
            pattern=re.compile(
                r"(?<![A-Za-z0-9])(?P<id>[0-9]{1,4}[-:](?:19|20)?[0-9]{2}[-:]?[A-Za-z]{2,3}[-:]?[0-9]{3,8})(?![A-Za-z0-9])"
            ),
            score=0.6,
        ),
        Rule(
            name="national insurance number",
            pattern=re.compile(
                r"(?<![A-Za-z0-9])(?P<id>[A-Z]{2}"
                r"[ ]?[0-9]{2}[ ]?[0-9]{2}[ ]?[0-9]{2}[ ]?[A-D])(?![A-Za-z0-9])"
            ),
            score=0.6,
        ),
    )


class SocialSecurityRecognizer(RuleRecognizer):
    """Finds a US social security number, or its last four digits, behind its name, however it is grouped."""

    ENTITY = "US_SSN"
    gate = re.compile(r"(?:ssn|social)[^0-9]{0,40}[0-9]{3}", re.IGNORECASE)
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="ssn",
            pattern=re.compile(
                r"\b(?:ssn|"
                r"social)\b[^0-9\n]{0,30}(?P<id>[0-9]{3}[-. /–]{0,3}[0-9]{2}[-. /–]{0,3}[0-9]{4})(?![0-9])",
                re.IGNORECASE,
            ),
            score=0.8,
        ),
        Rule(
            name="last four digits",
            pattern=re.compile(
                r"\b(?:ssn|social(?:[ ]security)?)(?:[ ](?:no\.?|number|num|card|#))?"
                r"[ \t]{0,2}(?:is|was|ends[ ]in|[:=#])?[ \t]{0,2}#?(?P<id>[0-9]{4})(?![0-9])",
                re.IGNORECASE,
            ),
            score=0.8,
            accept=_unless_year,
        ),
    )
