"""A place in a text -> the name of a person that begins there.

Three kinds of evidence come together: how a word is written, whether it is a known name, and whether it is
an ordinary word. What stands around it is the recognizers' business.
"""

import re
import unicodedata
from collections.abc import Callable

from prefpairs.deid import gazetteer
from prefpairs.deid.recognizers.base import Range
from prefpairs.deid.recognizers.common_words import COMMON_WORDS, EPONYMS, words

# Letters with their combining marks and joiners. Apostrophes and hyphens stand between letters
# (O'Brien, Jean-Luc); a possessive is not part of the name.
_LETTER = r"[^\W\d_][\u0300-\u036f\u200b-\u200d\u2060\u00ad]*"
WORD = rf"{_LETTER}(?:{_LETTER}|['’](?![sS](?![^\W\d_]))(?={_LETTER})|[-‐‑](?={_LETTER}))*"
_WORD = re.compile(WORD)
_NEXT_WORD = re.compile(rf"[ \t\u00a0]+(?P<word>{WORD})")
_AFTER_INITIAL = re.compile(rf"\.?[ \t\u00a0]*(?P<word>{WORD})")
_LAST_INITIAL = re.compile(r"[ \t\u00a0](?:[A-Z]\.(?=\W|\Z)|[A-Z](?=[,.;:!?)\n]|['’]s\b|\Z))")

_MAX_WORDS = 4
_MIN_LISTED = 3
LONGEST_ABBREVIATION = 3
"""A word in capitals that is no longer is an abbreviation."""
_MIN_VERB_FORM = 6  # Ming and Ling are names; Feeling and Losing are not
_NAMES_IN_ING = frozenset({"sterling", "fleming", "manning", "channing", "harding", "golding", "browning"})
_PARTICLES = frozenset(
    {"van", "von", "de", "der", "den", "da", "di", "del", "della", "la", "le", "bin", "ibn", "al", "el", "st"}
)

# First names that are written with a capital as something else: months, virtues, offices, what is prayed to.
SELDOM_PEOPLE = words("""
    abbey al am angel april archer aria august autumn basil charity chase chip china christian clement co
    cooper coral crystal dakota dean destiny diamond don duke earl ebony faith felicity genesis georgia
    grace grant harmony heath homer hope hunter ira jersey joy june junior lavender may mercy mason miller
    nova olive patience phoenix pierce porter precious prudence rich roman rose ruby sage saffron scout
    serenity sierra sky smith sol star sterling summer sunny tanner trinity valentine van verity victoria
    viola virginia walker will willow woody brooklyn carolina aspen aurora mo
    """)

_EVERYDAY = words("""
    amir barney bobby billy brad carol charlotte colleen deb derrick ed eddy erica ernest gabby harry hector
    jimmy john josh karen ken maria martin matt meg mickey mike molly nick noel patty peter phoebe ray rick
    roger sally sofia stan taylor terry tom tony veronica warren yasmin bob hank jack jan jean ken sue tad
    """)
_EVERYDAY_IN_LOWER_CASE = words("""
    john maria karen mike matt peter josh tom charlotte jimmy tony veronica sofia brad erica taylor billy
    bobby harry martin phoebe molly yasmin roger terry carol colleen derrick
    """)
_SHORT = words(
    """
    amy ann ben dan eva ian jim joe jon kim leo liz lou roy sam tim zoe kai ava ali jen kat pam ron ted val
    wes gus eli
    """
)
_PLACE_LISTS: tuple[gazetteer.Gazetteer, ...] = ("towns", "regions", "countries")


def folded(word: str) -> str:
    """Return a word as the lists have it: lower case, composed, with straight apostrophes."""
    return unicodedata.normalize("NFC", word).casefold().replace("’", "'")


def is_first_name(word: str) -> bool:
    """Say whether a folded word is a first name, whatever else it is."""
    return word in gazetteer.load("first_names") and word not in COMMON_WORDS


def is_certain_first_name(word: str) -> bool:
    """Say whether a folded word is a first name and nothing else."""
    return (
        word in gazetteer.load("first_names")
        and len(word) >= _MIN_LISTED
        and word not in gazetteer.load("ambiguous_words")
        and word not in COMMON_WORDS
        and word not in gazetteer.load("towns")
    )


def is_last_name(word: str) -> bool:
    """Say whether a folded word is a family name and no ordinary word."""
    return word in gazetteer.load("last_names") and word not in COMMON_WORDS and not is_word(word)


