"""What stands before a name, `I'm`, `my sister`, `Hi`, `thanks` -> PERSON.

A capital alone is weak evidence (`I'm Bipolar`), so words that are no names are never taken for one. In
lower case only known names count, and words in no list where a sentence goes on as after a name.
"""

import re
from collections.abc import Callable

from prefpairs.deid.recognizers import names
from prefpairs.deid.recognizers.base import Range
from prefpairs.deid.recognizers.candidates import Candidate, CandidateRecognizer, Cue
from prefpairs.deid.recognizers.common_words import words
from prefpairs.deid.recognizers.kin import AFTER_KIN, KIN

_GAP = r"[ \t\u00a0,(*_~\"“”‘’'>:-]{1,4}"
_OWNER = r"(?:my|our|his|her|their|your|ur|the|an?|\w{2,15}['’]s)"
_AGE = r"(?:[ ]?[(\[]?\d{1,2}[ ]?[mf]?[)\]]?)?"
_KIN_OF = (
    rf"\b{_OWNER}[ \t]+(?:[\w'’-]{{1,20}}[ \t]+){{0,2}}?(?:{KIN}|(?<=my[ ])so|(?<=his[ ])so|"
    r"(?<=her[ ])so)s?(?!\w)(?!['’]s)(?:[ ](?:named|"
    rf"called))?{_AGE}{_GAP}"
)
_KIN = re.compile(rf"{_KIN_OF}\Z", re.IGNORECASE)
_AND = r"(?:,?[ \t]{1,2}(?:and|&|n|or|y)[ \t]{1,2}|,[ \t]{1,2}|[ \t]?[&+/][ \t]?)"
_AFTER_NAME = re.compile(rf"(?P<name>{names.WORD}){_AND}\Z", re.IGNORECASE)
_KIN_AND = re.compile(rf"{_KIN_OF}{names.WORD}{_AND}\Z", re.IGNORECASE)
_INTRODUCTION = re.compile(
    r"\b(?:names?(?:[ \t]+(?:is|was)|['’]s)|calls?[ \t]+me|i['’]?m[ \t]+called|"
    rf"i[ \t]+am[ \t]+called|go(?:es)?[ \t]+by|known[ \t]+as){_GAP}\Z",
    re.IGNORECASE,
)
_ANY_INTRODUCTION = re.compile(
    r"\b(?:names?(?:[ \t]+(?:is|was)|['’]s)?|calls?[ \t]+me|called|go(?:es)?[ \t]+by|this[ ]is|"
    r"i['’]?m|i[ ]am|it['’]?s|"
    rf"(?:named|renamed)(?:[ ](?:him|her|them))?){_GAP}(?:just[ ])?\Z",
    re.IGNORECASE,
)
_I_AM = re.compile(r"\b(?:i['’]?m|i[ \t]+am)[ \t]+[*_\"“]{0,2}\Z", re.IGNORECASE)
_GREETING = re.compile(
    r"\b(?:hi|hey|hello|hiya|dear|thanks|thank[ ]you|thx|ty|sorry|congrats|congratulations|"
    r"good[ ]luck|welcome|bye|"
    r"goodbye|good[ ]?night|good[ ]morning|happy[ ]birthday|rip|r\.i\.p\.?|love[ ]you|"
    r"miss[ ]you|rest[ ]in[ ]peace|oh|hugs)"
    r"[ \t,:]{1,3}[*_~]{0,2}\Z",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:\n[ \t]*[-–—~]{1,2}[ \t]*|"
    r"\b(?:love|thanks|thank you|cheers|regards|sincerely|hugs|xoxo|yours|wishes|warmly|respectfully)[,!.]*\s+)\Z",
    re.IGNORECASE,
)

