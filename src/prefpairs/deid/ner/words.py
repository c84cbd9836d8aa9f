"""A text -> its words: where they stand, how they are written, and what a dictionary knows about them."""

import gzip
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from prefpairs.errors import ConfigError

# What stands over a letter, and what nobody sees: part of the word.
_MARKS = "\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff"
# Addresses and handles have rules of their own: here each is one sign. Everything is bounded, so that a line
# without spaces is many words and not one.
_OPAQUE = r"(?:https?://|www\.)\S{1,500}|(?<![^\W_])(?:@[\w.-]{1,60}|/?[urUR]/[\w-]{1,60})"
_WORD = re.compile(rf"(?P<opaque>{_OPAQUE})|(?:[^\W_][{_MARKS}]{{0,4}}){{1,48}}|\S")

SAFE, FIRST, LAST, TOWN, ORGANISATION, HEAD, AMBIGUOUS = (1 << bit for bit in range(7))
"""What is known of a word. SAFE: a common word that is nobody's name. AMBIGUOUS: a common word that may be one,
as `mark`. HEAD: it begins a name made of common words, as `best buy`."""
LOWER, TITLE, TITLE_AT_START, UPPER, MIXED, DIGIT, OTHER, OPAQUE = range(8)
"""How a word is written. A capital says less at the start of a sentence. OPAQUE: an address or a handle."""
SHAPES = 8
KINDS = 128

_ENDS_SENTENCE = frozenset('.!?:"“”*•>()[]|-—–')


class Word(NamedTuple):
    """One word or sign of a text: `key` is its lower case without accents, empty if nobody sees it."""

    start: int
    end: int
    key: str
    shape: int
    new_line: bool


def split(text: str) -> Iterator[Word]:
    """Yield the words of a text in order. Every character that is no space belongs to one word."""
    at_start = True
    position = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        written = match[0]
        new_line = start > position and "\n" in text[position:start]
        position = end
        if match["opaque"]:
            yield Word(start, end, "@", OPAQUE, new_line)
            at_start = False
            continue
        key = written.lower() if written.isascii() else _folded(written)
        shape = _shape(written)
        if shape == TITLE and (at_start or new_line):
            shape = TITLE_AT_START
        at_start = not key or (written in _ENDS_SENTENCE) or (at_start and shape == OTHER)
        yield Word(start, end, key, shape, new_line)


def _folded(written: str) -> str:
    """Return the word as an uncased BERT vocabulary spells it: lower case, no accents, nothing unseen."""
    decomposed = unicodedata.normalize("NFD", written.lower())
    return "".join(sign for sign in decomposed if unicodedata.category(sign) not in ("Mn", "Cf", "Cc"))


def _shape(written: str) -> int:
    if not written[0].isalnum():
        return OTHER
    if written.isdigit():
        return DIGIT
    if written.islower():
        return LOWER
    if written.isupper():
        return UPPER if len(written) > 1 else TITLE
    return TITLE if written.istitle() else MIXED


class Lexicon:
    """What is known about single words and about pairs that begin a name of common words."""

    def __init__(self, kinds: dict[str, int], pairs: frozenset[str]) -> None:
        self.kinds = kinds
        self.pairs = pairs

    @classmethod
    def load(cls, path: Path) -> "Lexicon":
        """Read `<kind in hexadecimal> <word>` lines; a word with a space is a pair."""
        kinds: dict[str, int] = {}
        pairs = set()
        try:
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    kind, _, word = line.rstrip("\n").partition(" ")
                    if " " in word:
                        pairs.add(word)
                    else:
                        kinds[word] = int(kind, 16)
        except (OSError, EOFError, ValueError):
            msg = f"{path} is no word list of this version's NER. Install prefpairs again, or train the NER again."
            raise ConfigError(msg) from None
        return cls(kinds, frozenset(pairs))

    def save(self, path: Path) -> None:
        """Write the file that `load` reads, the same bytes for the same words."""
        lines = [f"{kind:x} {word}\n" for word, kind in sorted(self.kinds.items())]
        lines += [f"0 {pair}\n" for pair in sorted(self.pairs)]
        with (
            path.open("wb") as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=9, mtime=0, filename="") as out,
        ):
            out.write("".join(lines).encode())
