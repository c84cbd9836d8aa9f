"""A term, the guards around it, and the family of a code: what `lexicon` reads and `judge` and `labels` use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Effect = Literal["ignore", "uncertain", "clear"]
"""What a guard makes of a hit: nothing, a question for a person, or no hit."""

# More of them in one pattern outgrow the cache of the regex engine's automaton: many times slower.
_TERMS_A_GATE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One family of words: where it hits, and when the hit does not count or is a question.

    Attributes
    ----------
    certain
        False if every hit of it is a question for a person.
    comments_only
        True if it is no hit in a post, whose writer speaks to everybody.
    unless_before, unless_after
        No hit if the words of the sentence before it end so, or those after it begin so.
    unless_hit
        No hit if it holds this itself.
    only_text
        No hit if the whole text does not hold this.
    unsure_sentence
        A question if the sentence holds this.
    certain_text
        A question unless the whole text holds this.
    certain_before
        A question unless all that stands before it in its sentence is this.
    guards
        Guard -> what it makes of a hit.
    finds, asks, leaves
        Example texts: a certain hit, an uncertain one, none. The tests try each of them.

    """

    name: str
    kind: str
    pattern: re.Pattern[str]
    gate: str
    certain: bool
    case: bool
    comments_only: bool
    guards: Mapping[str, Effect]
    unless_before: re.Pattern[str] | None
    unless_after: re.Pattern[str] | None
    unless_hit: re.Pattern[str] | None
    unsure_sentence: re.Pattern[str] | None
    only_text: re.Pattern[str] | None
    certain_text: re.Pattern[str] | None
    certain_before: re.Pattern[str] | None
    finds: tuple[str, ...]
    asks: tuple[str, ...]
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A way to speak that makes a hit less than it seems: the words before it end so, those after begin so."""

    name: str
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    inside: re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The terms of one code, or of one topic."""

    code: str
    version: str
    sources: tuple[str, ...]
    terms: tuple[Term, ...]

    @property
    def gates(self) -> tuple[str, ...]:
        """Patterns for Rust's engine, one of which finds a text if any term could hit it."""
        gates = [f"(?:{term.gate})" for term in self.terms]
        return tuple("|".join(gates[at : at + _TERMS_A_GATE]) for at in range(0, len(gates), _TERMS_A_GATE))

    @property
    def case(self) -> bool:
        """True if its terms look at capital letters."""
        return any(term.case for term in self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Everything that `lexicons/` says."""

    harms: tuple[Family, ...]
    tags: tuple[Family, ...]
    topics: tuple[Family, ...]
    guards: Mapping[str, Guard]
    version: str
    """The version of the lexicons and a hash of their bytes, as `1.0.0+1a2b3c4d5e6f`."""

    @property
    def families(self) -> tuple[Family, ...]:
        """The families of codes: harms first, then the tags of responses."""
        return (*self.harms, *self.tags)
