"""Recognizers and a text -> what they find, each where it can find something, with context words.

`AnalyzerEngine.analyze` runs every recognizer on every text; here a recognizer only runs where the text
holds what it needs (`gates`, `requirements`), and a text is only tokenised where tokens are asked for.
`tests/deid/test_gates.py` shows that the results are equal to Presidio's.
"""

from collections.abc import Iterator, Sequence

from presidio_analyzer import EntityRecognizer

from prefpairs.deid.context import Context
from prefpairs.deid.finders import Finder, Found, Reading, finder_of, slow_finder_of
from prefpairs.deid.gates import Gate, gate_of
from prefpairs.deid.recognizers.base import name_of
from prefpairs.errors import DeidentifyError


class Search:
    """Some recognizers under one driver. `gated=False` runs each of them on every text, as Presidio does."""

    def __init__(
        self, recognizers: Sequence[EntityRecognizer], *, lower_lemmas: bool = True, gated: bool = True
    ) -> None:
        self._lower_lemmas = lower_lemmas
        self._steps = [_Step(recognizer, gated=gated) for recognizer in recognizers]

    def found(self, reading: Reading) -> Iterator[tuple[Found, EntityRecognizer]]:
        """Yield every match and who found it.

        Raises
        ------
        DeidentifyError
            If a recognizer names a place outside the text: nothing that it says can be trusted.

        """
        context: Context | None = None
        for step in self._steps:
            if not step.may_find(reading):
                continue
            for found in step.find(reading):
                if not 0 <= found.start <= found.end <= len(reading.text):
                    msg = f"{step.name} found something outside the text."
                    raise DeidentifyError(msg)
                if step.context_words:
                    context = context or Context(reading, lower_lemmas=self._lower_lemmas)
                    score = context.raised(found.score, found.start, step.context_words)
                    yield found._replace(score=score), step.recognizer
                else:
                    yield found, step.recognizer


class _Step:
    """One recognizer: whether it may find something, and how."""

    def __init__(self, recognizer: EntityRecognizer, *, gated: bool) -> None:
        self.recognizer = recognizer
        self.name = name_of(recognizer)
        self.context_words = frozenset(word.lower() for word in recognizer.context or ())
        self._gate: Gate | None = gate_of(recognizer) if gated else None
        self.find: Finder = finder_of(recognizer, self._gate) if gated else slow_finder_of(recognizer)

    def may_find(self, reading: Reading) -> bool:
        """Say whether the text holds what the recognizer needs, or nobody knows."""
        gate = self._gate
        if gate is None or not reading.usual:
            return True
        if gate.needs_digit and not reading.has_digit:
            return False
        return gate.condition.search(reading.text) is not None
