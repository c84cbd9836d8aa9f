"""Raw text -> everything that a recognizer takes for an identifier, overlaps included.

The recognizers are Presidio's and ours, under one policy. They read the text as it reads to a person
(`fold`) and, where that has another length, as it is: what either of them shows is found.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from presidio_analyzer import EntityRecognizer

from prefpairs.config_deid import Deid
from prefpairs.deid import pipeline, presidio
from prefpairs.deid.finders import Reading
from prefpairs.deid.fold import fold
from prefpairs.deid.ner.recognizer import NerRecognizer
from prefpairs.deid.never_mask import NeverMask
from prefpairs.deid.policy import DIRECT
from prefpairs.deid.recognizers.base import name_of
from prefpairs.deid.recognizers.community import REPLACED_PRESIDIO, community_recognizers
from prefpairs.deid.search import Search
from prefpairs.deid.spans import Span
from prefpairs.errors import ConfigError, DeidentifyError
from prefpairs.files import sha256_file

_DECIDING_PACKAGES = ("numpy", "onnxruntime", "phonenumbers", "presidio-analyzer", "regex", "spacy", "tldextract")
# These decide what becomes of a detection, and when; not whether there is one.
_OTHER_MODULES = frozenset({"deidentify.py", "workers.py"})

Where = Callable[[int, int], tuple[int, int]]
"""A range in a text that was searched -> the range in the raw text."""


class Detector:
    """Presidio's recognizers and ours, under one policy."""

    def __init__(self, settings: Deid, *, gated: bool = True) -> None:
        presidio.quiet()
        self._settings = settings
        self.nlp = pipeline.load_pipeline(
            settings.spacy_pipeline, outside_bias=settings.outside_bias, person_bias=settings.person_bias
        )
        self.nlp_engine = pipeline.LoadedSpacyEngine(self.nlp, settings.language)
        # Our own NER reads the text itself; lemmas and other entities come from the whole pipeline.
        self._whole_pipeline = pipeline.finds_entities(self.nlp) and not (
            pipeline.bundled_reader(self.nlp) and pipeline.lemmas_are_lower_case(self.nlp)
        )
        readers = list(self._readers())
        patterns = [*_presidios(settings.language), *community_recognizers(settings)]
        self.recognizers = _enabled(settings, [*readers, *patterns])
        self.entities = tuple(sorted({name for item in self.recognizers for name in item.supported_entities}))
        chosen = [item for item in self.recognizers if item not in readers]
        self._patterns = self._search(chosen, gated=gated)
        self._direct = self._search(filter(_may_be_direct, chosen), gated=gated)
        self._reader = self._search((item for item in self.recognizers if item in readers), gated=gated)
        self._never_mask = NeverMask(settings.never_mask)

    def detections(self, text: str) -> Iterator[Span]:
        """Yield what reaches the threshold and is to be masked.

        Raises
        ------
        DeidentifyError
            If the text is longer than the settings allow, or a recognizer cannot be trusted.

        """
        if len(text) > self._settings.max_text_characters:
            msg = (
                f"A text of {len(text)} characters is longer than deid.max_text_characters "
                f"({self._settings.max_text_characters}): it is not searched."
            )
            raise DeidentifyError(msg)
        yield from self._masked(text, self._patterns, self._reader)

    def direct_detections(self, text: str) -> Iterator[Span]:
        """Yield direct identifiers that patterns find: a second look, without the NER."""
        yield from (span for span in self._masked(text, self._direct) if span.entity_type in DIRECT)

    def keeps(self, text: str, *, start: int, end: int, entity_type: str) -> bool:
        """Say whether the settings leave a detection in the text."""
        if entity_type in self._settings.ignored_entities:
            return True
        return self._never_mask.keeps(text, start=start, end=end, entity_type=entity_type)

    @contextmanager
    def bounded_memory(self) -> Iterator[None]:
        """Forget every new word when the block ends: spaCy keeps each word it ever saw otherwise."""
        with self.nlp.memory_zone():
            yield

    def policy(self) -> dict[str, Any]:
        """Return everything that decides what is found, as JSON."""
        return {
            "settings": self._settings.content_settings(),
            "pipeline": pipeline.describe_pipeline(self.nlp),
            "recognizers": [_describe(item) for item in self.recognizers],
            "versions": {name: version(name) for name in _DECIDING_PACKAGES},
            "code": _code_hashes(),
        }

    def _masked(self, text: str, patterns: Search, reader: Search | None = None) -> Iterator[Span]:
        for span in self._found(text, patterns, reader):
            if span.score < self._settings.score_threshold or self._is_short_number(text, span):
                continue
            if not self.keeps(text, start=span.start, end=span.end, entity_type=span.entity_type):
                yield span

    def _is_short_number(self, text: str, span: Span) -> bool:
        if span.recognizer != presidio.PHONE_RECOGNIZER:
            return False
        digits = sum(character.isdigit() for character in text[span.start : span.end])
        return digits < self._settings.phone_min_digits

    def _found(self, text: str, patterns: Search, reader: Search | None) -> Iterator[Span]:
        folded = fold(text)
        seen, where = (
            (self._reading(text), _same) if folded is None else (self._reading(folded.text), folded.original)
        )
        if folded is not None and len(folded.text) != len(text):
            # Where characters are gone, words may have grown together.
            yield from _spans(patterns, self._reading(text), _same)
        yield from _spans(patterns, seen, where)
        if reader is not None:
            yield from _spans(reader, seen, where)

    def _reading(self, text: str) -> Reading:
        return Reading(text, self.nlp_engine, self._settings.language, whole_pipeline=self._whole_pipeline)

    def _readers(self) -> Iterator[EntityRecognizer]:
        ours = pipeline.bundled_reader(self.nlp)
        if ours is not None:
            yield NerRecognizer(ours)
        elif pipeline.finds_entities(self.nlp):
            yield from presidio.pipeline_recognizers(self.nlp_engine)

    def _search(self, recognizers: Iterable[EntityRecognizer], *, gated: bool) -> Search:
        return Search(list(recognizers), lower_lemmas=pipeline.lemmas_are_lower_case(self.nlp), gated=gated)


