"""A detection -> whether it must stay in the text: a crisis line, a medicine, an illness, what the settings name.

A detection stays only if all of it is such a term: a medicine never protects a name beside it. Names that
became an illness (`Beck`, `Hodgkin`) stay where they mean one.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from prefpairs.deid import kept_words
from prefpairs.deid.recognizers.common_words import words
from prefpairs.deid.recognizers.names import folded, is_first_name
from prefpairs.deid.recognizers.phrases import Token, tokens

_SEPARATORS = re.compile(r"[\W_]+")
_NATIONAL_DIGITS = 10
_BESIDE = 48  # characters beside a detection that are read with it
_LONGEST_ABBREVIATION = 4

_IN_WORDS = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP"})
_IN_DIGITS = frozenset(
    {
        "PHONE_NUMBER", "DATE_TIME", "RELATIVE_DATE", "POSTCODE", "RECORD_NUMBER", "US_SSN", "CREDIT_CARD",
        "IBAN_CODE",
        "US_DRIVER_LICENSE", "US_PASSPORT", "US_BANK_NUMBER", "US_ITIN", "UK_NHS", "MEDICAL_LICENSE",
    }
)  # fmt: skip

_HEADS = words("""
    syndrome syndromes disease diseases disorder disorders palsy dementia lymphoma psychosis complex
    inventory scale scales test tests questionnaire index criteria effect law method therapy theory
    phenomenon thyroiditis encephalopathy sign signs contracture chorea sarcoma aphasia amnesia malformation
    cyst esophagus hierarchy model principle principles razor experiment experiments box triad maneuver
    manoeuvre technique checklist schedule stages virus method's fever
    form forms assessment score scores screener subscale
    """)
_BETWEEN = words("""
    s s' and of the a depression depressive anxiety hopelessness suicide suicidal self esteem rating
    personality stress postnatal cognitive behavioral behavioural intelligence assessment adhd autism mania
    pain life events development developmental psychosocial temperament multiphasic sensory screening
    couples couple relationship attachment obsessive compulsive youth adult child revised ii iii iv v 2 3 4
    5 non hodgkin
    """)
_MOST_BETWEEN = 5
_NEUTRAL = words("and the of for with a an on or in my your s t i is to")
_TITLES = words("dr mr mrs ms mx prof doctor nurse professor miss sir madam rev sgt")
_DOSE = re.compile(r"\d+(?:\.\d+)?(?:mg|mcg|ug|µg|g|ml|iu|u|er|xr|xl|sr|cr)?")
_AMOUNT = re.compile(
    r"\d+(?:[.,]\d+)?\s?(?:mg|mcg|ug|µg|g|ml|iu|u|units?|mg/day|u/day|%|hz|mmol|bpm)(?:/(?:d|"
    r"day|kg|l|dl|ml))?",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-TV-Z]\d[0-9AB](?:\.[0-9A-Z]{1,4})?|(?:29\d|30\d|31\d|V\d\d)\.\d{1,2}", re.IGNORECASE)
_SHORT_CODE = re.compile(r"[BDHKTCLS]\d{1,2}", re.IGNORECASE)  # vitamins, hormones, vertebrae
_MEDICAL = re.compile(
    r"\b(?:mg|mcg|dose|dosage|pills?|tablets?|birth[ ]control|contracepti\w{2,5}|prescri\w{2,6}|"
    r"side[ ]effects?|medication|meds?|"
    r"refill|psychiatrist[ ](?:put|gave)|iud|hormon\w{1,4})\b",
    re.IGNORECASE,
)
_DOSED_BEFORE = re.compile(
    r"\b(?:\d\s?(?:mg|mcg)(?:[ ]of)?|pills?|tablets?|birth[ ]control|contraceptive|prescribed(?:[ ]me)?)"
    r"[ ,(:]{1,3}(?:called[ ])?\Z",
    re.IGNORECASE,
)
_DOSED_AFTER = re.compile(
    r"[ ,(]{1,3}(?:\d+(?:\.\d+)?\s?(?:mg|mcg)|pills?|tablets?|birth[ ]control|bc|contraceptive)\b", re.IGNORECASE
)
_TAKES = re.compile(
    r"\b(?:on|took|taking|take|takes|started|starting|tried|stopped|stopping|off|to|prescribed|"
    r"of|got|called|with)[ ]+\Z",
    re.IGNORECASE,
)
_EMPLOYER = re.compile(
    r"\b(?:work(?:s|ed|ing)?|jobs?|employed|hired|fired|shifts?|manager|boss|intern\w{0,4}|"
    r"career|position|volunteer\w{0,3})"
    r"[ ](?:at|for|by|from|with)[ ]+(?:the[ ])?\Z",
    re.IGNORECASE,
)
_HAS = re.compile(
    r"\b(?:has|have|had|having|got|gets?|with|of|for|from|diagnosed|developed|suffers?|my|his|"
    r"her)[ ]+(?:\w+[ ])?\Z",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:dr|mr|mrs|ms|mx|prof|doctor|nurse|professor|coach|pastor|aunt|uncle|miss)\.?[ ]+\Z", re.IGNORECASE
)
_SOMEBODY = re.compile(
    r"\b(?:my|our|his|her|their|your)[ ](?:\w+[ ])?(?:friend|sister|brother|mom|mum|mother|dad|"
    r"father|son|daughter|wife|husband|bf|gf|"
    r"boyfriend|girlfriend|partner|ex|cousin|aunt|uncle|boss|roommate|teacher|therapist|"
    r"psychiatrist|doctor|counsell?or)s?[ ,]+(?:named[ ]|called[ ])?\Z"
    r"|\b(?:i['’]?m|i[ ]am|name[ ]is|name['’]?s|call[ ]me|hi|hey|dear|thanks|love)[ ,]+\Z",
    re.IGNORECASE,
)


class NeverMask:
    """What stays in the text although a recognizer found it.

    Parameters
    ----------
    own
        The user's terms. A detection that is one of them stays, whatever its type; one that merely
        contains it, or begins like it, does not.

    """

    def __init__(self, own: Iterable[str]) -> None:
        self._own = frozenset(comparable(text) for text in own) - {""}

    def keeps(self, text: str, *, start: int, end: int, entity_type: str) -> bool:
        """Say whether the detection at `start` to `end` is to be left in `text`."""
        if comparable(text[start:end]) in self._own:
            return True
        if entity_type in _IN_WORDS:
            return _are_terms(text, start, end) or _is_code(text[start:end])
        if entity_type in _IN_DIGITS:
            return _is_crisis_line(text, start, end) or _is_code(text[start:end])
        return entity_type == "URL" and _is_help(text[start:end])


def comparable(text: str) -> str:
    """Return `text` without case, separators and a leading 1: what the user's terms are compared by."""
    plain = _SEPARATORS.sub("", text).casefold()
    return plain[1:] if len(plain) == _NATIONAL_DIGITS + 1 and plain.startswith("1") and plain.isdigit() else plain


