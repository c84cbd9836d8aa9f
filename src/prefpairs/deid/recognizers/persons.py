"""`Dr. Smith`, `my name is sarah`, `a girl named Maria` -> PERSON: words that a name follows, whatever it is."""

import re
from collections.abc import Callable, Mapping
from typing import ClassVar

from prefpairs.deid.recognizers import names
from prefpairs.deid.recognizers.base import Accept, Range, Rule
from prefpairs.deid.recognizers.common_words import words
from prefpairs.deid.recognizers.kin import KIN
from prefpairs.deid.recognizers.worded import Needs, WordedRecognizer

_GAP = r"[ \t\u00a0,(*_~\"“”‘’'>:-]{1,4}"
_GAP_OR_LINE = r"[\s,(*_~\"“”‘’'>!:-]{1,6}"
_BEFORE = 24  # characters that are looked at before a trigger

_SOMEBODY = re.compile(
    r"\b(?:guy|girl|man|woman|boy|lady|dude|kid|person|lad|someone|somebody|baby|me|him|her|them|us|"
    r"(?:s?he|who|they)(?:['’]s|[ ](?:is|was|are|were|got))|i['’]?m|i[ ](?:am|was)|"
    rf"{KIN}),?[ \t]+\Z",
    re.IGNORECASE,
)
_SHORT_TITLE = r"(?:dr|mr|mrs|ms|mx|prof|rev|sgt|lt|fr|cpl|pvt|hon|capt|messrs)"
_LONG_TITLE = (
    r"(?:doctor|mister|miss|professor|nurse|pastor|reverend|father|rabbi|imam|coach|judge|"
    r"officer|detective|sergeant|"
    r"captain|sir|aunt|auntie|aunty|uncle|grandma|grandpa|nana|granny|sister|brother|lieutenant|"
    r"deputy|sheriff|bishop|"
    r"deacon|principal|senator|governor|president|cousin)"
)
_NOT_A_TITLE = re.compile(
    r"\b(?:my|a|an|the|your|his|her|our|their|this|that|any|every|new|first|another)[ \t]+\Z", re.IGNORECASE
)


def _is_titled_name(word: str) -> bool:
    # After a title anybody may follow: a Dr. Beck, a Dr. J.
    return word[0].isupper() and (names.may_be_name(word) or (names.is_initial(word) and word not in "IA"))


def _is_titled_name_as_written(word: str) -> bool:
    return _is_titled_name(word) and (names.is_initial(word) or not word.isupper())


def _is_capitalised(word: str) -> bool:
    return len(word) > 1 and word[0].isupper()


def _goes_on(word: str) -> bool:
    plain = names.folded(word)
    return (
        names.is_last_name(plain)
        or names.is_first_name(plain)
        or (names.is_name(word) and not names.is_word(plain))
    )


def _is_named_in_full(word: str) -> bool:
    return names.is_known_or_no_word(word) or (names.is_initial(word) and word not in "IA")


def _then(first: Callable[[str], bool], rest: Callable[[str], bool] | None = None) -> Accept:
    return lambda match: names.name_at(match.string, match.end(), first, rest)


def _titled(match: re.Match[str]) -> Range | None:
    if match["title"] == "MS" and match["stop"] == "":
        return None  # multiple sclerosis, and Word
    shouted = match["title"].isupper() or match["stop"] == "."
    is_titled = _is_titled_name if shouted else _is_titled_name_as_written
    found = names.name_at(match.string, match.end(), is_titled)
    if found is None and match["stop"]:
        # Whatever the first name is, even a drug: `Dr. Lexapro Smith` is somebody.
        found = names.name_at(match.string, match.end(), _is_capitalised, is_titled)
        found = found if found and " " in match.string[slice(*found)] else None
    return found


def _titled_in_full(match: re.Match[str]) -> Range | None:
    """Accept `Nurse Kelly` and `nurse kelly`; `my nurse will` has no name."""
    found = names.name_at(match.string, match.end(), _is_named_in_full, _goes_on)
    if found is None and not _NOT_A_TITLE.search(match.string, max(0, match.start() - _BEFORE), match.start()):
        found = names.name_at(match.string, match.end(), _is_listed_in_lower_case)
    return found


def _is_listed_in_lower_case(word: str) -> bool:
    plain = names.folded(word)
    return word.islower() and (names.is_first_name_in_lower_case(plain) or names.is_last_name(plain))


def _titled_in_lower_case(match: re.Match[str]) -> Range | None:
    if match["title"].lower() == "ms" and match["stop"] == "":
        return None
    if _NOT_A_TITLE.search(match.string, max(0, match.start() - _BEFORE), match.start()):
        return None  # "my dr thinks"
    return names.name_at(match.string, match.end(), names.is_name_in_any_case, _goes_on)


def _called(match: re.Match[str]) -> Range | None:
    # An app or a drug is called something too.
    if not _SOMEBODY.search(match.string, max(0, match.start() - _BEFORE), match.start()):
        return None
    return names.name_at(match.string, match.end(), names.is_name) or names.name_at(
        match.string, match.end(), names.is_listed_name
    )


_SHORT_TITLES = frozenset(_SHORT_TITLE[3:-1].split("|"))
_LONG_TITLES = frozenset(_LONG_TITLE[3:-1].split("|"))


class PersonPatternRecognizer(WordedRecognizer):
    """Finds names after titles, and where somebody says how somebody is called."""

    ENTITY = "PERSON"
    RULES = (
        Rule(
            name="title",
            pattern=re.compile(
                rf"(?<![\w.])(?P<title>{_SHORT_TITLE})(?P<stop>\.?)[ \t\u00a0*_]{{1,3}}", re.IGNORECASE
            ),
            score=0.85,
            accept=_titled,
        ),
        Rule(
            name="title in full",
            pattern=re.compile(rf"(?<![\w.]){_LONG_TITLE}[ \t\u00a0*_]{{1,3}}", re.IGNORECASE),
            score=0.75,
            accept=_titled_in_full,
        ),
        Rule(
            name="title, lower case",
            pattern=re.compile(r"(?<![\w.])(?P<title>dr|mr|mrs|ms|prof)(?P<stop>\.?)[ \t]+", re.IGNORECASE),
            score=0.6,
            accept=_titled_in_lower_case,
        ),
        Rule(
            name="my name is",
            pattern=re.compile(
                r"\bmy[ \t]+(?:real|first|full|given|actual|legal|birth|own)?[ \t]*name(?:[ \t]+is|['’]?s)"
                + _GAP_OR_LINE,
                re.IGNORECASE,
            ),
            score=0.9,
            accept=_then(names.is_name_in_any_case),
        ),
        Rule(
            name="somebody called",
            pattern=re.compile(rf"\b(?:called|named){_GAP}", re.IGNORECASE),
            score=0.75,
            accept=_called,
        ),
    )
    NEEDS: ClassVar[Mapping[str, Needs]] = {
        "title": (_SHORT_TITLES,),
        "title in full": (_LONG_TITLES,),
        "title, lower case": (words("dr mr mrs ms prof"),),
        "my name is": (words("my"), words("name names")),
        "somebody called": (words("called named"),),
    }
