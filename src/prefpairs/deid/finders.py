"""A recognizer -> a function that finds in a text what the recognizer finds, without its overhead.

Presidio builds an explanation and two dictionaries for every match, also for those that it drops. Where
a recognizer does what its class does, its patterns and checks are asked directly; any other recognizer
is asked as Presidio asks it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import regex
from phonenumbers import phonenumbermatcher
from presidio_analyzer import EntityRecognizer, PatternRecognizer, pattern_recognizer
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers import PhoneRecognizer, SpacyRecognizer
from spacy.tokens import Doc

from prefpairs.deid.gates import Gate
from prefpairs.deid.phone_numbers import MATCHER_SHA256, PhoneNumbers
from prefpairs.deid.pipeline import LoadedSpacyEngine
from prefpairs.deid.recognizers.base import Rule, RuleRecognizer, found_by
from prefpairs.deid.requirements import DIGITS, Requirement, is_usual, requirements
from prefpairs.files import sha256_file

_HAS_DIGIT = re.compile(r"[0-9]")
_SPACE = re.compile(r"[ \t\n\r\f\v]")
_KNOWN_LENIENCIES = (0, 1)  # what is possible, and what is valid; stricter ones look at the grouping


_RuleNeeds = tuple[Rule, bool, tuple[Requirement, ...]]
"""A rule, whether it needs a digit, and what else it needs."""


class Found(NamedTuple):
    """One match, before context words are looked at."""

    start: int
    end: int
    entity_type: str
    score: float


class Reading:
    """A text, and what is asked about it again and again.

    Attributes
    ----------
    text
        The text.
    usual
        Whether gates and requirements hold for it.
    lower
        The text in lower case.
    has_digit
        Whether it has one of ASCII's digits.

    """

    def __init__(self, text: str, nlp_engine: LoadedSpacyEngine, language: str, *, whole_pipeline: bool) -> None:
        self.text = text
        self.usual = is_usual(text)
        self.lower = text.lower()
        self.has_digit = _HAS_DIGIT.search(text) is not None
        self._nlp_engine = nlp_engine
        self._language = language
        self._whole_pipeline = whole_pipeline

    @cached_property
    def doc(self) -> Doc:
        """The tokens, read when somebody asks for them; with lemmas and entities if the whole pipeline runs."""
        nlp = self._nlp_engine.get_nlp(self._language)
        return nlp(self.text) if self._whole_pipeline else nlp.make_doc(self.text)

    def artifacts(self) -> NlpArtifacts:
        """Return what Presidio makes of the tokens."""
        return self._nlp_engine._doc_to_nlp_artifact(self.doc, self._language)


Finder = Callable[[Reading], Iterable[Found]]
"""Finds what one recognizer finds."""


def finder_of(recognizer: EntityRecognizer, gate: Gate | None) -> Finder:
    """Return the fastest finder that is equal to the recognizer; the slow one if it has no gate to trust."""
    if isinstance(recognizer, SpacyRecognizer):
        return _Entities(recognizer)
    # Who finds its matches in another way knows better where to look.
    if isinstance(recognizer, RuleRecognizer) and type(recognizer)._found is RuleRecognizer._found:
        return _Rules(recognizer)
    if gate is None:
        return _AsPresidio(recognizer)
    if isinstance(recognizer, PhoneRecognizer) and _is_known_matcher(recognizer):
        return _Phones(recognizer)
    if isinstance(recognizer, PatternRecognizer) and type(recognizer).analyze is PatternRecognizer.analyze:
        return _Patterns(recognizer, gate)
    return _AsPresidio(recognizer)


def slow_finder_of(recognizer: EntityRecognizer) -> Finder:
    """Return a finder that asks the recognizer as Presidio does."""
    return _Entities(recognizer) if isinstance(recognizer, SpacyRecognizer) else _AsPresidio(recognizer)


class _Rules:
    """The rules of one of our recognizers, each where the text has what it needs."""

    def __init__(self, recognizer: RuleRecognizer) -> None:
        self._entity_type = recognizer.ENTITY
        self._gate = recognizer.gate
        self._rules = [(rule, *_split(requirements(rule.pattern))) for rule in recognizer.RULES]
        self._asking = [item for item in self._rules if item[1] or item[2]]
        self._asks_gate = len(self._asking) < len(self._rules)

    def __call__(self, reading: Reading) -> Iterator[Found]:
        for rule, needs_digit, strings in self._possible(reading):
            if _are_met(strings, reading, needs_digit=needs_digit):
                for start, end in found_by(rule, reading.text):
                    yield Found(start, end, self._entity_type, rule.score)

    def _possible(self, reading: Reading) -> list[_RuleNeeds]:
        """Leave out the rules that ask for nothing themselves, where the gate of all rules is shut."""
        if self._gate is None or not self._asks_gate or self._gate.search(reading.text):
            return self._rules
        return self._asking


class _Patterns:
    """The patterns and checks of one of Presidio's recognizers."""

    def __init__(self, recognizer: PatternRecognizer, gate: Gate) -> None:
        self._recognizer = recognizer
        self._condition = gate.condition
        self._within_words = gate.within_words
        self._entity_type = recognizer.supported_entities[0]
        self._patterns = [
            (regex.compile(pattern.regex, recognizer.global_regex_flags), pattern.score)
            for pattern in recognizer.patterns  # type: ignore[has-type]  # Presidio does not declare it
        ]

    def __call__(self, reading: Reading) -> list[Found]:
        text = reading.text
        by_word = self._within_words and reading.usual
        windows = _words_around(text, self._condition) if by_word else [(0, len(text))]
        timeout = pattern_recognizer.REGEX_TIMEOUT_SECONDS
        return without_contained(
            Found(match.start(), match.end(), self._entity_type, self._checked(match[0], score))
            for start, end in windows
            for pattern, score in self._patterns
            for match in pattern.finditer(text, start, end, timeout=timeout)
            if match[0]
        )

    def _checked(self, words: str, score: float) -> float:
        valid = self._recognizer.validate_result(words)
        if valid is not None:
            score = EntityRecognizer.MAX_SCORE if valid else EntityRecognizer.MIN_SCORE
        return EntityRecognizer.MIN_SCORE if self._recognizer.invalidate_result(words) else score


