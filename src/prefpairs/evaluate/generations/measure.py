"""A figure with its name and limits -> one value for each post: the parts that all proxies are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prefpairs.evaluate.generations.connection import shared_content
from prefpairs.evaluate.generations.embedding import SentenceModel
from prefpairs.evaluate.generations.report import Better
from prefpairs.evaluate.generations.subjects import Subject

Values = list[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One proxy: `values` takes posts and one text for each, and returns a value or None for each.

    Attributes
    ----------
    share
        Whether a value says yes or no, so that the mean is a share of posts.
    of_pairs
        Whether the mean is one over pairs of texts (`diversity.Likeness`): its values are not independent.

    """

    name: str
    proxy: str
    explanation: str
    better: Better
    values: Callable[[Sequence[Subject], Sequence[str]], Values]
    share: bool = False
    of_pairs: bool = False


def similarity(
    name: str, of_what: str, sentence_model: SentenceModel | None, *, to: Callable[[Subject], str | None]
) -> Measure:
    """Return how close texts are to another text of their post: by a sentence model, else by content words."""
    if sentence_model is None:
        return Measure(
            name=name,
            proxy=f"shared content words {of_what}",
            explanation="Cosine of the counts of content words. What is said in other words is missed, and "
            "repeating the other text scores highest.",
            better="higher",
            values=beside(to, shared_content),
        )

    def values(subjects: Sequence[Subject], texts: Sequence[str]) -> Values:
        return sentence_model.similarity(texts, [to(subject) or "" for subject in subjects])

    return Measure(
        name=name,
        proxy=f"similarity {of_what}",
        explanation="Cosine of embeddings by the given sentence model (Reimers and Gurevych 2019). Repeating the "
        "other text scores highest.",
        better="higher",
        values=values,
    )


def each(value: Callable[[str], float | None]) -> Callable[[Sequence[Subject], Sequence[str]], Values]:
    """Return what measures every text by itself."""
    return lambda _, texts: [_number(value(text)) for text in texts]


def beside(
    other: Callable[[Subject], str | None], value: Callable[[str, str], float | None]
) -> Callable[[Sequence[Subject], Sequence[str]], Values]:
    """Return what measures every text beside another text of its post; None where there is no other."""

    def values(subjects: Sequence[Subject], texts: Sequence[str]) -> Values:
        beside = [other(subject) for subject in subjects]
        return [None if b is None else _number(value(text, b)) for text, b in zip(texts, beside, strict=True)]

    return values


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
