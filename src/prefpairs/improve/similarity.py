"""The setting `improvement.sentence_model` -> what measures how alike a draft and a better text are."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from prefpairs.config import Settings
from prefpairs.improve.sentence_model import find_model, sentence_similarity

WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """A measure of similarity.

    Attributes
    ----------
    name
        As published: `words`, or the name of a sentence model.
    identity
        Changes whenever the measure gives other numbers.
    least
        What two answers must reach to be of similar intent.
    measure
        (`draft`, `better` and `word_similarity`) -> one number a row, -1 to 1.

    """

    name: str
    identity: str
    least: float
    measure: Callable[[pl.DataFrame], pl.Series]


def similarity(settings: Settings) -> Similarity:
    """Return the measure that the settings name. No model is loaded before it measures.

    Raises
    ------
    ConfigError
        If the sentence model is not there.

    """
    contrast, wanted = settings.improvement.contrast, settings.improvement.sentence_model
    if not wanted:
        return Similarity(
            name=WORDS,
            identity=WORDS,
            least=contrast.min_similarity_words,
            measure=lambda rows: rows["word_similarity"],
        )
    model = find_model(wanted, settings.root)
    return Similarity(
        name=model.name,
        identity=model.identity,
        least=contrast.min_similarity_model,
        measure=lambda rows: sentence_similarity(model, rows["draft"], rows["better"]),
    )
