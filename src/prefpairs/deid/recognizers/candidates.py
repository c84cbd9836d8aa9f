"""A text -> the words in it that could be names, each with what stands before it.

Every comment has the words that come before a name (`my`, `is`, `with`); few have words that could be one.
So these are looked for first, and only then is it asked what stands around them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from presidio_analyzer import Pattern, RecognizerResult

from prefpairs.deid import gazetteer
from prefpairs.deid.recognizers import names
from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS

_TOKEN = re.compile(r"[^\W\d_]+(?:['’‐‑-][^\W\d_]+)*")
_POSSESSIVES = ("'s", "’s", "'S", "’S")
_ASKED = 70  # characters before a word that are read
_CACHED_WORDS = 1 << 16


class Kind(Enum):
    """What a word could be."""

    CERTAIN = "a first name and nothing else"
    AMBIGUOUS = "a first name, and a word or a town"
    CAPITAL = "a capital, and no common word"
    UNKNOWN = "in no list"


class Candidate(NamedTuple):
    """A word that could be a name.

    Attributes
    ----------
    last
        The word before it, in lower case, without what stands before a hyphen.
    gap
        What stands between that word and this one.

    """

    text: str
    start: int
    end: int
    kind: Kind
    last: str
    gap: str

    @property
    def word(self) -> str:
        """The word as it is written."""
        return self.text[self.start : self.end]

    def follows(self, cue: re.Pattern[str]) -> bool:
        """Say whether what stands before the word ends in `cue`, a pattern for the end of it."""
        return cue.search(self.text, max(0, self.start - _ASKED), self.start) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One kind of evidence that a candidate is a name.

    Attributes
    ----------
    last
        Words that stand directly before it, of which there must be one; any word, if None.
    kinds
        What the candidate must be; anything, if None.
    pattern
        What must stand before it, up to its end; nothing in particular, if None.

    """

    name: str
    score: float
    accept: Callable[[Candidate], Range | None]
    pattern: re.Pattern[str] | None = None
    last: frozenset[str] | None = None
    kinds: frozenset[Kind] | None = None

    def find(self, candidate: Candidate) -> Range | None:
        """Return the name that the candidate begins, if the evidence is there."""
        if self.last is not None and candidate.last not in self.last:
            return None
        if self.kinds is not None and candidate.kind not in self.kinds:
            return None
        if self.pattern is not None and not candidate.follows(self.pattern):
            return None
        return self.accept(candidate)


class CandidateRecognizer(RuleRecognizer):
    """Finds names among the candidates of a text. Subclasses give `ENTITY` and `CUES`."""

    RULES: ClassVar[tuple[Rule, ...]] = ()
    CUES: ClassVar[tuple[Cue, ...]]

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.patterns = [
            Pattern(cue.name, cue.pattern.pattern if cue.pattern else ".", cue.score) for cue in self.CUES
        ]

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:  # noqa: ARG002
        """Return what the cues find, overlaps included."""
        return [self._result(rule, start, end) for rule, start, end in self._found(text)]

    def _found(self, text: str) -> Iterator[tuple[Any, int, int]]:
        for candidate in candidates(text):
            for cue in self.CUES:
                found = cue.find(candidate)
                if found is not None:
                    yield cue, *found


@lru_cache(maxsize=2)
def candidates(text: str) -> tuple[Candidate, ...]:
    """Return the words of a text that could be names, from left to right."""
    found = []
    last, end = "", 0
    for match in _TOKEN.finditer(text):
        word = match[0]
        kind = kind_of(word)
        if kind is not None:
            whole = match.end() - (len("'s") if word.endswith(_POSSESSIVES) else 0)
            found.append(Candidate(text, match.start(), whole, kind, last, text[end : match.start()]))
        last, end = word.rpartition("-")[2].lower(), match.end()
    return tuple(found)


@lru_cache(maxsize=_CACHED_WORDS)
def kind_of(word: str) -> Kind | None:
    """Return what a word could be, or None if it is no name anywhere."""
    plain = names.folded(word)
    bare = plain.removesuffix("'s")
    if bare in COMMON_WORDS or plain in COMMON_WORDS or len(bare) == 1:
        return None
    if bare in gazetteer.load("first_names"):
        return Kind.CERTAIN if names.is_certain_first_name(bare) else Kind.AMBIGUOUS
    if word[0].isupper():
        return Kind.CAPITAL
    return Kind.UNKNOWN if not names.is_word(plain) else None