def _is_crisis_line(text: str, start: int, end: int) -> bool:
    before, after = max(0, start - _BESIDE), min(len(text), end + _BESIDE)
    return any(
        match.start() <= start and end <= match.end()
        for match in kept_words.crisis_lines().finditer(text, before, after)
    )


def _is_code(words: str) -> bool:
    """Say whether a detection is a diagnosis code, a vitamin or a dose."""
    return any(pattern.fullmatch(words) for pattern in (_CODE, _SHORT_CODE, _AMOUNT))


def _is_help(address: str) -> bool:
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:  # `name[dot]org` reads as half an IPv6 address
        return False
    labels = host.removeprefix("www.").split(".")
    return any(".".join(labels[index:]) in kept_words.crisis_hosts() for index in range(len(labels)))


def _are_terms(text: str, start: int, end: int) -> bool:
    """Say whether every word of a detection belongs to a term that is kept."""
    # `Dr. Lexapro` is somebody, and who works at Google is narrowed down.
    if any(cue.search(text, max(0, start - _BESIDE), start) for cue in (_TITLE, _EMPLOYER)):
        return False
    found = list(tokens(text, _word_start(text, max(0, start - _BESIDE)), min(len(text), end + _BESIDE)))
    inside = [index for index, token in enumerate(found) if token.start < end and token.end > start]
    if inside and all(found[index].folded in _TITLES for index in inside):
        return True
    kept = _kept(text, found)
    if not any(index in kept for index in inside):
        return False
    return all(
        index in kept or found[index].folded in _NEUTRAL or _DOSE.fullmatch(found[index].folded)
        for index in inside
    )


