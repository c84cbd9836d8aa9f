"""`in Dunmore`, `moved to salem`, `Dayton, OH` -> LOCATION: towns and counties.

Countries and states alone are above the level that singles somebody out and are left to the model. Towns
that are words (Reading, Nice, Mobile) or first names (Austin, Paris) need more than a capital.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, ClassVar, NamedTuple

from presidio_analyzer import RecognizerResult

from prefpairs.deid import gazetteer
from prefpairs.deid.recognizers import names
from prefpairs.deid.recognizers.base import Range, Rule
from prefpairs.deid.recognizers.candidates import Candidate, CandidateRecognizer, Cue, Kind
from prefpairs.deid.recognizers.common_words import words
from prefpairs.deid.recognizers.phrases import Phrase, Phrases
from prefpairs.deid.recognizers.regions import REGION, REGION_CODE, STATE_CODES
from prefpairs.deid.recognizers.worded import Needs, WordedRecognizer

_CAPITAL = r"[A-ZÀ-ÖØ-Þ]"
_CAPITALISED = (
    rf"{_CAPITAL}[\w'’.-]{{1,20}}(?:[ ](?:(?:of|de|la|del|upon|on|the|in)"
    rf"[ ])?{_CAPITAL}[\w'’.-]{{1,20}}){{0,3}}"
)
_TOWN_BEFORE = re.compile(rf"(?<![\w.])(?P<town>{_CAPITALISED})\Z")
_INSIDE = re.compile(r"\b(?:in|from|near)[ ]+\Z")
_ASKED = 40  # characters before a town that are read

_IN = re.compile(
    r"\b(?:in|from|near|outside|around|visit(?:ed|ing)?|leaving|reached|toward|towards|via|"
    r"across|throughout|within|into|to|at|through)[ ]+"
    r"(?:(?:the|downtown|central|north|south|east|west|northern|southern|eastern|western|"
    r"upstate|inner|greater|of|suburban|rural|"
    r"beautiful|sunny|good|old)[ ]+){0,2}\Z",
    re.IGNORECASE,
)
_HOME = (
    r"\b(?:(?:liv(?:e|es|ed|ing)|grew[ ]up|born(?:[ ]and[ ]raised)?|raised|based|located|"
    r"resid(?:e|es|ed|ing)|i['’]?m|i[ ]am|we['’]?re|he['’]?s|she['’]?s|"
    r"(?:is|are|am|was|were)|stay(?:ed|ing)?|home(?:town)?|house|apartment|place|suburb|town|"
    r"city|village|therapists?|psychiatrists?|doctors?|"
    r"clinic|hospital|meetup|anyone|anybody|someone|nobody|somewhere|people|family|here)"
    r"(?:[ ](?:here|originally|currently|"
    r"right[ ]now|near|just))?[ ](?:in|from|near|outside(?:[ ]of)?|around|of|like)|"
    r"(?:mov(?:e|es|ed|ing)(?:[ ]back|[ ]away|[ ]out)?|relocat(?:e|ed|ing)|flew|drove|drive|fly|"
    r"travell?(?:ed|ing)?|trip|commut(?:e|ing)|back)[ ](?:here[ ])?(?:to|from))[ ]+"
    r"(?:(?:the|downtown|north|south|east|west|northern|southern|a[ ](?:small|little)"
    r"[ ]town[ ](?:called|named|near|in|outside(?:[ ]of)?))[ ]+)?"
)
_AT_HOME = re.compile(rf"{_HOME}\Z", re.IGNORECASE)
_REGION_AFTER = re.compile(rf",?[ ](?:{REGION_CODE}|{REGION})\b(?!['’])")
_CLEAR_CODES = "|".join(
    code.lower() for code in STATE_CODES if code not in words("IN OR ME HI OK OH DE LA MA PA ID AL CO MO MS")
)
_REGION_AFTER_IN_ANY_CASE = re.compile(rf",[ ](?:{_CLEAR_CODES}|(?i:{REGION}))\b(?!['’])")
_CODES_THAT_ARE_WORDS = frozenset(
    {"OK", "IN", "ME", "OR", "HI", "MA", "PA", "AL", "ID", "LA", "CO", "DE", "MS", "US", "EU", "ACT"}
)
_CREDENTIALS = frozenset({"MD", "MA", "PA", "MS", "ND", "DC"})
_MIN_LOWER = 4
_ARTICLES = frozenset({"la", "el", "los", "las", "le", "les", "al", "de"})
_KNOWN_WITH_ARTICLE = frozenset(
    {"los angeles", "las vegas", "la jolla", "el paso", "las cruces", "los alamos", "le mans"}
)
_OTHER_SENSES = frozenset(
    {"batman", "olympic", "split", "man", "most", "of", "eye", "bar", "same", "much", "olds", "alot", "manta"}
)
_POINTS = ("north", "south", "east", "west", "new")
# Towns that are in some list of words or first names, and mean the town wherever they have a capital.
_CERTAIN = words("""
    adelaide anchorage auburn austin bologna brooklyn columbus dallas davenport eugene flagstaff frankfurt
    hamburg houston hove lima neath orlando oxford perth salem santiago savannah shanghai slough stoke
    sydney tangier verona wellington whistler tenderloin hackney maidenhead
    """)


class _Evidence(NamedTuple):
    """What is known of a town where it stands."""

    text: str
    phrase: Phrase

    @property
    def written(self) -> str:
        return self.text[self.phrase.start : self.phrase.end]

    def has_capitals(self) -> bool:
        return (
            all(
                word[0].isupper()
                for word in re.split(r"[ \-]", self.written)
                if len(word) > 3 or word == self.written
            )
            and self.written[0].isupper()
        )

    def is_part_of_region(self) -> bool:
        before = (
            self.text[max(0, self.phrase.start - _ASKED) : self.phrase.start]
            .rstrip(" ")
            .rpartition(" ")[2]
            .casefold()
            .strip("(,.\"'*")
        )
        return before in _POINTS and names.is_region(f"{before} {' '.join(self.phrase.tokens)}")

    def is_in(self) -> bool:
        return _IN.search(self.text, max(0, self.phrase.start - _ASKED), self.phrase.start) is not None

    def is_inside(self) -> bool:
        before = self.text[max(0, self.phrase.start - _ASKED) : self.phrase.start]
        return _INSIDE.search(before) is not None and not self.written.isupper()

    def is_home(self) -> bool:
        return _AT_HOME.search(self.text, max(0, self.phrase.start - 2 * _ASKED), self.phrase.start) is not None


@cache
def _towns() -> Phrases:
    return Phrases(name for name in (*gazetteer.load("towns"), *gazetteer.load("counties")) if len(name) > 2)


def _score(found: _Evidence, *, with_region: bool) -> float:
    """Return how certain a town is, 0 if it is none."""
    name = " ".join(found.phrase.tokens)
    if with_region:
        return 0.7
    is_single = len(found.phrase.tokens) == 1
    ordinary = gazetteer.load("ambiguous_words")
    is_worded = name in gazetteer.load("worded_names") or all(
        names.is_word(token) or token in ordinary for token in found.phrase.tokens
    )
    is_ambiguous = is_worded
    is_person = name in gazetteer.load("first_names")
    if found.is_part_of_region() or name in _OTHER_SENSES:
        return 0
    if found.has_capitals():
        if not is_ambiguous and not is_person:
            return 0.55
        if name in _CERTAIN and not _starts_sentence(found):
            return 0.5
        is_plain = is_single and names.is_word(name)
        is_in = found.is_inside() if is_plain or found.phrase.tokens[0] == "the" else found.is_in()
        return 0.55 if is_in or (is_worded and not is_single and not _starts_sentence(found)) else 0
    if found.written != found.written.lower():
        return 0
    if not is_ambiguous and not is_person and not is_single:
        return 0 if found.phrase.tokens[0] in _ARTICLES and name not in _KNOWN_WITH_ARTICLE else 0.5
    if is_single and len(name) < _MIN_LOWER:
        return 0
    if is_ambiguous or (is_person and not found.is_in()):
        is_plain = is_single and names.is_word(name)
        return 0.45 if found.is_home() and not is_plain else 0
    return 0.45 if found.is_in() or len(name) > _MIN_LOWER else 0


def _starts_sentence(found: _Evidence) -> bool:
    return found.text[max(0, found.phrase.start - _ASKED) : found.phrase.start].rstrip(" \t\"“'*_(")[-1:] in (
        "",
        ".",
        "!",
        "?",
        "\n",
        ":",
    )


def _town_and_region(match: re.Match[str]) -> Range | None:
    """Accept `Dunmore, PA`; before a code that is a word too (`Yes, OK`), only what is no word itself."""
    town = _TOWN_BEFORE.search(match.string, max(0, match.start() - 2 * _ASKED), match.start())
    if town is None:
        return None
    start, written = _without_common_words(town)
    words = [names.folded(word) for word in re.findall(r"[^\W\d_]+", written)]
    name = " ".join(words)
    if not words or (match["code"] in _CREDENTIALS and name not in gazetteer.load("towns")):
        return None
    is_plain = all(names.is_word(word) for word in words) and not _is_town_name(name)
    is_weak = match["code"] is None or match["code"] in _CODES_THAT_ARE_WORDS
    return None if is_plain and is_weak else (start, match.end())


def _is_town_name(name: str) -> bool:
    return name in gazetteer.load("towns") or name in gazetteer.load("worded_names")


def _without_common_words(town: re.Match[str]) -> tuple[int, str]:
    """Return where a town begins, and the town, without what stands before it: `In Dunmore`."""
    start, end = town.span("town")
    for word in re.finditer(r"[^\s,]+", town["town"]):
        if names.may_be_name(word[0].rstrip(".")):
            return start + word.start(), town.string[start + word.start() : end]
    return end, ""


class PlaceRecognizer(WordedRecognizer):
    """Finds towns and counties."""

    ENTITY = "LOCATION"
    NEEDS: ClassVar[Mapping[str, Needs]] = {"Lackawanna County": (frozenset({"county"}),)}
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="Dunmore, PA",
            pattern=re.compile(rf",[ ]?(?P<region>(?P<code>{REGION_CODE})|{REGION})(?![\w'’-])(?!\.\w)"),
            score=0.65,
            accept=_town_and_region,
        ),
        Rule(
            name="Lackawanna County",
            pattern=re.compile(
                r"(?<![\w.])(?P<id>(?!The|This|My|Our|Each|Every|Your|"
                rf"In){_CAPITAL}[\w'’.-]{{2,20}}(?:[ ]{_CAPITAL}[\w'’-]{{2,20}})?[ ]County)\b"
            ),
            score=0.6,
        ),
    )

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return what the rules find, and the listed towns, overlaps included."""
        listed = [self._result(rule, start, end) for rule, start, end in _listed(text)]
        return super().analyze(text, entities, nlp_artifacts) + listed


