"""`24F`, `19 y/o`, `I'm 17`, `turned thirty` -> AGE.

Doses, diagnosis codes, lengths of time and temperatures have the same shapes, so a number alone is
never an age: something beside it says so. Bands (`in my 20s`) stay as they are.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule
from prefpairs.deid.recognizers.common_words import words
from prefpairs.deid.recognizers.names import folded, is_first_name
from prefpairs.deid.recognizers.worded import DIGIT, Needs, WordedRecognizer

_TENS = r"(?:twenty|thirty|fou?rty|fifty|sixty|seventy|eighty|ninety)"
_TEENS = (
    r"(?:eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|ten|"
    rf"{_TENS}(?:[- ]?(?:one|two|three|four|five|six|seven|eight|nine))?)"
)
_UNITS = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_GENDER = r"(?:[mf]|nb|enby|mtf|ftm|afab|amab|trans[mf]|tm|tf)"
_GAP = r"[ \t\u00a0]{0,2}"
_MIN_TAGGED, _MAX_AGE = 13, 119

# A pattern that begins with a class of digits is looked for at the speed of C; what must not stand before
# the first digit is therefore looked at from behind it.
_FIRST = r"[1-9](?<![\w$€£.,:/+-].)"
_NUMBER = rf"{_FIRST}\d{{0,2}}"
_NUMBER_ENDS = r"(?![\w%°])(?![.,:/'’\"”]\d)(?![-–]\d)"

_KIN = (
    r"(?:i|im|me|he|she|they|him|her|them|sister|sis|brother|bro|mom|mum|mother|dad|father|son|"
    r"daughter|wife|husband|"
    r"hubby|partner|fianc[eé]e?|boyfriend|girlfriend|bf|gf|ex|so|friend|bff|roommate|cousin|aunt|uncle|niece|"
    r"nephew|grandm\w{1,8}|grandpa|grandfather|kids?|child|twins?|girls?|guy|boys?|man|woman|male|female|"
    r"coworker|boss|teen|adult|person|dude|lady|student|stepson|stepdad|stepmom|stepdaughter)"
)
_KIN_BEFORE = re.compile(
    rf"(?:\b{_KIN}(?:['’]?(?:m|s|re)|[ \t]+(?:am|is|was|are))?[ \t]*[,:(\[]?[ \t]*|[(\[][ \t]*)\Z", re.IGNORECASE
)
_KIN_AND_BRACKET = re.compile(rf"\b{_KIN}[ \t]*[(\[][ \t]*\Z", re.IGNORECASE)
_KIN_AND_COMMA = re.compile(rf"\b{_KIN},?[ \t]{{1,3}}\Z", re.IGNORECASE)
_LINE_BEFORE = re.compile(r"(?:\A|\n)[ \t*_\"“#>]*\Z")
_AGE_AFTER = re.compile(
    rf"[ \t]*(?:[)\],|/]|{_KIN}\b|here\b|and[ \t]|with[ \t]|who\b|from\b|looking\b|struggling\b|"
    r"\n|\Z)",
    re.IGNORECASE,
)
_NO_AGE_BEFORE = re.compile(
    r"(?:\b(?:icd|dsm|codes?|dx|coded|diagnos\w{1,6}|billing|section|route|highway|motorway|road|hwy|bus|"
    r"vitamin|type|size|level|chapter|room|page|model|version)"
    r"(?:[- ]?\d{1,2}(?:-cm)?)?[ \t:#.-]{1,3}(?:of[ \t]|is[ \t]|the[ \t])?)\Z",
    re.IGNORECASE,
)
_DIAGNOSIS_BEFORE = re.compile(
    r"(?:icd|dsm|codes?|dx|disorder|depress\w{2,5}|anxiety|episode|ptsd|ocd|adhd|mdd)"
    r"\W{0,3}(?:10)?\W{0,3}\Z",
    re.IGNORECASE,
)
_NO_AGE_AFTER = re.compile(
    r"[ \t]*(?:°|(?:degrees?|outside|celsius|fahrenheit|followers|subs|views|people|dollars|users|members|euros|"
    r"fighter|jets?|rifle|motorway|codes?|diagnos\w{1,6})\b)",
    re.IGNORECASE,
)
_WEATHER = re.compile(r"\b(?:degrees|temperature|temps?|weather|fever|oven|thermostat)\b", re.IGNORECASE)
_AROUND = 30  # characters beside a number that may say what it is

_DIAGNOSIS_CODES = words(
    "10 11 12 13 14 15 16 17 18 19 20 21 23 25 30 31 32 33 34 39 40 41 42 43 44 45 48 50 51 52 "
    "60 63 64 65 70 71 "
    "80 81 84 88 89 90 91 93 94 95 98 99"
)
"""What of ICD-10's chapter F people name themselves by: `F32`, without a dot."""

