"""The reader as one of Presidio's recognizers."""

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from prefpairs.deid.ner.reader import Reader

NAME = "NerRecognizer"


class NerRecognizer(EntityRecognizer):
    """Finds people, places and organisations. It looks at the text itself, and needs no tokens."""

    def __init__(self, reader: Reader, *, language: str = "en") -> None:
        self._reader = reader
        super().__init__(supported_entities=list(reader.labels), name=NAME, supported_language=language)

    def load(self) -> None:
        """Do nothing: the reader is loaded."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Return the names of the wanted kinds."""
        del nlp_artifacts
        return [
            RecognizerResult(
                entity_type=found.label,
                start=found.start,
                end=found.end,
                score=found.score,
                recognition_metadata={
                    RecognizerResult.RECOGNIZER_NAME_KEY: NAME,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                },
            )
            for found in self._reader.find(text)
            if found.label in entities
        ]
