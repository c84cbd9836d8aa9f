"""Raw text -> text whose identifiers are replaced, and where they were.

Importing this module is cheap; Presidio and spaCy are imported by `Engine.load`.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from prefpairs.config import Deid
from prefpairs.deid.spans import Deidentified, replace_spans, resolve
from prefpairs.errors import DeidentifyError
from prefpairs.files import sha256_json

if TYPE_CHECKING:
    from prefpairs.deid.detect import Detector

_BLANK = "blank:"


class Engine:
    """Detects and replaces identifiers under one policy. Make one with `load`, and keep it."""

    def __init__(self, detector: "Detector") -> None:
        self.detector = detector
        self.policy_hash = sha256_json(detector.policy())
        """SHA-256 of everything that decides the result: settings, recognizers and their patterns, versions."""

    @classmethod
    def load(cls, settings: Deid, *, gated: bool = True) -> "Engine":
        """Load the pipeline and the recognizers. `gated=False` runs every recognizer on every text.

        Raises
        ------
        ConfigError
            If the spaCy pipeline is not installed, or a disabled recognizer does not exist.

        """
        # spaCy and Presidio import these wherever they find them: four seconds and 290 MB for each
        # process, and an empty pipeline has no use for them.
        imports = (
            _without("torch", "transformers") if settings.spacy_pipeline.startswith(_BLANK) else nullcontext()
        )
        with imports:
            from prefpairs.deid.detect import Detector
        return cls(Detector(settings, gated=gated))

    def deidentify(self, text: str) -> Deidentified:
        """Replace every identifier that is found in `text` by `<ENTITY_TYPE>`.

        Raises
        ------
        DeidentifyError
            If a recognizer fails: then nothing is known about the text. The message does not quote it.

        """
        try:
            spans = resolve(text, self.detector.detections(text))
        except Exception as error:  # fail closed, whatever it was
            msg = f"A text of {len(text)} characters could not be searched: {type(error).__name__}."
            raise DeidentifyError(msg) from None
        return replace_spans(text, spans)

    def bounded_memory(self) -> AbstractContextManager[None]:
        """Return a block whose new words are forgotten when it ends."""
        return self.detector.bounded_memory()


@contextmanager
def _without(*packages: str) -> Iterator[None]:
    """Let `import` fail for packages that nobody has imported yet, as if they were not installed."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is what makes an import fail
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