# What makes of `I'm 17` no age: a length, a share, a weight, a count.
_MEASURE = (
    r"(?:%|percent|per[ ]cent|weeks?|wks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|months?|mos?|"
    r"pounds?|lbs?|kgs?|kilos?|stones?|feet|foot|ft|inch(?:es)?|cm|meters?|metres?|miles?|km|k|mg|mcg|ml|grams?|"
    r"credits?|semesters?|steps?|times|dollars|bucks|grand|euros|out[ ]of|of|in[ ](?:a|the)|"
    r"in[ ]\d|to[ ]\d|degrees|"
    r"points?|pages?|chapters?|people|kids|children|sessions?|pills|beers|drinks|more|other|different|"
    r"cents|years?(?![ ]old|[ ]of[ ]age|[ ]young|[ ]today)|yrs?(?![ ]old)|['\"’”]|a\.?m\b|"
    r"p\.?m\b|o['’]?clock|am|pm|"
    r"st\b|nd\b|rd\b|th\b|x\b)"
)
_NO_MEASURE = rf"(?!{_GAP}-?{_MEASURE}(?!\w))"
_ADVERB = (
    r"(?:(?:only|just|already|almost|nearly|about|around|currently|now|like|literally|barely|"
    r"turning|roughly|still|[,:])[ \t]*){0,2}"
)
_SAYS_AGE = re.compile(
    r"(?:\b(?P<weak>i['’]?m|i[ ]am|i[ ]was|(?:he|she)(?:['’]s|[ ]is|[ ]was)|they(?:['’]re|"
    r"[ ]were|[ ]are)|i['’]?ll[ ]be|i[ ]will[ ]be|"
    rf"(?:my|our|his|her)[ ]{_KIN}(?:['’]s|[ ]is|[ ]was))[ \t]{{1,3}}{_ADVERB}|"
    r"\b(?:aged?|ages|at[ ]the[ ]age[ ]of|at[ ]age)[ \t]{0,2}[:=]?[ \t]{0,2}(?:of[ ]|is[ ]|was[ ])?|"
    rf"\b(?P<turned>turn(?:ed|ing|s)?)[ \t]{{1,3}}{_ADVERB}|"
    r"\b(?:male|female|m|f)[ \t]{0,2}[,/][ \t]{0,2})\Z",
    re.IGNORECASE,
)
_LONGEST_CUE = 60
_AT = re.compile(r"(?<!\w)at[ ]\Z", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"(?P<word>[^\W\d_]+),[ ]\Z")
_KIN_WORD = re.compile(_KIN, re.IGNORECASE)
_OLD = (
    r"(?:years?[ -]?(?:old|of[ ]age|young)s?|yrs?\.?[ -]?old|yr[ ]?olds?|y[./]?o\b\.?|yo|yos|y/os?)"
    rf"(?:{_GAP}{_GENDER})?(?!\w)"
)


