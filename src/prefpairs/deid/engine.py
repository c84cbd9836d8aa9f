"""Raw texts of a thread -> texts whose identifiers are replaced, and where they were.

A thread is done as a whole: what is found in one of its texts is looked for in all of them, and the
same person gets the same surrogate. Importing this module is cheap; Presidio and spaCy are imported by
`Engine.load`.
"""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from prefpairs.config_deid import BUNDLED_PIPELINE, Deid
from prefpairs.deid.generalise import generalised
from prefpairs.deid.policy import ENTITY_TYPES, Policy
from prefpairs.deid.propagate import Names
from prefpairs.deid.spans import Deidentified, Span, kept_ranges, replace_spans, resolve
from prefpairs.deid.surrogates import Surrogates
from prefpairs.errors import DeidentifyError
from prefpairs.files import sha256_json

if TYPE_CHECKING:
    from prefpairs.deid.detect import Detector

_BLANK = "blank:"
_SURROGATE = "surrogate"
_LOOKS = 3  # at a replaced text: what the first look finds is masked, and what the last one finds fails it

Outcome = Deidentified | None
"""None where a recognizer failed: such a text is never published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """What is done together.

    Attributes
    ----------
    texts
        The raw texts of one thread that are needed.
    authors
        Who wrote in the thread, in texts that are needed or not.
    seed
        The key of its surrogates: no two threads share one, and the project key cannot be told from it.

    """

    texts: tuple[str, ...] = field(repr=False)
    authors: tuple[str, ...] = field(default=(), repr=False)
    seed: bytes = field(default=b"", repr=False)


class Engine:
    """Detects and replaces identifiers under one policy. Make one with `load`, and keep it."""

    def __init__(self, detector: "Detector", settings: Deid) -> None:
        self.detector = detector
        self._settings = settings
        self._policy = Policy(settings, found=detector.entities)
        self.policy_hash = sha256_json(detector.policy())
        """SHA-256 of everything that decides the result: settings, recognizers and their patterns, versions."""

    @classmethod
    def load(cls, settings: Deid, *, gated: bool = True) -> "Engine":
        """Load the pipeline and the recognizers. `gated=False` runs every recognizer on every text.

        Raises
        ------
        ConfigError
            If the spaCy pipeline is not installed, or a recognizer or an entity type does not exist.

        """
        # spaCy and Presidio import these wherever they find them: four seconds and 290 MB for each
        # process, and neither an empty pipeline nor our own has any use for them.
        own = settings.spacy_pipeline == BUNDLED_PIPELINE or settings.spacy_pipeline.startswith(_BLANK)
        imports = _without("torch", "transformers") if own else nullcontext()
        with imports:
            from prefpairs.deid.detect import Detector
        return cls(Detector(settings, gated=gated), settings)

    def deidentify(self, text: str) -> Deidentified:
        """Replace every identifier that is found in `text`, as the policy says.

        Raises
        ------
        DeidentifyError
            If a recognizer fails: then nothing is known about the text. The message does not quote it.

        """
        try:
            outcome = self._replaced(Thread(texts=(text,)), [self._detections(text)])[0]
        except Exception as error:  # fail closed, whatever it was
            msg = f"A text of {len(text)} characters could not be searched: {type(error).__name__}."
            raise DeidentifyError(msg) from None
        if outcome is None:
            msg = f"A text of {len(text)} characters still held an identifier after it was replaced."
            raise DeidentifyError(msg)
        return outcome

    def deidentify_thread(self, thread: Thread) -> tuple[Outcome, ...]:
        """Replace the identifiers in each text of a thread; return one outcome for each, in order."""
        try:
            found = {text: self._found(text) for text in dict.fromkeys(thread.texts)}
            return self._replaced(thread, [found[text] for text in thread.texts])
        except Exception:  # fail closed, whatever it was
            return (None,) * len(thread.texts)

    def bounded_memory(self) -> AbstractContextManager[None]:
        """Return a block whose new words are forgotten when it ends."""
        return self.detector.bounded_memory()

    def _found(self, text: str) -> tuple[Span, ...] | None:
        try:
            return self._detections(text)
        except Exception:  # fail closed, whatever it was
            return None

    def _detections(self, text: str) -> tuple[Span, ...]:
        found = self.detector.detections(text)
        # A placeholder that somebody wrote, or that a dump came with, looks like a handle to a recognizer.
        return tuple(self._with_action(span) for span in found if text[span.start : span.end] not in ENTITY_TYPES)

    def _with_action(self, span: Span) -> Span:
        action = self._policy.action(span.entity_type)
        return span if action == span.action else replace(span, action=action)

    def _replaced(self, thread: Thread, found: Sequence[tuple[Span, ...] | None]) -> tuple[Outcome, ...]:
        searched = [(text, spans) for text, spans in zip(thread.texts, found, strict=True) if spans is not None]
        # Names are taken from each detection, not from what overlaps became: a name in an address is one too.
        names = Names.of_thread(searched, thread.authors) if self._settings.propagate else None
        together = [(text, resolve(text, (*spans, *self._named(text, names)))) for text, spans in searched]
        surrogates = self._surrogates(thread, together)
        outcomes = iter([self._outcome(text, spans, surrogates) for text, spans in together])
        return tuple(None if spans is None else next(outcomes) for spans in found)

    def _named(self, text: str, names: Names | None) -> Iterator[Span]:
        for span in names.within(text) if names else ():
            if not self.detector.keeps(text, start=span.start, end=span.end, entity_type=span.entity_type):
                yield self._with_action(span)

    def _surrogates(self, thread: Thread, together: Sequence[tuple[str, Sequence[Span]]]) -> Surrogates | None:
        wanted = [
            (span.entity_type, text[span.start : span.end])
            for text, spans in together
            for span in spans
            if span.action == _SURROGATE
        ]
        return Surrogates(thread.seed, wanted, (*thread.texts, *thread.authors)) if wanted else None

    def _outcome(self, text: str, spans: tuple[Span, ...], surrogates: Surrogates | None) -> Outcome:
        """Replace, and read the result once more with the patterns of direct identifiers."""
        try:
            for _ in range(_LOOKS):
                replacements = [self._replacement(text, span, surrogates) for span in spans]
                done = replace_spans(text, spans, replacements)
                if not (self._settings.verify and spans):
                    return done  # where nothing was found, this is the text that was searched
                left = self._left_over(text, done.text, kept_ranges(text, spans, replacements), replacements)
                if not left:
                    return done
                spans = resolve(text, (*spans, *left))
        except Exception:  # fail closed, whatever it was
            return None
        return None

    def _replacement(self, text: str, span: Span, surrogates: Surrogates | None) -> str:
        identifier = text[span.start : span.end]
        placeholder = f"<{span.entity_type}>"
        match span.action:
            case "keep":
                return identifier
            case "drop":
                return ""
            case "generalise":
                oldest = self._settings.oldest_year
                return generalised(span.entity_type, identifier, oldest_year=oldest) or placeholder
            case "surrogate" if surrogates is not None:
                return surrogates.of(span.entity_type, identifier) or placeholder
            case _:
                return placeholder

    def _left_over(
        self, raw: str, text: str, kept: Sequence[tuple[int, int]], replacements: Sequence[str]
    ) -> list[Span]:
        """Return what is found in the replaced text outside the replacements, at its place in the raw text."""
        begins: list[int] = []  # where each kept range begins in the replaced text
        position = 0
        for (start, end), replacement in zip(kept, (*replacements, ""), strict=True):
            begins.append(position)
            position += end - start + len(replacement)
        left: list[Span] = []
        for span in self.detector.direct_detections(text):
            for number in range(bisect_right(begins, span.start) - 1, bisect_left(begins, span.end)):
                first, last = kept[number]
                moved = first - begins[number]
                start, end = max(span.start + moved, first), min(span.end + moved, last)
                if any(character.isalnum() for character in raw[start:end]):
                    left.append(self._with_action(replace(span, start=start, end=end)))
        return left


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