def _may_be_direct(recognizer: EntityRecognizer) -> bool:
    return not DIRECT.isdisjoint(recognizer.supported_entities)


def _presidios(language: str) -> Iterator[EntityRecognizer]:
    return (item for item in presidio.predefined_recognizers(language) if name_of(item) not in REPLACED_PRESIDIO)


def _enabled(settings: Deid, everyone: Sequence[EntityRecognizer]) -> list[EntityRecognizer]:
    known = {presidio.NLP_RECOGNIZER, *REPLACED_PRESIDIO, *(name_of(item) for item in everyone)}
    unknown = sorted(set(settings.disabled_recognizers) - known)
    if unknown:
        msg = (
            f"deid.disabled_recognizers: no recognizer is called {', '.join(unknown)}. "
            f"There are: {', '.join(sorted(known))}."
        )
        raise ConfigError(msg)
    return sorted((item for item in everyone if name_of(item) not in settings.disabled_recognizers), key=name_of)


def _spans(search: Search, reading: Reading, where: Where) -> Iterator[Span]:
    for found, recognizer in search.found(reading):
        start, end = where(found.start, found.end)
        yield Span(
            start=start,
            end=end,
            entity_type=found.entity_type,
            score=found.score,
            recognizer=name_of(recognizer),
        )


def _same(start: int, end: int) -> tuple[int, int]:
    return start, end


def _describe(recognizer: EntityRecognizer) -> dict[str, Any]:
    patterns = [[item.name, item.regex, item.score] for item in getattr(recognizer, "patterns", [])]
    return {
        "name": name_of(recognizer),
        "class": type(recognizer).__name__,
        "entities": sorted(recognizer.supported_entities),
        "context": list(recognizer.context or ()),
        "patterns": patterns,
    }


def _code_hashes() -> dict[str, str]:
    # Our rules are code as much as patterns: what a match must not be is decided in Python.
    folder = Path(__file__).parent
    modules = (path for path in folder.glob("*.py") if path.name not in _OTHER_MODULES)
    inside = (
        path for name in ("recognizers", "ner", "gazetteers", "kept") for path in folder.joinpath(name).glob("*.*")
    )
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in sorted([*modules, *inside])}