def _around(match: re.Match[str]) -> tuple[str, str]:
    text, (start, end) = match.string, match.span("id")
    return text[max(0, start - _AROUND) : start], text[end : end + _AROUND]


def _is_other_measure(before: str, after: str) -> bool:
    return bool(
        _NO_AGE_BEFORE.search(before)
        or _NO_AGE_AFTER.match(after)
        or _WEATHER.search(before)
        or _WEATHER.search(after)
    )


def _tagged(match: re.Match[str]) -> Range | None:
    """Accept `24F` anywhere, and `24f` and `F24`, which mean other things too, where a person is spoken of."""
    before, after = _around(match)
    tag = match["id"]
    years = int(re.findall(r"\d+", tag)[0])
    if years < _MIN_TAGGED or _is_other_measure(before, after) or _DIAGNOSIS_BEFORE.search(before):
        return None
    if _is_plain(tag) or _KIN_BEFORE.search(before):
        return match.span("id")
    if tag[0] in "Ff" and str(years) in _DIAGNOSIS_CODES and not after.lower().startswith(" here"):
        return None
    return match.span("id") if _LINE_BEFORE.search(before) or _AGE_AFTER.match(after) else None


def _is_plain(tag: str) -> bool:
    return tag[0].isdigit() and (tag[-1] in "MF" or not tag.lower().endswith(("m", "f")) or "/" in tag)


def _in_brackets(match: re.Match[str]) -> Range | None:
    before, _ = _around(match)
    return None if _DIAGNOSIS_BEFORE.search(before) else match.span("id")


def _after(cue: re.Pattern[str], match: re.Match[str]) -> Range | None:
    return (
        match.span("id")
        if cue.search(match.string, max(0, match.start("id") - _AROUND), match.start("id"))
        else None
    )


def _said(match: re.Match[str]) -> Range | None:
    """Accept a number after `I'm`, `aged`, `turned`, `F,`; `turned 180` and `I'm 300` are no ages."""
    cue = _SAYS_AGE.search(match.string, max(0, match.start("id") - _LONGEST_CUE), match.start("id"))
    if cue is None or (match["id"].isdigit() and int(match["id"]) > _MAX_AGE):
        return None
    return (
        None if cue["turned"] and match["id"].endswith("0") and len(match["id"]) > len("90") else match.span("id")
    )


def _beside_name(match: re.Match[str]) -> Range | None:
    """Accept the number in `Carol, 21, is` and `my sister, 19, is`."""
    before = _WORD_BEFORE.search(match.string, max(0, match.start("id") - _AROUND), match.start("id"))
    if before is None:
        return None
    plain = folded(before["word"])
    return match.span("id") if is_first_name(plain) or _KIN_WORD.fullmatch(plain) else None


_NUMBER_WORDS = words(
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty "
    "thirty forty fourty fifty sixty "
    "seventy eighty ninety"
) | frozenset(
    f"{ten}{unit}"
    for ten in words("twenty thirty forty fourty fifty sixty seventy eighty ninety")
    for unit in words("one two three four five six seven eight nine")
)
_SMALL_WORDS = words("one two three four five six seven eight nine")
_AGE_WORDS = words("old olds young youngs age yo yos y yr os")


