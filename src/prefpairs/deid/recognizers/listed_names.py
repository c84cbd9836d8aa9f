"""Known first and family names, with little or nothing around them -> PERSON.

A first name that is no English word is a name wherever it has a capital. One that is a word too (Mark,
Rose) needs a capital inside a sentence, and one that is a month or a virtue (April, Hope) needs words
around it that only people have. In lower case a first name needs a family name or such words.
"""

import re

from prefpairs.deid.recognizers import names
from prefpairs.deid.recognizers.base import Range
from prefpairs.deid.recognizers.candidates import Candidate, CandidateRecognizer, Cue, Kind
from prefpairs.deid.recognizers.common_words import words

_SENTENCE_BEGINS = re.compile(r"[.!?:\n\"“”*_#>(•|-]|\A\Z")
_NEXT_WORD = re.compile(r"(?:['’]s)?[ \t]{1,3}(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)?)")
_FAMILY_NAME = re.compile(r"[ \t]{1,3}(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)?)")
_WORD_BEFORE = re.compile(r"(?P<word>[^\W\d_]+)[ \t]{1,3}\Z")
_BEFORE = 24  # characters that are looked at before a name
_NOT_IN_WORD = frozenset("@#/_.\\-'’")
_PLACE_WORDS = frozenset(
    {"san", "santa", "santo", "los", "las", "st", "saint", "puerto", "fort", "port", "mount", "lake", "el", "new"}
)

# What people do, and months and virtues do not.
_DOES = (
    r"(?:said|says|told|tells|asked|asks|texted|texts|called|calls|came|left|went|wanted|wants|"
    r"thinks|thought|knew|knows|"
    r"cheated|died|moved|started|kept|hates|hated|loves|loved|lied|lies|yelled|replied|"
    r"responded|messaged|laughed|cried|"
    r"walked|smiled|hugged|kissed|hit|punched|dumped|ghosted|blocked|broke|promised|refused|"
    r"agreed|admitted|works|worked|"
    r"lives|lived|likes|liked|wrote|begged|drove|raised|messaged|used[ ]to|did|says|"
    r"keeps[ ]\w{3,12}ing|and[ ]i|&[ ]i|and[ ]me|doesn['’]?t|didn['’]?t|passed[ ]away|raped|"
    r"molested)"
)
# What people are, and other things too.
_IS = (
    r"(?:who|whose|always|never|won['’]?t|isn['’]?t|wasn['’]?t|hasn['’]?t|(?:has|had|is|was)"
    r"[ ](?:been|a|an|my|his|her|not|so|very|always|never|the|in|on|at|\w{3,12}ing)|"
    r"got|gets|gave|took|takes|made|makes|met|helped|hurt|abused|touched)"
)
_ACTS_AFTER = re.compile(rf"[ \t]{{1,2}}(?:{_DOES}|{_IS})(?!\w)", re.IGNORECASE)
_DOES_AFTER = re.compile(rf"[ \t]{{1,2}}{_DOES}(?!\w)", re.IGNORECASE)
_BEFORE_PEOPLE = words("""
    with told tell met meet meeting ask asked asking named miss love loved loves hate marry married dating
    dated hug hugged kissed texted texting called saw seeing visit visited trust blame thank between dear
    poor remember knew then about by from for to like of and my without against towards toward
    """)
_AGE_AFTER = re.compile(
    r"[ ]?[(\[][ ]?\d{1,2}[ ]?(?:[mf]|nb|yo)?[ ]?[)\]]|,[ ]\d{1,2}[ ]?[mf]?,[ ]", re.IGNORECASE
)
_LONGEST_ALONE = 4  # a word in capitals that is no longer may be an abbreviation
_POSSESSIVE = re.compile(r"['’]s[ ][a-z]")


def _whole(candidate: Candidate) -> Range | None:
    """Return the name from its first word on, with family names that follow."""
    return names.name_at(candidate.text, candidate.start, lambda _: True, _goes_on)


def _goes_on(word: str) -> bool:
    if not word[0].isupper():
        return False
    plain = names.folded(word)
    if names.is_first_name(plain) and plain not in names.SELDOM_PEOPLE:
        return True
    is_rare = (
        names.is_name(word) and not word.isupper() and not names.is_word(plain) and not names.is_region(plain)
    )
    return is_rare or names.is_last_name(plain)


def _stands_alone(candidate: Candidate) -> bool:
    """Say whether the word is no part of a handle, an address or a town."""
    before = candidate.text[candidate.start - 1 : candidate.start]
    after = candidate.text[candidate.end : candidate.end + 1]
    in_town = candidate.last in _PLACE_WORDS and candidate.gap in (" ", ". ")
    beside = (
        (before, candidate.text[candidate.start - 2 : candidate.start - 1]),
        (after, candidate.text[candidate.end + 1 : candidate.end + 2]),
    )
    # `Tom/Jerry` are two people; `r/Tom` and `Tom/` are a path.
    slashed = all(mark != "/" or (other.isalpha() and candidate.word[0].isupper()) for mark, other in beside)
    in_path = candidate.text[candidate.start - 2 : candidate.start].lower() in ("u/", "r/")
    stands = before not in _NOT_IN_WORD - {"/"} and after not in ("_", "@") and not after.isdigit()
    return stands and slashed and not in_path and not in_town


