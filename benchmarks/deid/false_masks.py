"""Real comments -> masks per 1,000 tokens where there is nothing to mask.

"Without identifiers" is decided sentence by sentence, by a rule that knows neither system: every word is
in Debian's English word list in lower case; a word with a capital is not in it with a capital too (Mark,
Will), and no other stands beside it (two may be a company or a book); and there is no digit and no mark of an
address. So nothing in it is a name, a place or a number, but for the rare company that is called like
a thing, whose mask then counts as false. That alone would hide the false masks that hurt most, on
medications and numbers; so a sentence may also hold terms that must never be masked: names of medications
and diagnoses, doses, ratings, durations, help lines, from a list (`words/never_masked.txt`) and patterns
of this module's own. Ways of saying an age or a date are kept out, since a mask there would be right.

Each system reads whole comments. A mask is false if all its letters and digits lie in such sentences;
it counts once, however long. The figure is false masks per 1,000 words of such sentences. Comments are
WNUT17's unannotated Reddit lines and the answers of CounselChat. Intervals draw whole comments.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.deid import corpora
from benchmarks.deid.measures import Interval, bootstrap, ratio_of_columns, share
from benchmarks.deid.peers import Mask, Masker

# A full stop without a space before a capital ends a sentence too: people write like that.
_SENTENCE = re.compile(r"[^\n.!?]+(?:\.(?![\sA-Z]|$)[^\n.!?]*)*[.!?]*[\"'”’)\]*_]*")
_WORD = re.compile(r"[^\W\d_]+(?:['’´][^\W\d_]+)*")
_FORBIDDEN = re.compile(r"[@/\\|<>{}#=+_~^$£€]|\d|www|http|\.[^\W\d_]")
_AGE_OR_DATE = re.compile(
    r"\b(?:years?|months?|weeks?|days?)[ -]+(?:old|ago)|\byo\b|\bbirthday|\baged?\b|\bborn\b|\byear-old|\bteen|"
    r"\b(?:last|next|this|since|until|every)\s+(?:year|month|week|night|fall|spring|summer|winter|autumn)|"
    r"\b(?:yesterday|tomorrow|today|tonight|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b",
    re.IGNORECASE,
)
_FOLLOWS_NO_NAME = corpora.own_words("follows_no_name")
_ALSO_WORDS = corpora.own_words("not_in_the_list")
_SUFFIXES = re.compile(r"(?:n['’´]t|['’´](?:s|re|ve|ll|d|m|t))\Z", re.IGNORECASE)

_NEVER_WORDS = corpora.own_words("never_masked")
_HARMLESS = re.compile(
    r"\b(?:\d{1,4}(?:[.,]\d+)?\s?(?:mg|mcg|µg|ml|g|iu|mgs)|[1-9]\d?\s?/\s?10|24/7|\d{1,3}(?:\.\d)?\s?%|988|741741|"
    r"1-800-273-8255|1-800-273-TALK|\d{1,2}(?:\s?(?:-|–|to)\s?\d{1,2})?\s?(?:hours?|hrs?|minutes?|mins?|seconds?|times|"
    r"sessions?|steps?|pills?|tablets?|percent)|[bd]12|[bd]3|[bd]6|f\d\d(?:\.\d)?|phq-9|gad-7|omega-?3)(?!\w)|"
    r"(?:^|(?<=\s))\(?[1-9][.)](?=\s)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanText:
    """A comment and its sentences without identifiers."""

    text: str = field(repr=False)
    ranges: tuple[tuple[int, int], ...]
    words: int
    """In those sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseMasks:
    """False masks, and the words they were counted over."""

    masks: int
    words: int
    interval: Interval
    """Of the rate."""
    per_text: tuple[int, ...]
    by_type: dict[str, int]
    by_recognizer: dict[str, int]

    @property
    def rate(self) -> float:
        """False masks per 1,000 words."""
        return 1_000 * share(self.masks, self.words)


def clean_texts(texts: Iterable[str], words: frozenset[str]) -> list[CleanText]:
    """Return the texts that have a sentence without identifiers, with those sentences.

    `words` are English words as a word list writes them.
    """
    found = []
    for text in texts:
        ranges = tuple(item.span() for item in _SENTENCE.finditer(text) if is_clean(item[0], words))
        count = sum(len(_WORD.findall(text, start, end)) for start, end in ranges)
        if count:
            found.append(CleanText(text=text, ranges=ranges, words=count))
    return found


def is_clean(sentence: str, words: frozenset[str]) -> bool:
    """Say whether a sentence holds nothing that could identify anybody."""
    rest = _HARMLESS.sub(" ", sentence)
    if _AGE_OR_DATE.search(rest) or _FORBIDDEN.search(rest):
        return False
    found = _WORD.findall(rest)
    return all(_is_word(word, place, found, words) for place, word in enumerate(found))


def measure(texts: Sequence[CleanText], masker: Masker) -> FalseMasks:
    """Mask each text and count what lies in its sentences without identifiers."""
    per_text = []
    types, recognizers = Counter[str](), Counter[str]()
    for item in texts:
        false = [mask for mask in masker(item.text) if _lies_in(item, mask)]
        types.update(mask.entity_type for mask in false)
        recognizers.update(mask.recognizer for mask in false)
        per_text.append(len(false))
    low, high = bootstrap(
        [(count, item.words) for count, item in zip(per_text, texts, strict=True)], ratio_of_columns
    )
    return FalseMasks(
        masks=sum(per_text),
        words=sum(item.words for item in texts),
        interval=(1_000 * low, 1_000 * high),
        per_text=tuple(per_text),
        by_type=dict(types.most_common()),
        by_recognizer=dict(recognizers.most_common()),
    )


def ratio(ours: FalseMasks, stock: FalseMasks) -> tuple[float, Interval]:
    """Return ours / stock, and its interval; the same comments are drawn for both."""
    pairs = list(zip(ours.per_text, stock.per_text, strict=True))
    return share(ours.masks, stock.masks), bootstrap(pairs, ratio_of_columns)


def _is_word(word: str, place: int, sentence: Sequence[str], words: frozenset[str]) -> bool:
    lower = word.lower().replace("’", "'").replace("´", "'")
    if lower in _NEVER_WORDS:
        return True
    plain = _SUFFIXES.sub("", lower)
    if not {lower, plain} & words and not {lower, plain} & _ALSO_WORDS:
        return False
    if word.islower() or len(word) == 1 or lower in ("i'm", "i've", "i'll", "i'd"):
        return True
    if plain.capitalize() in words:
        # Mark, Will, May and Grace are words too: at the start only what follows tells.
        return not place and word.istitle() and sentence[1:2] != [] and sentence[1].lower() in _FOLLOWS_NO_NAME
    # Two capitals in a row are often a name made of words: a company, a book.
    neighbours = [sentence[at] for at in (place - 1, place + 1) if 0 <= at < len(sentence)]
    return word.isupper() or not place or all(other.islower() or other in ("I", "A") for other in neighbours)


def _lies_in(item: CleanText, mask: Mask) -> bool:
    letters = [place for place in range(mask.start, min(mask.end, len(item.text))) if item.text[place].isalnum()]
    return bool(letters) and all(any(start <= place < end for start, end in item.ranges) for place in letters)
