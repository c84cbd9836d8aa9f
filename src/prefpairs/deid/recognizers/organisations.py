"""`Duke University`, `St. Mary's Hospital`, `I work at Walmart`, `ucla` -> ORGANIZATION.

Schools, hospitals and clinics are known by their last word, employers by what stands before them, and two
thousand names by a list. `Community college` and `the hospital` name nobody.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, ClassVar

from presidio_analyzer import RecognizerResult

from prefpairs.deid import gazetteer
from prefpairs.deid.recognizers import names
from prefpairs.deid.recognizers.base import Range, Rule
from prefpairs.deid.recognizers.common_words import COMMON_WORDS, words
from prefpairs.deid.recognizers.institutions import (
    COMPANY,
    HOSPITAL,
    HOSPITAL_WORDS,
    KIND_AFTER_NAME,
    SCHOOL,
    SCHOOL_WORDS,
)
from prefpairs.deid.recognizers.phrases import Phrase, Phrases
from prefpairs.deid.recognizers.worded import Needs, WordedRecognizer
from prefpairs.deid.recognizers.workplaces import AT_WORK

_CAPITAL = r"[A-ZÀ-ÖØ-Þ]"
_WORD = rf"(?:(?:St|Mt|Dr|{_CAPITAL})\.|{_CAPITAL}[\w'’-]{{0,24}})"
_LINK = r"(?:of|the|and|&|for|at|de|la|del|di|da|von|in)"
_WORDS = rf"{_WORD}(?:[ ](?:{_LINK}[ ]){{0,2}}{_WORD}){{0,5}}?"

_AT = re.compile(r"\b(?:at|for|from|to|into|by|of|with|in|through)[ ]+(?:the[ ])?\Z", re.IGNORECASE)
_ASKED = 48  # characters before a name that are read

# What an organisation can be called as a kind of organisation: none of these tells one from another.
_KINDS = words("""
    university college school high middle elementary primary secondary grammar hospital clinic medical
    center centre health behavioral behavioural mental state community local public private general national
    city county graduate law business nursing art arts boarding sunday summer junior senior psychiatric
    children's childrens the of and for at in online technical vocational charter day pre old new catholic
    christian treatment recovery rehab rehabilitation counseling counselling family psychology psychiatry
    institute academy district department services service group bank company care urgent emergency primary
    veterans women's men's free teaching trade beauty cosmetology film drama dental vet veterinary student
    students home eating disorder disorders anxiety residential inpatient outpatient crisis dual diagnosis
    substance abuse addiction physical sexual reproductive maternal spiritual emotional holistic better good
    great best overall your our their my his her improving about when if licensed professional certified
    clinical practice couples marriage relationship individual child marital pre-marital premarital
    adolescent adult trauma grief pain
    """)


def _named(match: re.Match[str]) -> Range | None:
    """Return the name without the words before it: `At Duke University`; nothing if only kinds are left."""
    start, end = match.span("id")
    parts = list(re.finditer(r"[^\s]+", match.string[start:end]))
    plain = [names.folded(part[0].strip(".,'’")) for part in parts]
    first = 0
    while first < len(parts) and (plain[first] in COMMON_WORDS or plain[first] in _LEADING):
        first += 1
    rest = plain[first:]
    if not rest or all(word in _KINDS or word in COMMON_WORDS for word in rest):
        return None
    return start + parts[first].start(), end


_LEADING = words(
    """
    the a an at in my our his her their your this that when if from to for and but i so then after before
    since while of
    """
)


def _health(match: re.Match[str]) -> Range | None:
    """Like `_named`, where the last word (`Health`, `Recovery`) is common in headings: a name must be no word."""
    found = _named(match)
    if found is None:
        return None
    if _AT.search(match.string, max(0, found[0] - _ASKED), found[0]) and match.string[found[0] - 2].islower():
        return found  # in a heading a preposition has a capital too
    parts = [names.folded(part) for part in re.findall(r"[^\W\d_]+", match.string[slice(*found)])]
    return found if any(not names.is_word(part) or part == "st" for part in parts) else None


def _of_name(match: re.Match[str]) -> Range | None:
    """Accept `wiggins elementary` where a word of the name is no ordinary one, and none is a common one."""
    parts = [names.folded(part).removesuffix("'s") for part in re.split(r"[ .]+", match["place"]) if part]
    if any(part in COMMON_WORDS or part in _KINDS for part in parts):
        return None
    return match.span("id") if any(not names.is_word(part) or part in ("st", "saint") for part in parts) else None


def _saint(match: re.Match[str]) -> Range | None:
    return (
        None
        if names.is_region(names.folded(match["id"]).replace(".", ""))
        or names.is_region(names.folded(match["id"]))
        else match.span("id")
    )


def _of_place(match: re.Match[str]) -> Range | None:
    """Accept `university of michigan` and `ohio state university` where the place is one."""
    return match.span("id") if names.is_region(match["place"].casefold()) else None


class OrganisationRecognizer(WordedRecognizer):
    """Finds schools, universities, hospitals, clinics and employers."""

    ENTITY = "ORGANIZATION"
    NEEDS: ClassVar[Mapping[str, Needs]] = {
        "Duke University": (SCHOOL_WORDS,),
        "University of Leeds": (
            words("university college institute academy universidad universite church bank diocese board"),
        ),
        "university of michigan": (words("university college"), words("of")),
        "ohio state university": (words("university college uni school elementary hospital center"),),
        "at wiggins elementary": (
            HOSPITAL_WORDS
            | words(
                "university college uni high elementary primary academy prep tech secondary sixth school "
                "brothers memorial"
            ),
        ),
        "Our Lady of Sorrows": (words("lady"),),
        "Mercy Hospital": (HOSPITAL_WORDS,),
        "St. Mary's": (words("st saint mt mount"),),
        "Acme Inc": (words(COMPANY[3:-1].replace("|", " ").lower()),),
    }
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="Duke University",
            pattern=re.compile(
                rf"(?<![\w.])(?P<id>{_WORDS}[ ]{SCHOOL}\b(?!['’]?[a-z])"
                rf"(?:[ ](?:of[ ](?:the[ ])?{_WORD}(?:[ ](?:and[ ])?{_WORD}){{0,2}}))?)"
            ),
            score=0.7,
            accept=_named,
        ),
        Rule(
            name="University of Leeds",
            pattern=re.compile(
                r"(?<![\w.])(?P<id>(?:University|College|Institute|Academy|Universidad|Université|Church|"
                rf"Bank|Diocese|School[ ]Board)[ ](?:of|de|di|for)[ ](?:the[ ]|la[ ])?{_WORDS}"
                r"(?=[^\w]|\Z)"
                rf"(?:(?:,[ ]|[ ]at[ ]|[-–][ ]?){_WORD}(?:[ ]{_WORD})?)?)(?![\w])"
            ),
            score=0.7,
            accept=_named,
        ),
        Rule(
            name="university of michigan",
            pattern=re.compile(
                r"\b(?P<id>(?:university|college)[ ]of[ ](?P<place>[a-z]{3,15}(?:[ ][a-z]{3,12})?))\b",
                re.IGNORECASE,
            ),
            score=0.55,
            accept=_of_place,
        ),
        Rule(
            name="ohio state university",
            pattern=re.compile(
                r"(?<!\w)(?P<id>(?P<place>[a-z]{3,15}|(?:new|north|south|west|san|los)[ ][a-z]{3,12})"
                r"[ ](?:state[ ]|tech[ ]|city[ ]|community[ ]){0,2}"
                r"(?:university|college|uni|high[ ]school|elementary|middle[ ]school|hospital|"
                r"medical[ ]center))\b",
                re.IGNORECASE,
            ),
            score=0.5,
            accept=_of_place,
        ),
        Rule(
            name="at wiggins elementary",
            pattern=re.compile(
                r"\b(?:at|to|from|of|into|through|by|in)"
                r"[ ](?:the[ ])?(?P<id>(?P<place>[^\W\d_][\w.'’&-]{1,18}(?:[ ][\w.'’&-]{2,18}){0,2}?)[ ]"
                rf"{KIND_AFTER_NAME})\b",
                re.IGNORECASE,
            ),
            score=0.45,
            accept=_of_name,
        ),
        Rule(
            name="Our Lady of Sorrows",
            pattern=re.compile(
                rf"\b(?P<id>Our[ ]Lady[ ]of[ ](?:the[ ])?(?:[ ]?{_CAPITAL}[\w'’-]{{2,14}}){{1,3}})"
            ),
            score=0.55,
        ),
        Rule(
            name="Mercy Hospital",
            pattern=re.compile(rf"(?<![\w.])(?P<id>{_WORDS}[ ]{HOSPITAL}\b(?!['’]?[a-z]))"),
            score=0.6,
            accept=_health,
        ),
        Rule(
            name="St. Mary's",
            pattern=re.compile(
                r"(?<![\w.])(?P<id>(?:St\.?|Saint|Mt\.?|Mount)"
                rf"[ ]{_CAPITAL}[\w-]{{2,15}}['’]s?(?:[ ](?:Catholic|Girls|Boys|Children['’]s|Episcopal|"
                rf"University|{SCHOOL}|{HOSPITAL}|Church)){{0,3}})(?![\w])"
            ),
            score=0.55,
            accept=_saint,
        ),
        Rule(
            name="Acme Inc",
            pattern=re.compile(rf"(?<![\w.])(?P<id>{_WORDS},?[ ]{COMPANY}\b\.?)(?![\w])"),
            score=0.55,
            accept=_health,
        ),
    )

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return what the rules find, and the listed organisations, overlaps included."""
        listed = [self._result(rule, start, end) for rule, start, end in _listed(text)]
        return super().analyze(text, entities, nlp_artifacts) + listed