def is_family_name(word: str) -> bool:
    """Say whether a folded word is a family name, even one that is a trade or a colour too."""
    return word in gazetteer.load("last_names") and word not in COMMON_WORDS


def is_everyday_name(word: str) -> bool:
    """Say whether a folded word is so common a first name that a capital is enough: John, Maria."""
    return word in _EVERYDAY


def is_first_name_in_lower_case(word: str) -> bool:
    """Say whether a word in lower case is a first name, and seldom anything else."""
    is_long = len(word) > _MIN_LISTED or word in _SHORT
    is_name_only = is_first_name(word) and word not in gazetteer.load("ambiguous_words")
    return word in _EVERYDAY_IN_LOWER_CASE or (is_long and is_name_only)


def is_region(word: str) -> bool:
    """Say whether a folded word is a town, a state or a country."""
    return any(word in gazetteer.load(name) for name in _PLACE_LISTS)


def is_word(word: str) -> bool:
    """Say whether a folded word, or the word that it is a form of, is ordinary English."""
    safe = gazetteer.load("safe_words")
    return word in safe or word in COMMON_WORDS or (word.endswith("'s") and word[:-2] in safe)


def may_be_name(word: str) -> bool:
    """Say whether a word could be a name where a name is expected: no common word, no form in -ing."""
    plain = folded(word)
    is_verb_form = plain.endswith("ing") and len(plain) >= _MIN_VERB_FORM and plain not in _NAMES_IN_ING
    return len(plain) > 1 and plain not in COMMON_WORDS and not is_verb_form


def is_eponym(word: str) -> bool:
    """Say whether a word is the name of an illness, a scale or a school of thought."""
    return folded(word) in EPONYMS


def is_initial(word: str) -> bool:
    """Say whether a word is one capital letter."""
    return len(word) == 1 and word.isupper()


def is_name(word: str) -> bool:
    """Say whether a word looks like a name: a capital first, not shouted, no common word, no eponym."""
    return word[0].isupper() and not word.isupper() and may_be_name(word) and not is_eponym(word)


def is_name_and_no_word(word: str) -> bool:
    """Say whether a word looks like a name, and is none of the words that a title or a heading has."""
    return is_name(word) and (not is_word(folded(word)) or is_first_name(folded(word)))


def is_known_or_no_word(word: str) -> bool:
    """Say whether a capitalised word is a known first name, or no word and no region."""
    if not word[0].isupper():
        return False
    plain = folded(word)
    return is_first_name(plain) or (is_name_and_no_word(word) and not is_region(plain))


def is_name_in_any_case(word: str) -> bool:
    """Say whether a word could be a name, however it is written."""
    return may_be_name(word) and not is_eponym(word)


def is_listed_name(word: str) -> bool:
    """Say whether a word is a known first or family name, however it is written."""
    plain = folded(word)
    return (is_first_name(plain) or is_last_name(plain)) and not is_eponym(word)


def is_unknown_word(word: str) -> bool:
    """Say whether a word is in no list: a rare name, or a typing error."""
    plain = folded(word)
    return len(plain) > _MIN_LISTED and not is_word(plain) and is_name_in_any_case(word)


def name_at(
    text: str, start: int, first: Callable[[str], bool], rest: Callable[[str], bool] | None = None
) -> Range | None:
    """Return where the name that begins at `start` lies: its first word, and what of the next ones is part of it.

    `first` says whether a word can begin the name, `rest` whether one can go on with it: `first` by default.
    """
    word = _WORD.match(text, start)
    if word is None or not first(word[0]):
        return None
    goes_on = rest or first
    last, end = word[0], word.end()
    for _ in range(_MAX_WORDS - 1):
        following = (_AFTER_INITIAL if is_initial(last) else _NEXT_WORD).match(text, end)
        if following is None:
            break
        word_after = following["word"]
        abbreviated = is_initial(word_after) and (text.startswith(".", following.end()) or is_initial(last))
        particle = folded(word_after) in _PARTICLES and _is_followed_by_name(text, following.end(), goes_on)
        if not (abbreviated or particle or goes_on(word_after)):
            break
        last, end = word_after, following.end()
    initial = _LAST_INITIAL.match(text, end)
    return start, (initial.end() if initial else end)


def _is_followed_by_name(text: str, position: int, goes_on: Callable[[str], bool]) -> bool:
    following = _NEXT_WORD.match(text, position)
    return following is not None and (goes_on(following["word"]) or folded(following["word"]) in _PARTICLES)