# What goes on after a name, and seldom after a mistyped verb.
_GOES_ON = re.compile(
    r"[ \t]*(?:[,.;!?)\n]|['’]s\b|(?:and|&|who|is|was|has|had|said|says|told|came|left|got|just|"
    r"[(\[]\d)|\Z)",
    re.IGNORECASE,
)
_ENDS_INTRODUCTION = re.compile(
    r"[*_~\"”’]{0,3}[ \t]*(?:[,.;!?)(\n:–—<&/|-]|\d|(?:and|from|here|btw|by|im|i|a|an|the|nice|"
    r"but|in|[mf]\b|currently)\b|\Z)",
    re.IGNORECASE,
)
_ENDS_GREETING = re.compile(r"[*_~]{0,2}[ \t]*(?:[,.!?;:\n)–—-]|\Z|(?:i|for|and|you)\b)", re.IGNORECASE)
_ENDINGS = " \t\r\n.,!*_~()<3:;xX"
_LONGEST_CLOSING = 60  # characters from a signature's first word to the end

_JOINING = frozenset({"and", "n", "or", "y"})
_MODALS = frozenset({"will", "may", "drew", "hope"})
_ADJECTIVES = words(
    "rich frank gay grant sunny sandy hardy happy rusty sterling misty bonny will may mark art "
    "lee so sad mo rob sue pat max dee bi"
)


def _name_at(
    candidate: Candidate, first: Callable[[str], bool], rest: Callable[[str], bool] | None = None
) -> Range | None:
    return names.name_at(candidate.text, candidate.start, first, rest)


def _introduced(candidate: Candidate) -> Range | None:
    return _name_at(candidate, names.is_name_and_no_word, names.is_name)


def _introduced_in_any_case(candidate: Candidate) -> Range | None:
    """Accept `i'm tom` where the sentence goes on as after a name, and not `i'm rich`."""
    found = _name_at(candidate, _is_introduced)
    return found if found and _ENDS_INTRODUCTION.match(candidate.text, found[1]) else None


def _is_introduced(word: str) -> bool:
    plain = names.folded(word)
    return names.is_listed_name(word) and plain not in _ADJECTIVES and not names.is_word(plain)


def _of_kin(candidate: Candidate) -> Range | None:
    """Accept a capital after `my sister`; after `My Sister`, in a heading, only what is no ordinary word."""
    in_heading = (
        candidate.last.islower()
        and candidate.text[candidate.start - len(candidate.gap) - len(candidate.last)].isupper()
    )
    return _name_at(candidate, names.is_name_and_no_word if in_heading else names.is_name)


def _of_kin_in_any_case(candidate: Candidate) -> Range | None:
    """Accept a first name; one that is a word too, and a word in no list, only where a name may end."""
    certain = _name_at(candidate, _is_certain)
    if certain is not None:
        return certain
    found = _name_at(candidate, _is_possible)
    return found if found and _GOES_ON.match(candidate.text, found[1]) else None


def _is_certain(word: str) -> bool:
    return names.is_first_name_in_lower_case(names.folded(word))


def _is_possible(word: str) -> bool:
    plain = names.folded(word)
    return plain not in _MODALS and (names.is_first_name(plain) or names.is_unknown_word(word))


def _greeted(candidate: Candidate) -> Range | None:
    """Accept whoever is spoken to, up to a mark: `Hi Jess,` and `thanks tom!`, not `Hi Everyone`, `Hi Ohio`."""
    found = _name_at(candidate, names.is_known_or_no_word, names.is_name_and_no_word) or _name_at(
        candidate, names.is_listed_name
    )
    return found if found and _ENDS_GREETING.match(candidate.text, found[1]) else None


def _closing(candidate: Candidate) -> Range | None:
    if len(candidate.text) - candidate.start > _LONGEST_CLOSING or not candidate.follows(_CLOSING):
        return None
    found = _name_at(candidate, names.is_name_and_no_word) or _name_at(candidate, names.is_listed_name)
    return found if found and not candidate.text[found[1] :].strip(_ENDINGS) else None


def _is_joined(candidate: Candidate) -> bool:
    return candidate.last in _JOINING or any(mark in candidate.gap for mark in ",&+/")


def _second(candidate: Candidate) -> Range | None:
    """Accept the name after `Tom and`, if what stands before `and` is one."""
    if not _is_joined(candidate):
        return None
    before = _AFTER_NAME.search(candidate.text, max(0, candidate.start - 30), candidate.start)
    if before is None:
        return None
    word = before["name"]
    certain = names.is_first_name_in_lower_case(names.folded(word)) or (
        word[0].isupper()
        and names.is_first_name(names.folded(word))
        and names.folded(word) not in names.SELDOM_PEOPLE
    )
    if not certain:
        return None
    found = _name_at(candidate, names.is_name_and_no_word)
    return found or (_name_at(candidate, _is_certain) if word.islower() else None)