class _Phones:
    """Phone numbers, each candidate parsed once."""

    def __init__(self, recognizer: PhoneRecognizer) -> None:
        self._numbers = PhoneNumbers(recognizer)
        self._entity_type = recognizer.supported_entities[0]
        self._score = recognizer.SCORE

    def __call__(self, reading: Reading) -> Iterator[Found]:
        for start, end in self._numbers.find(reading.text):
            yield Found(start, end, self._entity_type, self._score)


class _Entities:
    """The entities of a spaCy pipeline."""

    def __init__(self, recognizer: SpacyRecognizer) -> None:
        self._recognizer = recognizer
        self._entities = list(recognizer.supported_entities)

    def __call__(self, reading: Reading) -> Iterator[Found]:
        for result in self._recognizer.analyze(reading.text, self._entities, reading.artifacts()):
            yield Found(result.start, result.end, result.entity_type, float(result.score))


class _AsPresidio:
    """A recognizer that needs no tokens, asked as Presidio asks it."""

    def __init__(self, recognizer: EntityRecognizer) -> None:
        self._recognizer = recognizer
        self._entities = list(recognizer.supported_entities)

    def __call__(self, reading: Reading) -> Iterator[Found]:
        for result in self._recognizer.analyze(reading.text, self._entities, None):  # type: ignore[arg-type]
            yield Found(result.start, result.end, result.entity_type, float(result.score))


def without_contained(found: Iterable[Found]) -> list[Found]:
    """Leave out what lies inside another that is as certain, as `EntityRecognizer.remove_duplicates` does."""
    kept: list[Found] = []
    near: list[Found] = []
    for item in sorted(set(found), key=lambda item: (item.entity_type, item.start, -item.end, -item.score)):
        if item.score == EntityRecognizer.MIN_SCORE:
            continue
        near = [other for other in near if other.end >= item.start and other.entity_type == item.entity_type]
        if not any(other.end >= item.end and other.score >= item.score for other in near):
            kept.append(item)
            near.append(item)
    return kept


def _are_met(needed: tuple[Requirement, ...], reading: Reading, *, needs_digit: bool) -> bool:
    if not reading.usual:
        return True
    if needs_digit and not reading.has_digit:
        return False
    lower = reading.lower
    return all(any(string in lower for string in strings) for strings in needed)


def _split(needed: tuple[Requirement, ...]) -> tuple[bool, tuple[Requirement, ...]]:
    """Return whether a digit is needed, and the rest."""
    return DIGITS in needed, tuple(strings for strings in needed if strings != DIGITS)


def _words_around(text: str, condition: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield where the words lie in which the condition is found; words end at white space only."""
    position = 0
    while match := condition.search(text, position):
        before = max(text.rfind(space, position, match.start()) for space in " \n\t\r\f\v")
        after = _SPACE.search(text, match.end())
        start, position = max(before + 1, position), after.start() if after else len(text)
        yield start, position


def _is_known_matcher(recognizer: PhoneRecognizer) -> bool:
    path = Path(phonenumbermatcher.__file__)
    return recognizer.leniency in _KNOWN_LENIENCIES and sha256_file(path) == MATCHER_SHA256