class AgeRecognizer(WordedRecognizer):
    """Finds how old somebody is or was."""

    ENTITY = "AGE"
    RULES = (
        Rule(
            name="24F",
            pattern=re.compile(
                rf"(?P<id>{_FIRST}\d(?:[ \t]?[/-][ \t]?)?{_GENDER})(?![\w%°])(?![.,]\d)", re.IGNORECASE
            ),
            score=0.75,
            accept=_tagged,
        ),
        Rule(
            name="F24",
            pattern=re.compile(rf"(?P<id>[MFmf](?<![\w$€£.:/+-].)[/-]?[1-9]\d){_NUMBER_ENDS}"),
            score=0.6,
            accept=_tagged,
        ),
        Rule(
            name="(24 F), [F, 24]",
            pattern=re.compile(
                rf"[(\[]{_GAP}(?P<id>(?:[1-9]\d?{_GAP}[,/]?{_GAP}{_GENDER}|{_GENDER}{_GAP}[,/:]?{_GAP}[1-9]\d?))"
                rf"(?![\w.%°])(?:[^()\[\]\n]{{0,20}})[)\]]",
                re.IGNORECASE,
            ),
            score=0.75,
            accept=_in_brackets,
        ),
        Rule(
            name="my sister (24), I (24 F)",
            pattern=re.compile(rf"[(\[]{_GAP}(?P<id>[1-9]\d?(?:{_GAP}{_GENDER})?){_GAP}[)\]]", re.IGNORECASE),
            score=0.75,
            accept=lambda match: _after(_KIN_AND_BRACKET, match),
        ),
        Rule(
            name="I, 24 F,",
            pattern=re.compile(rf"(?P<id>{_FIRST}\d{_GAP}[MF])(?!\w)", re.IGNORECASE),
            score=0.6,
            accept=lambda match: _after(_KIN_AND_COMMA, match),
        ),
        Rule(
            name="19 years old",
            pattern=re.compile(rf"(?P<id>[1-9](?<![\w.].)\d{{0,2}}[ \t\u00a0-]{{0,2}}{_OLD})", re.IGNORECASE),
            score=0.85,
        ),
        Rule(
            name="nineteen years old",
            pattern=re.compile(
                rf"(?<![\w.])(?P<id>(?:{_TEENS}|{_UNITS})[ \t\u00a0-]{{1,2}}{_OLD})", re.IGNORECASE
            ),
            score=0.85,
        ),
        Rule(
            name="I'm 17, aged 45, turned 31",
            pattern=re.compile(
                rf"(?P<id>[1-9](?<![\w$€£.+].)\d{{0,2}}){_NUMBER_ENDS}{_NO_MEASURE}", re.IGNORECASE
            ),
            score=0.65,
            accept=_said,
        ),
        Rule(
            name="I'm seventeen",
            pattern=re.compile(rf"(?<!\w)(?P<id>{_TEENS}){_NUMBER_ENDS}{_NO_MEASURE}", re.IGNORECASE),
            score=0.6,
            accept=_said,
        ),
        Rule(
            name="a 24 male, 24, female",
            pattern=re.compile(
                rf"(?P<id>{_FIRST}\d){_GAP}[,/]?{_GAP}(?:male|female|man|woman|guy|girl|transgender|trans|"
                r"nonbinary|non-binary|cis)\b",
                re.IGNORECASE,
            ),
            score=0.5,
        ),
        Rule(
            name="at 20 I",
            pattern=re.compile(rf"(?P<id>{_FIRST}\d?)(?=,?[ ](?:i|my|he|she|we|they)\b)", re.IGNORECASE),
            score=0.5,
            accept=lambda match: _after(_AT, match),
        ),
        Rule(
            name="Carol, 21, is",
            pattern=re.compile(r"(?<=[^\W\d_],[ ])(?P<id>[1-9]\d),(?=[ ][a-z])", re.IGNORECASE),
            score=0.5,
            accept=_beside_name,
        ),
        Rule(
            name="my 8 and 10 year old",
            pattern=re.compile(
                rf"(?P<id>{_NUMBER}){_GAP}(?:and|&|or|,){_GAP}(?:a[ ])?[1-9]\d?[ -]?(?:year|yr|y/?o)",
                re.IGNORECASE,
            ),
            score=0.6,
        ),
    )
    NEEDS: ClassVar[Mapping[str, Needs]] = {
        **{rule.name: (frozenset({DIGIT}),) for rule in RULES},
        "nineteen years old": (_NUMBER_WORDS | _SMALL_WORDS, _AGE_WORDS),
        "I'm seventeen": (_NUMBER_WORDS,),
    }
