"""Patterns whose identifier is a part of the match -> a Presidio recognizer.

Presidio's own `PatternRecognizer` masks the whole match: `my sister Ana` and not `Ana`. Here the group
`id` is the identifier, and what stands around it is only evidence.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from presidio_analyzer import EntityRecognizer, LocalRecognizer, Pattern, RecognizerResult

Range = tuple[int, int]
"""First code point of an identifier, and the one after its last."""

Accept = Callable[[re.Match[str]], Range | None]
"""What a match identifies, or None if it is no identifier after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way in which people give an identifier away.

    Attributes
    ----------
    name
        What it looks like.
    pattern
        Linear in the length of the text: no repeated group holds another open repetition, and what
        `accept` may refuse is of bounded length, as the search goes on inside it.
    score
        Confidence, 0 to 1.
    accept
        Looks at a match and returns what to mask; by default the group `id`.

    """

    name: str
    pattern: re.Pattern[str]
    score: float
    accept: Accept = lambda match: match.span("id")


def name_of(recognizer: EntityRecognizer) -> str:
    """Return a recognizer's name, whose type Presidio does not declare."""
    name: str = recognizer.name  # type: ignore[has-type]
    return name


def found_by(rule: Rule, text: str) -> Iterator[Range]:
    """Yield what one rule finds, from left to right."""
    position = 0
    while match := rule.pattern.search(text, position):
        span = rule.accept(match)
        if span is not None and span[0] < span[1]:
            yield span
            position = max(match.end(), match.start() + 1)
        else:  # what was no identifier may hold the beginning of one: `insta snap: name`
            position = match.start() + 1


class RuleRecognizer(LocalRecognizer):
    """Finds one entity type by several rules. Subclasses give `ENTITY` and `RULES`.

    Attributes
    ----------
    gate
        A condition that every match meets and that is cheap to look for: where it finds nothing, no rule
        does (`tests/deid/recognizers/test_base.py`). None if there is no such condition.

    """

    ENTITY: ClassVar[str]
    RULES: ClassVar[tuple[Rule, ...]]
    gate: ClassVar[re.Pattern[str] | None] = None

    def __init__(self, language: str) -> None:
        super().__init__(supported_entities=[self.ENTITY], supported_language=language)
        # The same attribute as Presidio's recognizers have: the policy hash reads it.
        self.patterns = [Pattern(rule.name, rule.pattern.pattern, rule.score) for rule in self.RULES]

    def load(self) -> None:
        """Do nothing: patterns are compiled with the module."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:  # noqa: ARG002
        """Return what the rules find, overlaps included."""
        return [self._result(rule, start, end) for rule, start, end in self._found(text)]

    def _found(self, text: str) -> Iterator[tuple[Rule, int, int]]:
        for rule in self.RULES:
            for start, end in found_by(rule, text):
                yield rule, start, end

    def _result(self, rule: Rule, start: int, end: int) -> RecognizerResult:
        metadata = {
            RecognizerResult.RECOGNIZER_NAME_KEY: name_of(self),
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
        }
        return RecognizerResult(self.ENTITY, start, end, rule.score, recognition_metadata=metadata)