def _of_kin_too(candidate: Candidate) -> Range | None:
    if not _is_joined(candidate) or not candidate.follows(_KIN_AND):
        return None
    return _name_at(candidate, names.is_name_and_no_word) or (
        _name_at(candidate, _is_certain) if candidate.text[candidate.start].islower() else None
    )


def _addressed(candidate: Candidate) -> Range | None:
    """Accept `begged jan`: behind a verb whose object is a person, any first name that is no ordinary word."""
    return None if candidate.gap.strip() else _name_at(candidate, _is_first_name_and_no_word)


def _described(candidate: Candidate) -> Range | None:
    """Accept `hope (my sister)`: any first name, and any capital, in front of what the person is."""
    found = _name_at(candidate, _is_first_name_or_capital)
    return found if found and _IS_KIN.match(candidate.text, found[1]) else None


def _liked(candidate: Candidate) -> Range | None:
    return _name_at(candidate, _is_first_name_or_capital)


def _is_first_name_or_capital(word: str) -> bool:
    return names.is_first_name(names.folded(word)) or names.is_name(word)


def _is_first_name_and_no_word(word: str) -> bool:
    plain = names.folded(word)
    return names.is_first_name(plain) and not names.is_word(plain) and plain not in names.SELDOM_PEOPLE


_IS_KIN = re.compile(rf"[ ]\((?:my|his|her|our)[ ](?:\w{{1,12}}[ ])?{KIN}\b", re.IGNORECASE)
_CRUSH = re.compile(r"\bcrush(?:ing)?[ ]on[ ]\Z", re.IGNORECASE)
_VERBS_WITH_PEOPLE = words(
    "told tell telling begged beg asked ask texted text texting called dated dating married marrying kissed "
    "hugged divorced divorcing messaged emailed phoned invited confronted forgave forgive does did jealous "
    "introduced dumped thanked"
)
_WORDS_BEFORE_NAMES = words(
    "is was s me called by as name names name's i'm i’m im am it's it’s its named renamed him her them just"
)
_GREETINGS = words(
    "hi hey hello hiya dear thanks you thx ty sorry congrats congratulations luck welcome bye "
    "goodbye night goodnight "
    "morning birthday rip p peace oh hugs"
)


class NameCueRecognizer(CandidateRecognizer):
    """Finds names after introductions and kinship, in greetings, and at the end of a letter."""

    ENTITY = "PERSON"
    CUES = (
        Cue(name="my name is Tom", score=0.8, last=_WORDS_BEFORE_NAMES, pattern=_INTRODUCTION, accept=_introduced),
        Cue(
            name="this is tom",
            score=0.6,
            last=_WORDS_BEFORE_NAMES,
            pattern=_ANY_INTRODUCTION,
            accept=_introduced_in_any_case,
        ),
        Cue(name="I'm Tom", score=0.6, last=_WORDS_BEFORE_NAMES, pattern=_I_AM, accept=_introduced),
        Cue(name="my sister Ana", score=0.75, last=AFTER_KIN, pattern=_KIN, accept=_of_kin),
        Cue(name="my sister ana", score=0.55, last=AFTER_KIN, pattern=_KIN, accept=_of_kin_in_any_case),
        Cue(name="my friends Tom and Jerry", score=0.65, accept=_of_kin_too),
        Cue(name="Tom and Jerry", score=0.55, accept=_second),
        Cue(name="Hi Jess,", score=0.6, last=_GREETINGS, pattern=_GREETING, accept=_greeted),
        Cue(name="hope (my sister)", score=0.7, accept=_described),
        Cue(name="crush on Wilson", score=0.6, last=frozenset({"on"}), pattern=_CRUSH, accept=_liked),
        Cue(name="begged jan", score=0.5, last=_VERBS_WITH_PEOPLE, accept=_addressed),
        Cue(name="Thanks, Jess", score=0.6, accept=_closing),
    )
