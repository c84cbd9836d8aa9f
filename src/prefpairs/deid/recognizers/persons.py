"""What stands before a name, `Dr.`, `my name is`, `my sister` -> PERSON.

For texts without a trained model, and beside one: these words say that a name comes next. A capital
alone is weak evidence (`I'm Bipolar`), so words that are no names are never taken for one.
"""

import re
import unicodedata
from collections.abc import Callable

from prefpairs.deid.recognizers.base import Accept, Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS, EPONYMS

# Letters with their combining marks and joiners. Apostrophes and hyphens stand between letters
# (O'Brien, Jean-Luc); a possessive is not part of the name.
_LETTER = r"[^\W\d_][\u0300-\u036f\u200b-\u200d\u2060\u00ad]*"
_WORD_PATTERN = rf"{_LETTER}(?:{_LETTER}|['’](?![sS](?![^\W\d_]))(?={_LETTER})|[-‐‑](?={_LETTER}))*"
_WORD = re.compile(_WORD_PATTERN)
_NEXT_WORD = re.compile(rf"[ \t\u00a0]+(?P<word>{_WORD_PATTERN})")
_AFTER_INITIAL = re.compile(rf"\.?[ \t\u00a0]*(?P<word>{_WORD_PATTERN})")

_GAP = r"[ \t\u00a0,(*_~\"“”‘’'>:-]{1,4}"
_GAP_OR_LINE = r"[\s,(*_~\"“”‘’'>!:-]{1,6}"

_MAX_WORDS = 3
_BEFORE = 24  # characters that are looked at before a trigger
_MIN_VERB_FORM = 6  # Ming and Ling are names; Feeling and Losing are not
_NAMES_IN_ING = frozenset({"sterling", "fleming", "manning", "channing", "harding", "golding", "browning"})
_ENDINGS = " \t\r\n.,!*_~()<3:;xX"

_KIN = (
    r"(?:step|half|ex|grand|great|best|foster|twin|god)?[ -]?"
    r"(?:sister|sis|brother|bro|mom|mum|mam|mama|mother|dad|papa|father|son|daughter|wife|husband|hubby|spouse|"
    r"partner|fianc[eé]e?|boyfriend|girlfriend|bf|gf|so|ex|friend|bestie|bff|mate|buddy|roommate|flatmate|"
    r"housemate|classmate|co-?worker|colleague|boss|manager|supervisor|therapist|psychiatrist|psych|"
    r"psychologist|counsell?or|doctor|doc|gp|nurse|sponsor|coach|teacher|tutor|professor|mentor|pastor|"
    r"landlord|landlady|neighbou?r|cousin|aunt|auntie|uncle|niece|nephew|grandma|grandmother|nana|nan|gran|"
    r"grandpa|grandfather|granddad|kid|child|baby|toddler|stalker|abuser|caseworker|social[ ]worker|"
    r"case[ ]manager|crush|lawyer|twin)"
)
_SOMEBODY = re.compile(
    rf"\b(?:guy|girl|man|woman|boy|lady|dude|kid|person|lad|someone|somebody|{_KIN}),?[ \t]+\Z", re.IGNORECASE
)
_TITLE = (
    r"(?:dr|doctor|mr|mister|mrs|ms|miss|mx|prof|professor|nurse|pastor|rev|reverend|father|rabbi|imam|coach|"
    r"judge|officer|detective|sgt|sergeant|captain|sir|aunt|auntie|aunty|uncle|grandma|grandpa|nana)"
)
_NOT_A_TITLE = re.compile(
    r"\b(?:my|a|an|the|your|his|her|our|their|this|that|any|every|new|first|another)[ \t]+\Z", re.IGNORECASE
)


def _may_be_name(word: str) -> bool:
    folded = unicodedata.normalize("NFC", word).casefold().replace("’", "'")
    is_verb_form = folded.endswith("ing") and len(folded) >= _MIN_VERB_FORM and folded not in _NAMES_IN_ING
    return len(folded) > 1 and folded not in COMMON_WORDS and not is_verb_form


def _is_eponym(word: str) -> bool:
    return word.casefold() in EPONYMS


def _is_name(word: str) -> bool:
    """Say whether a word looks like a name: a capital first, not shouted, no common word, no eponym."""
    return word[0].isupper() and not word.isupper() and _may_be_name(word) and not _is_eponym(word)


def _is_name_in_any_case(word: str) -> bool:
    return _may_be_name(word) and not _is_eponym(word)


