"""Raw text -> everything that a recognizer takes for an identifier, overlaps included.

Presidio's recognizers and ours look at the text, and Presidio's context words raise scores.
`AnalyzerEngine.analyze` runs every recognizer on every text; here one only runs where it can find
something (`prefpairs.deid.gates`), and a text is only tokenised where tokens are asked for.
`tests/deid/test_gates.py` shows that the results are equal.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from presidio_analyzer import EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.predefined_recognizers import EmailRecognizer

from prefpairs.config import Deid
from prefpairs.deid import pipeline
from prefpairs.deid.gates import gates
from prefpairs.deid.never_mask import NeverMask
from prefpairs.deid.recognizers.base import name_of
from prefpairs.deid.recognizers.community import community_recognizers
from prefpairs.deid.recognizers.emails import OfflineEmailRecognizer
from prefpairs.deid.spans import Span
from prefpairs.errors import ConfigError, DeidentifyError
from prefpairs.files import sha256_file

_SPACY_RECOGNIZER = "SpacyRecognizer"
_SENTENCE_END = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?\.(?P<next>[A-Z][a-z]*)")
_COMMON_DOMAINS = frozenset(
    {"app", "biz", "blog", "co", "com", "dev", "edu", "gov", "info", "io", "mil", "net", "org"}
)
_DECIDING_PACKAGES = ("phonenumbers", "presidio-analyzer", "regex", "spacy", "tldextract")


class _NoSilentTimeouts(logging.Filter):
    """Presidio logs a pattern that ran out of time, and goes on without it; here that fails the text."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "timed out" in str(record.msg):
            msg = "A recognizer ran out of time, so the text was not searched to its end."
            raise DeidentifyError(msg)
        return True


class Detector:
    """Presidio's recognizers and ours, under one policy."""

    def __init__(self, settings: Deid, *, gated: bool = True) -> None:
        _quiet_presidio()
        self._settings = settings
        self.nlp = pipeline.load_pipeline(settings.spacy_pipeline)
        self.nlp_engine = pipeline.LoadedSpacyEngine(self.nlp, settings.language)
        self.recognizers = _recognizers(settings, self.nlp_engine)
        self._gates = gates() if gated else {}
        self._entities = sorted({name for item in self.recognizers for name in item.supported_entities})
        self._tokens_always = pipeline.finds_entities(self.nlp)
        self._enhancer = LemmaContextAwareEnhancer(context_matching_mode="whole_word")
        self._never_mask = NeverMask(settings.never_mask)

    def detections(self, text: str) -> Iterator[Span]:
        """Yield what reaches the threshold and is to be masked."""
        for result in self._results(text):
            if result.score >= self._settings.score_threshold and not self.is_kept(text, result):
                yield _span(result)

    def is_kept(self, text: str, result: RecognizerResult) -> bool:
        """Say whether the settings leave this detection in the text."""
        if result.entity_type in self._settings.ignored_entities or _is_sentence_end(text, result):
            return True
        return self._never_mask.keeps(text, start=result.start, end=result.end, entity_type=result.entity_type)

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

    def _results(self, text: str) -> Iterator[RecognizerResult]:
        language = self._settings.language
        artifacts = self.nlp_engine.process_text(text, language) if self._tokens_always else None
        for recognizer in self.recognizers:
            gate = self._gates.get(name_of(recognizer))
            if gate is not None and not gate(text):
                continue
            found = recognizer.analyze(text, self._entities, artifacts)  # type: ignore[arg-type]  # None is allowed
            if found and recognizer.context:
                # The first recognizer that asks pays for the tokens; in most texts none does.
                artifacts = artifacts or self.nlp_engine.process_text(text, language)
                found = self._enhancer.enhance_using_context(text, found, artifacts, [recognizer])
            yield from found


def _recognizers(settings: Deid, nlp_engine: pipeline.LoadedSpacyEngine) -> Sequence[EntityRecognizer]:
    language = settings.language
    everyone = [*_presidios(language, nlp_engine), *community_recognizers(settings)]
    known = {_SPACY_RECOGNIZER, *(name_of(item) for item in everyone)}
    unknown = sorted(set(settings.disabled_recognizers) - known)
    if unknown:
        msg = (
            f"deid.disabled_recognizers: no recognizer is called {', '.join(unknown)}. "
            f"There are: {', '.join(sorted(known))}."
        )
        raise ConfigError(msg)
    return sorted((item for item in everyone if name_of(item) not in settings.disabled_recognizers), key=name_of)


def _presidios(language: str, nlp_engine: pipeline.LoadedSpacyEngine) -> Iterator[EntityRecognizer]:
    registry = RecognizerRegistry(supported_languages=[language])
    with _only_errors():  # it warns of every recognizer of another language
        registry.load_predefined_recognizers(languages=[language])
    for recognizer in registry.recognizers:
        if isinstance(recognizer, EmailRecognizer):
            yield OfflineEmailRecognizer(supported_language=language)
        elif name_of(recognizer) != _SPACY_RECOGNIZER:
            yield recognizer
    if pipeline.finds_entities(nlp_engine.get_nlp(language)):
        entities = RecognizerRegistry(supported_languages=[language])
        entities.add_nlp_recognizer(nlp_engine)
        yield from entities.recognizers


def _describe(recognizer: EntityRecognizer) -> dict[str, Any]:
    patterns = [[item.name, item.regex, item.score] for item in getattr(recognizer, "patterns", [])]
    return {
        "name": name_of(recognizer),
        "class": type(recognizer).__name__,
        "entities": sorted(recognizer.supported_entities),
        "context": list(recognizer.context),
        "patterns": patterns,
    }


def _code_hashes() -> dict[str, str]:
    # Our rules are code as much as patterns: what a match must not be is decided in Python.
    folder = Path(__file__).parent
    modules = (folder / f"{name}.py" for name in ("detect", "engine", "never_mask", "pipeline", "spans"))
    paths = sorted([*(folder / "recognizers").glob("*.py"), *modules])
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in paths}


def _span(result: RecognizerResult) -> Span:
    return Span(
        start=result.start,
        end=result.end,
        entity_type=result.entity_type,
        score=float(result.score),
        recognizer=result.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY],
    )


def _is_sentence_end(text: str, result: RecognizerResult) -> bool:
    """Say whether a "web address" is a full stop without a space after it, as in `my fault.It was`.

    Presidio takes any word, a dot and a top-level domain for an address: of 3,000 CounselChat answers it
    blanked 1,876 such places. An address is rarely written `name.It`, and one that is still counts as one
    under the common domains, with a scheme or a path, and in an e-mail address.
    """
    if result.entity_type != "URL" or text[result.start - 1 : result.start] in ("@", "/"):
        return False
    found = _SENTENCE_END.fullmatch(text, result.start, result.end)
    if found is None or text[result.end : result.end + 1] == "/":
        return False
    return found["next"].lower() not in _COMMON_DOMAINS


def _quiet_presidio() -> None:
    logger = logging.getLogger("presidio-analyzer")
    logger.setLevel(logging.WARNING)  # its debug messages quote words around a detection
    if not any(isinstance(item, _NoSilentTimeouts) for item in logger.filters):
        logger.addFilter(_NoSilentTimeouts())


@contextmanager
def _only_errors() -> Iterator[None]:
    logger = logging.getLogger("presidio-analyzer")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
