"""The words of a text -> the stretches in which a name may stand; the rest is never read by the network.

A word is a candidate unless it is known as a common word and is written like one. What the gate costs
in recall, and how much it skips, stands in the model card.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prefpairs.deid.ner.pieces import LONGEST_WORD
from prefpairs.deid.ner.words import DIGIT, HEAD, MIXED, SAFE, TITLE, UPPER, Lexicon, Word

BEFORE, AFTER = 20, 12
"""Words of context on each side of a candidate."""
_APOSTROPHES = ("'", "’")
_ABBREVIATED_WORDS = frozenset({"eg", "ie", "am", "pm", "ps", "td"})


@dataclass(frozen=True, slots=True)
class GateWords:
    """Where the gate differs from the lexicon.

    Attributes
    ----------
    safe
        Passed over however they are written.
    safe_if_small
        Passed over in small letters and at the start of a sentence, though the lexicon calls them ambiguous.
    never_safe
        Always read, though they are common words.
    capitals
        Read in capitals, as `US`.
    tails
        Common words that end a name after a word that is no article or pronoun, as in `mercy hospital`.

    """

    safe: frozenset[str]
    safe_if_small: frozenset[str]
    never_safe: frozenset[str]
    capitals: frozenset[str]
    tails: frozenset[str]


def candidates(words: Sequence[Word], lexicon: Lexicon, gate: GateWords) -> Iterator[int]:
    """Yield the places of the words that may belong to a name."""
    keys = ["", *(word.key for word in words), "", ""]
    for place, word in enumerate(words):
        key, shape = word.key, word.shape
        if shape >= DIGIT or len(key) > LONGEST_WORD:
            continue
        before, after, next_but_one = keys[place], keys[place + 2], keys[place + 3]
        if len(key) == 1:
            if after == "." and len(next_but_one) == 1 and key + next_but_one not in _ABBREVIATED_WORDS:
                yield place  # D.C.
        elif key in gate.never_safe or (key in gate.tails and before.isalnum() and before not in gate.safe):
            yield place
        elif key in gate.safe or key[0].isdigit() or (after in _APOSTROPHES and next_but_one == "t"):
            continue
        else:
            kind = lexicon.kinds.get(key, 0)
            is_small = kind & SAFE or key in gate.safe_if_small
            stands_out = shape in (TITLE, MIXED) or (shape == UPPER and key in gate.capitals)
            if not is_small or stands_out or (kind & HEAD and f"{key} {after}" in lexicon.pairs):
                yield place


def windows(
    words: Sequence[Word], lexicon: Lexicon, gate: GateWords, *, before: int = BEFORE, after: int = AFTER
) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of the stretches around candidates, in order, not overlapping."""
    first = end = -1
    for place in candidates(words, lexicon, gate):
        start = max(0, place - before)
        if first >= 0 and start <= end:
            end = place + after + 1
            continue
        if first >= 0:
            yield first, min(end, len(words))
        first, end = start, place + after + 1
    if first >= 0:
        yield first, min(end, len(words))