def _is_titled_name(word: str) -> bool:
    # After a title anybody may follow: a Dr. Beck, a Dr. J.
    return word[0].isupper() and (_may_be_name(word) or _is_initial(word))


def _is_titled_name_as_written(word: str) -> bool:
    return _is_titled_name(word) and (_is_initial(word) or not word.isupper())


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isupper()


def _name_at(text: str, start: int, is_name: Callable[[str], bool]) -> Range | None:
    """Return where the name that begins at `start` lies, up to three words of it."""
    word = _WORD.match(text, start)
    if word is None or not is_name(word[0]):
        return None
    last, end = word[0], word.end()
    for _ in range(_MAX_WORDS - 1):
        following = (_AFTER_INITIAL if _is_initial(last) else _NEXT_WORD).match(text, end)
        if following is None:
            break
        last = following["word"]
        abbreviated = _is_initial(last) and text.startswith(".", following.end())
        if not (abbreviated or is_name(last)):
            break
        end = following.end()
    return start, end


def _then(is_name: Callable[[str], bool]) -> Accept:
    return lambda match: _name_at(match.string, match.end(), is_name)


def _titled(match: re.Match[str]) -> Range | None:
    if match["title"] == "MS" and match["stop"] == "":
        return None  # multiple sclerosis, and Word
    shouted = match["title"].isupper() or match["stop"] == "."
    return _name_at(match.string, match.end(), _is_titled_name if shouted else _is_titled_name_as_written)


def _titled_in_lower_case(match: re.Match[str]) -> Range | None:
    if match["title"].lower() == "ms" and match["stop"] == "":
        return None
    if _NOT_A_TITLE.search(match.string, max(0, match.start() - _BEFORE), match.start()):
        return None  # "my dr thinks"
    return _name_at(match.string, match.end(), _is_name_in_any_case)


def _called(match: re.Match[str]) -> Range | None:
    # An app or a drug is called something too.
    if not _SOMEBODY.search(match.string, max(0, match.start() - _BEFORE), match.start()):
        return None
    return _name_at(match.string, match.end(), _is_name)


def _at_the_end(match: re.Match[str]) -> Range | None:
    found = _name_at(match.string, match.end(), _is_name)
    return found if found and not match.string[found[1] :].strip(_ENDINGS) else None


class PersonPatternRecognizer(RuleRecognizer):
    """Finds names after titles, introductions and kinship, and at the end of a letter."""

    ENTITY = "PERSON"
    RULES = (
        Rule(
            name="title",
            pattern=re.compile(rf"(?<![\w.])(?P<title>{_TITLE})(?P<stop>\.?)[ \t\u00a0*_]{{1,3}}", re.IGNORECASE),
            score=0.85,
            accept=_titled,
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
            accept=_then(_is_name_in_any_case),
        ),
        Rule(
            name="introduction",
            pattern=re.compile(
                r"\b(?:name(?:[ \t]+(?:is|was)|['’]s)|calls?[ \t]+me|i['’]?m[ \t]+called|i[ \t]+am[ \t]+called|"
                rf"go(?:es)?[ \t]+by|known[ \t]+as){_GAP}",
                re.IGNORECASE,
            ),
            score=0.8,
            accept=_then(_is_name),
        ),
        Rule(
            name="somebody called",
            pattern=re.compile(rf"\b(?:called|named){_GAP}", re.IGNORECASE),
            score=0.75,
            accept=_called,
        ),
        Rule(
            name="I'm",
            pattern=re.compile(r"\b(?:i['’]?m|i[ \t]+am)[ \t]+[*_\"“]{0,2}", re.IGNORECASE),
            score=0.6,
            accept=_then(_is_name),
        ),
        Rule(
            name="kinship",
            pattern=re.compile(
                rf"\b(?:my|our|his|her|their|your)[ \t]+(?:[\w'’-]+[ \t]+){{0,2}}?{_KIN}s?\b(?!['’]s){_GAP}",
                re.IGNORECASE,
            ),
            score=0.75,
            accept=_then(_is_name),
        ),
        Rule(
            name="signature",
            pattern=re.compile(
                r"(?:\n[ \t]*[-–—~]{1,2}[ \t]*|"
                r"\b(?:love|thanks|thank you|cheers|regards|sincerely|hugs|xoxo|yours)[,!.]*\s+)",
                re.IGNORECASE,
            ),
            score=0.6,
            accept=_at_the_end,
        ),
    )