@cache
def _organisations() -> Phrases:
    return Phrases(name for name in gazetteer.load("organisations") if len(name) > 1)


def _listed(text: str) -> Iterator[tuple[Rule, int, int]]:
    for phrase in _organisations().find(text):
        score = _score(text, phrase)
        if score:
            yield Rule(name="listed", pattern=_AT, score=score), phrase.start, phrase.end


def _score(text: str, phrase: Phrase) -> float:
    """Return how certain a listed organisation is, 0 if it is a word, a town or somebody's name here."""
    written, name = text[phrase.start : phrase.end], " ".join(phrase.tokens)
    worded = name in gazetteer.load("worded_names") or all(names.is_word(word) for word in phrase.tokens)
    ambiguous = (
        worded
        or name in gazetteer.load("ambiguous_words")
        or names.is_first_name(name)
        or names.is_last_name(name)
        or names.is_region(name)
    )
    works = AT_WORK.search(text, max(0, phrase.start - _ASKED), phrase.start) is not None
    if (
        written == written.lower()
        and works
        and name not in gazetteer.load("safe_words")
        and len(name) > len("gap")
    ):
        return 0.45
    if written == written.lower():
        is_clear = not ambiguous and (
            len(phrase.tokens) > 1 or works or _AT.search(text, max(0, phrase.start - _ASKED), phrase.start)
        )
        return 0.45 if is_clear else 0
    if not written[0].isupper() and not written[0].isdigit():
        return 0
    if max(map(len, phrase.tokens)) == 1 and "&" not in written:
        return 0  # `M.S.` is no shop
    if ambiguous and len(phrase.tokens) == 1:
        return 0.5 if works and not written.islower() else 0
    if ambiguous and not all(word[0].isupper() or word[0].isdigit() for word in re.findall(r"\w{3,}", written)):
        return 0
    return 0.55
