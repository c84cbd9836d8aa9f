"""Presidio's own recognizers, with what they lack: no network, no lost time-outs, no words in the log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import tldextract
from presidio_analyzer import EntityRecognizer, RecognizerRegistry
from presidio_analyzer.predefined_recognizers import EmailRecognizer

from prefpairs.deid.pipeline import LoadedSpacyEngine
from prefpairs.deid.recognizers.base import name_of
from prefpairs.errors import DeidentifyError

NLP_RECOGNIZER = "SpacyRecognizer"
PHONE_RECOGNIZER = "PhoneRecognizer"

# The list that ships inside the package; the default would ask publicsuffix.org on the first address.
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


class OfflineEmailRecognizer(EmailRecognizer):
    """Presidio's e-mail recognizer, without the network, and never sure that an address is none."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(supported_language=supported_language, name=EmailRecognizer.__name__)

    def validate_result(self, pattern_text: str) -> bool | None:
        """Return True for a public suffix, else None: `jane@gmail.con` names Jane all the same."""
        return True if _SUFFIXES(pattern_text).fqdn else None


def predefined_recognizers(language: str) -> Iterator[EntityRecognizer]:
    """Yield Presidio's recognizers for a language, without the one that reads a pipeline's entities."""
    registry = RecognizerRegistry(supported_languages=[language])
    with _only_errors():  # it warns of every recognizer of another language
        registry.load_predefined_recognizers(languages=[language])
    for recognizer in registry.recognizers:
        if isinstance(recognizer, EmailRecognizer):
            yield OfflineEmailRecognizer(supported_language=language)
        elif name_of(recognizer) != NLP_RECOGNIZER:
            yield recognizer


def pipeline_recognizers(nlp_engine: LoadedSpacyEngine) -> Iterator[EntityRecognizer]:
    """Yield the recognizer that reads the entities of a spaCy pipeline."""
    registry = RecognizerRegistry(supported_languages=nlp_engine.get_supported_languages())
    registry.add_nlp_recognizer(nlp_engine)
    yield from registry.recognizers


def quiet() -> None:
    """Keep words of a text out of Presidio's log, and turn its time-outs into errors."""
    logger = logging.getLogger("presidio-analyzer")
    logger.setLevel(logging.WARNING)  # its debug messages quote words around a detection
    if not any(isinstance(item, _NoSilentTimeouts) for item in logger.filters):
        logger.addFilter(_NoSilentTimeouts())


class _NoSilentTimeouts(logging.Filter):
    """Presidio logs a pattern that ran out of time, and goes on without it; here that fails the text."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "timed out" in str(record.msg):
            msg = "A recognizer ran out of time, so the text was not searched to its end."
            raise DeidentifyError(msg)
        return True


@contextmanager
def _only_errors() -> Iterator[None]:
    logger = logging.getLogger("presidio-analyzer")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
