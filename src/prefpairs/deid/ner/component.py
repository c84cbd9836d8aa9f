"""The reader as a component of a spaCy pipeline: importing this module makes its factory known to spaCy."""

import shutil
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from prefpairs.deid.ner.reader import Reader
from prefpairs.errors import ConfigError

FACTORY = "prefpairs_ner"
SCORES = "prefpairs_ner_scores"
"""Where a `Doc`'s `user_data` has one score for each of its entities."""


class NerComponent:
    """Sets `doc.ents`, each on whole tokens of spaCy, and their scores."""

    def __init__(self, *, outside_bias: float, floor: float) -> None:
        self._outside_bias, self._floor = outside_bias, floor
        self._folder: Path | None = None
        self._reader: Reader | None = None

    @property
    def reader(self) -> Reader:
        """The reader itself, which needs no tokens."""
        if self._reader is None:
            msg = "The prefpairs_ner component has no network yet: load it as part of a pipeline folder."
            raise ConfigError(msg)
        return self._reader

    def __call__(self, doc: Doc) -> Doc:
        """Find the names of a text."""
        scored: dict[Span, float] = {}
        for entity in self.reader.find(doc.text):
            span = doc.char_span(entity.start, entity.end, entity.label, alignment_mode="expand")
            if span is not None:
                scored[span] = max(entity.score, scored.get(span, 0.0))
        doc.ents = filter_spans(scored)
        by_place = {(span.start, span.end): score for span, score in scored.items()}
        doc.user_data[SCORES] = [by_place[entity.start, entity.end] for entity in doc.ents]
        return doc

    def from_disk(self, path: Path, *, exclude: tuple[str, ...] = ()) -> "NerComponent":
        """Load the network of a pipeline folder, as spaCy asks for it."""
        del exclude
        self._folder = Path(path)
        self._reader = Reader(self._folder, outside_bias=self._outside_bias, floor=self._floor)
        return self

    def to_disk(self, path: Path, *, exclude: tuple[str, ...] = ()) -> None:
        """Copy the network's files, as spaCy asks for it; nothing without a network."""
        del exclude
        if self._folder is not None:
            shutil.copytree(self._folder, path, dirs_exist_ok=True)


@Language.factory(FACTORY, default_config={"outside_bias": 2.0, "floor": 0.5}, assigns=["doc.ents"])
def make_ner(nlp: Language, name: str, outside_bias: float, floor: float) -> NerComponent:
    """Return an empty component; `from_disk` fills it."""
    del nlp, name
    return NerComponent(outside_bias=outside_bias, floor=floor)