def _is_in_heading(candidate: Candidate) -> bool:
    """Say whether the words beside a word have capitals as well, so that its own says nothing."""
    before = _WORD_BEFORE.search(candidate.text, max(0, candidate.start - _BEFORE), candidate.start)
    after = _NEXT_WORD.match(candidate.text, candidate.end)
    beside = [item["word"] for item in (before, after) if item]
    return any(word[0].isupper() and word != "I" and names.is_word(names.folded(word)) for word in beside)


def _is_loud(candidate: Candidate) -> bool:
    """Say whether a word in capitals stands among others: alone it is an abbreviation."""
    before = _WORD_BEFORE.search(candidate.text, max(0, candidate.start - _BEFORE), candidate.start)
    after = _NEXT_WORD.match(candidate.text, candidate.end)
    beside = [item["word"] for item in (before, after) if item]
    return len(candidate.word) > names.LONGEST_ABBREVIATION and any(
        word.isupper() and len(word) > 1 for word in beside
    )


def _capital(candidate: Candidate) -> Range | None:
    if not candidate.word[0].isupper() or not _stands_alone(candidate):
        return None
    if candidate.word.isupper():
        is_listed = lambda word: word.isupper() and names.is_listed_name(word)  # noqa: E731
        is_alone = len(candidate.word) <= _LONGEST_ALONE and not _is_loud(candidate)
        return None if is_alone else names.name_at(candidate.text, candidate.start, is_listed)
    return None if candidate.text.startswith((" Talk", " talk"), candidate.end) else _whole(candidate)


def _ambiguous_capital(candidate: Candidate) -> Range | None:
    """Accept a name that is a word or a town too, where its capital or its neighbours say that it is one."""
    if not candidate.word[0].isupper() or not _stands_alone(candidate):
        return None
    if candidate.word.isupper():
        return _ambiguous_and_shouted(candidate)
    plain = names.folded(candidate.word)
    whole = _whole(candidate)
    if whole is None:
        return None
    acts = _ACTS_AFTER.match(candidate.text, whole[1]) is not None
    owns = _POSSESSIVE.match(candidate.text, whole[1]) is not None
    has_family_name = " " in candidate.text[slice(*whole)]
    if plain in names.SELDOM_PEOPLE:
        acts = _DOES_AFTER.match(candidate.text, whole[1]) is not None
        return whole if (acts or has_family_name) and not _is_in_heading(candidate) else None
    begins = not candidate.last or _SENTENCE_BEGINS.search(candidate.gap) is not None
    if begins and not names.is_everyday_name(plain):
        return whole if acts or owns or has_family_name else None
    return None if _is_in_heading(candidate) and not has_family_name else whole


def _ambiguous_and_shouted(candidate: Candidate) -> Range | None:
    is_seldom = names.folded(candidate.word) in names.SELDOM_PEOPLE
    evident = candidate.last in _BEFORE_PEOPLE or _DOES_AFTER.match(candidate.text, candidate.end)
    return (candidate.start, candidate.end) if evident and _is_loud(candidate) and not is_seldom else None


def _first_and_last(candidate: Candidate) -> Range | None:
    """Accept `john smith`: a first and a family name, one of which is nothing else."""
    following = _FAMILY_NAME.match(candidate.text, candidate.end)
    if following is None or not _stands_alone(candidate):
        return None
    first, last = names.folded(candidate.word), names.folded(following["word"]).removesuffix("'s")
    if not names.is_family_name(last) or first in names.SELDOM_PEOPLE:
        return None
    certain = candidate.kind is Kind.CERTAIN or names.is_last_name(last)
    return (candidate.start, following.start("word") + len(last)) if certain else None


def _in_lower_case(candidate: Candidate) -> Range | None:
    """Accept `jake`: a word that is a first name, and no other word, is one in lower case too."""
    if not candidate.word.islower() or not _stands_alone(candidate):
        return None
    if not names.is_first_name_in_lower_case(names.folded(candidate.word)):
        return None
    return names.name_at(candidate.text, candidate.start, lambda _: True, _is_family_name)


_FIRST_NAMES = frozenset({Kind.CERTAIN, Kind.AMBIGUOUS})


def _is_family_name(word: str) -> bool:
    return any(names.is_last_name(part) for part in names.folded(word).split("-"))


def _with_age(candidate: Candidate) -> Range | None:
    """Accept `Xin (22M)` and `valeria, 56, is`, whatever the name is."""
    if not _stands_alone(candidate) or names.is_word(names.folded(candidate.word)) or len(candidate.word) <= 1:
        return None
    return (candidate.start, candidate.end) if _AGE_AFTER.match(candidate.text, candidate.end) else None


class ListedNameRecognizer(CandidateRecognizer):
    """Finds first names that the package knows, and what belongs to them."""

    ENTITY = "PERSON"
    CUES = (
        Cue(name="Jake", score=0.55, kinds=frozenset({Kind.CERTAIN}), accept=_capital),
        Cue(name="Mark", score=0.5, kinds=frozenset({Kind.AMBIGUOUS}), accept=_ambiguous_capital),
        Cue(name="john smith", score=0.6, kinds=_FIRST_NAMES, accept=_first_and_last),
        Cue(name="jake", score=0.45, kinds=_FIRST_NAMES, accept=_in_lower_case),
        Cue(name="Xin (22M)", score=0.5, accept=_with_age),
    )