def _listed(text: str) -> Iterator[tuple[Rule, int, int]]:
    for phrase in _towns().find(text):
        found = _Evidence(text, phrase)
        after = _REGION_AFTER if found.written[0].isupper() else _REGION_AFTER_IN_ANY_CASE
        region = after.match(text, phrase.end)
        score = _score(found, with_region=region is not None)
        if score:
            yield Rule(name="town", pattern=_IN, score=score), phrase.start, region.end() if region else phrase.end


def _unlisted_town(candidate: Candidate) -> Range | None:
    """Accept a capitalised word after `I live in` that is no word, no region and no first name."""
    found = names.name_at(candidate.text, candidate.start, _may_be_town)
    if found is None or candidate.text.startswith(("'", "’"), found[1]):
        return None
    return None if names.is_region(names.folded(candidate.text[slice(*found)])) else found


def _may_be_town(word: str) -> bool:
    plain = names.folded(word)
    is_known = names.is_word(plain) or names.is_region(plain) or plain in gazetteer.load("ambiguous_words")
    return names.is_name(word) and not is_known


class TownCueRecognizer(CandidateRecognizer):
    """Finds where somebody lives, though no list has it."""

    ENTITY = "LOCATION"
    CUES = (
        Cue(
            name="live in Dunmore",
            score=0.5,
            last=words("in from to near outside around of the downtown north south east west called named"),
            kinds=frozenset({Kind.CAPITAL}),
            pattern=_AT_HOME,
            accept=_unlisted_town,
        ),
    )
