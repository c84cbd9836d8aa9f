"""Names of one or more words -> where they stand in a text.

Many thousand names would make an alternation that tries each of them at each place. Here every name waits
under its rarest word, and a text is only looked through where it has such a word.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from prefpairs.deid import gazetteer

# Digits, and letters with their marks, of the scripts that put spaces between words.
_TOKEN = re.compile(r"[0-9A-Za-z\u00c0-\u024f\u0300-\u036f\u0370-\u1fff]+")
_MARKS = re.compile(r"[\u0300-\u036f]+")
# Between the words of one name: `Al-Anon`, `St. John's`, `AT&T`, one line break.
_JOINT = re.compile(r"[ \t\u00a0]{0,2}[-‐‑.'’&/,+\"“”(]?[ \t\u00a0]{0,2}|[ \t]?\r?\n[ \t]?")
_LONGEST_ABBREVIATION = 3


class Token(NamedTuple):
    """A word, folded, and where it is."""

    folded: str
    start: int
    end: int


class Phrase(NamedTuple):
    """A name that was found."""

    start: int
    end: int
    tokens: tuple[str, ...]


class _Reading:
    """A text's words, folded, in order and as a set; where they are is only looked up when it is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[Token] | None = None
        # Folding may make several characters of one, so that words are cut first in texts that are not ASCII.
        self.folded = _TOKEN.findall(text.lower()) if text.isascii() else [token.folded for token in self.tokens()]
        self.words = frozenset(self.folded)

    def tokens(self) -> list[Token]:
        if self._tokens is None:
            self._tokens = list(tokens(self._text))
        return self._tokens


def fold_word(word: str) -> str:
    """Return a word in lower case, without accents."""
    return word.lower() if word.isascii() else _MARKS.sub("", unicodedata.normalize("NFKD", word)).casefold()


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Yield the runs of letters and digits between two places."""
    for match in _TOKEN.finditer(text, start, len(text) if end is None else end):
        yield Token(fold_word(match[0]), match.start(), match.end())


def words_of(text: str) -> frozenset[str]:
    """Return the folded words of a text."""
    return _reading(text).words


@lru_cache(maxsize=2)
def _reading(text: str) -> _Reading:
    # Several recognizers ask for the words of one text, one after the other.
    return _Reading(text)


class Phrases:
    """A set of names that is looked for in texts."""

    def __init__(self, names: Iterable[str]) -> None:
        self._waiting: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
        for words in sorted({tuple(fold_word(word) for word in _TOKEN.findall(name)) for name in names}):
            if words:
                place = _rarest(words)
                self._waiting.setdefault(words[place], []).append((place, words))
        for waiting in self._waiting.values():
            waiting.sort(key=lambda item: -len(item[1]))
        self._keys = frozenset(self._waiting)

    def find(self, text: str) -> Iterator[Phrase]:
        """Yield every name in `text`, the longest that holds a given word; names may overlap."""
        reading = _reading(text)
        if self._keys.isdisjoint(reading.words):
            return
        for index, word in enumerate(reading.folded):
            if word in self._keys:
                for place, words in self._waiting[word]:
                    first, last = index - place, index - place + len(words)
                    is_there = first >= 0 and tuple(reading.folded[first:last]) == words
                    if is_there and _is_joined(text, reading.tokens()[first:last]):
                        found = reading.tokens()
                        yield Phrase(found[first].start, found[last - 1].end, words)
                        break

    def find_in(self, text: str, found: Sequence[Token]) -> Iterator[tuple[int, int]]:
        """Yield the first and the one after the last index of every name among tokens."""
        for index, token in enumerate(found):
            for place, words in self._waiting.get(token.folded, ()):
                there = found[max(0, index - place) : index - place + len(words)]
                if tuple(item.folded for item in there) == words and _is_joined(text, there):
                    yield index - place, index - place + len(words)
                    break


def _is_joined(text: str, found: Sequence[Token]) -> bool:
    """Say whether only what may stand inside a name stands between words."""
    return all(
        _JOINT.fullmatch(text, one.end, other.start) is not None
        # `St. Paul` goes on, `at Brakebills. College` does not.
        and (len(one.folded) <= _LONGEST_ABBREVIATION or "." not in text[one.end : other.start])
        for one, other in pairwise(found)
    )


def _rarest(words: tuple[str, ...]) -> int:
    safe = gazetteer.load("safe_words")
    return max(range(len(words)), key=lambda index: (words[index] not in safe, len(words[index]), -index))
