"""Rules that need a certain word -> rules that only run where a text has it.

Looking for letters finds `mar` in `remark`; words are exact. A text is cut into words once, for all
recognizers that ask. `tests/deid/recognizers/test_worded.py` shows that nothing is lost.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from presidio_analyzer import RecognizerResult

from prefpairs.deid.recognizers.base import Rule, RuleRecognizer, found_by
from prefpairs.deid.recognizers.phrases import words_of

_DIGIT = re.compile(r"\d")
DIGIT = "0"
"""Stands for any digit among the words that a rule needs."""

Needs = tuple[frozenset[str], ...]
"""Sets of words, of each of which a text must have one."""


class WordedRecognizer(RuleRecognizer):
    """Finds one entity type by rules, each where the text has the words that it needs.

    Attributes
    ----------
    NEEDS
        Rule name -> what every match of the rule needs; a rule without an entry always runs.

    """

    NEEDS: ClassVar[Mapping[str, Needs]] = {}

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:  # noqa: ARG002
        """Return what the rules find, overlaps included."""
        return [self._result(rule, start, end) for rule, start, end in self._found(text)]

    def _found(self, text: str) -> Iterator[tuple[Rule, int, int]]:
        present = words_of(text)
        has_digit = _DIGIT.search(text) is not None
        for rule in self.RULES:
            if all(_is_met(needed, present, has_digit=has_digit) for needed in self.NEEDS.get(rule.name, ())):
                for start, end in found_by(rule, text):
                    yield rule, start, end


def _is_met(needed: frozenset[str], present: frozenset[str], *, has_digit: bool) -> bool:
    return (has_digit and DIGIT in needed) or not needed.isdisjoint(present)