def _kept(text: str, found: Sequence[Token]) -> set[int]:
    kept: set[int] = set()
    for first, last in kept_words.terms().find_in(text, found):
        if _is_written_as_term(text, found[first:last]):
            kept.update(range(first, last))
    for first, last in kept_words.medicine_names().find_in(text, found):
        if _is_medicine(text, found[first].start, found[last - 1].end):
            kept.update(range(first, last))
    for first, last in kept_words.eponyms().find_in(text, found):
        head = _head(found, last)
        if head is not None:
            kept.update(range(first, head + 1))
        elif _is_illness(text, found, first, last):
            kept.update(range(first, last))
    return kept


def _is_written_as_term(text: str, words: Sequence[Token]) -> bool:
    """Say whether an abbreviation is written like one: `ED` is an illness, and `Ed` somebody."""
    if len(words) > 1 or len(words[0].folded) > _LONGEST_ABBREVIATION:
        return True
    written = text[words[0].start : words[0].end]
    return not (written[0].isupper() and not written.isupper())


def _is_medicine(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _BESIDE) : start], text[end : end + _BESIDE]
    if _SOMEBODY.search(before):
        return False
    if is_first_name(folded(text[start:end])):  # `a crush on Heather`: a pill and many women
        return bool(_DOSED_BEFORE.search(before) or _DOSED_AFTER.match(after))
    return bool(_TAKES.search(before) or _MEDICAL.search(before) or _MEDICAL.search(after))


def _head(found: Sequence[Token], after: int) -> int | None:
    """Return the index of the word that makes an eponym of a name, if only such words stand between."""
    for index in range(after, min(after + _MOST_BETWEEN, len(found))):
        if found[index].folded in _HEADS:
            return index
        if found[index].folded not in _BETWEEN:
            return None
    return None


def _is_illness(text: str, found: Sequence[Token], first: int, last: int) -> bool:
    name = " ".join(token.folded for token in found[first:last])
    if name in kept_words.eponyms_of_illnesses():
        owned = last < len(found) and found[last].folded == "s" and text[found[last].start - 1] in "'’"
        before = text[max(0, found[first].start - _BESIDE) : found[first].start]
        return owned and _HAS.search(before) is not None
    return name in kept_words.certain_eponyms() and not _is_somebody(text, found, first, last)


def _is_somebody(text: str, found: Sequence[Token], first: int, last: int) -> bool:
    """Say whether a name is a person's after all: `my friend Parkinson`, `Ann Crohn`, `Crohn, Ann`."""
    if _SOMEBODY.search(text[max(0, found[first].start - _BESIDE) : found[first].start]):
        # `my Hodgkin's` is an illness, `my friend Hodgkin's` is not.
        return True
    following = found[last] if last < len(found) else None
    joined = following is not None and text[found[last - 1].end : following.start] == " "
    return bool(joined and following and text[following.start].isupper() and following.folded not in _HEADS)


def _word_start(text: str, position: int) -> int:
    while position > 0 and text[position - 1].isalnum():
        position -= 1
    return position
