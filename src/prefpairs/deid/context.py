"""Detections and the words around them -> higher scores, as Presidio's context enhancer gives.

Presidio reads every token of a text, its lemma and its flags, and copies all results, whether or not
there is a context word in it. Here one look for the words comes first. `tests/deid/test_gates.py`
shows that the scores are equal to `LemmaContextAwareEnhancer(context_matching_mode="whole_word")`.
"""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import islice

from presidio_analyzer import EntityRecognizer
from spacy.tokens import Doc

from prefpairs.deid.finders import Reading

_SCORE_ADDED = 0.35
_LEAST_SCORE = 0.4
_WORDS_BEFORE = 5


class Context:
    """The words of one text, read when somebody asks for them."""

    def __init__(self, reading: Reading, *, lower_lemmas: bool) -> None:
        self._reading = reading
        self._lower_lemmas = lower_lemmas
        self._words: _Words | None = None

    def raised(self, score: float, start: int, context_words: frozenset[str]) -> float:
        """Return the score of a detection at `start`, raised if a context word, in lower case, is near it."""
        if self._lower_lemmas and not any(word in self._reading.lower for word in context_words):
            return score
        self._words = self._words or _Words(self._reading.doc, lower=self._lower_lemmas)
        if self._words.around(start).isdisjoint(context_words):
            return score
        return min(max(score + _SCORE_ADDED, _LEAST_SCORE), EntityRecognizer.MAX_SCORE)


class _Words:
    """The tokens of a text as Presidio compares them."""

    def __init__(self, doc: Doc, *, lower: bool) -> None:
        self._ends = [token.idx + len(token) for token in doc]
        lemmas = [token.lower_ if lower else token.lemma_ for token in doc]
        self._lemmas = [lemma.lower() for lemma in lemmas]
        vocab = doc.vocab
        # As Presidio: neither stop words nor punctuation count, and `a:b` counts as `a` and `b`.
        self._keywords = {
            part
            for lemma in set(lemmas)
            if not (vocab[lemma].is_stop or vocab[lemma].is_punct) and lemma not in ("-PRON-", "be")
            for part in lemma.lower().split(":")
        }

    def around(self, start: int) -> set[str]:
        """Return up to five words before the token at `start`, the token, and the first word from it on."""
        index = bisect_right(self._ends, start)
        before = self._collected(reversed(self._lemmas[: index + 1]), most=_WORDS_BEFORE + 1)
        return before | self._collected(self._lemmas[index:], most=1)

    def _collected(self, lemmas: Iterable[str], *, most: int) -> set[str]:
        return set(islice((lemma for lemma in lemmas if lemma in self._keywords), most))
