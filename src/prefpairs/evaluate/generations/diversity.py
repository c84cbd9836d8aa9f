"""Texts -> how varied their words are: within a reply (MTLD), and from reply to reply."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from prefpairs.evaluate.generations.connection import norm
from prefpairs.evaluate.generations.words import content_words, words
from prefpairs.evaluate.held_out import Floats, Integers

_THRESHOLD = 0.72
"""Where the type-token ratio of English prose levels off (McCarthy and Jarvis 2010)."""


def mtld(text: str, *, min_words: int) -> float | None:
    """Return the measure of textual lexical diversity: how many words keep the type-token ratio at 0.72.

    McCarthy and Jarvis 2010 (Behavior Research Methods 42): the mean over reading forwards and backwards of
    words / factors. A factor is complete when the ratio falls below 0.72; what remains counts in proportion.
    Unlike the type-token ratio itself it does not fall with the length of a text.

    Returns
    -------
    float or None
        None for a text of fewer than `min_words` words, and for one in which no word comes twice.

    """
    found = words(text)
    if len(found) < min_words:
        return None
    forwards, backwards = (_factors(order) for order in (found, reversed(found)))
    if not forwards or not backwards:
        return None
    return (len(found) / forwards + len(found) / backwards) / 2


def distinctness(texts: Sequence[str]) -> list[float | None]:
    """Return for each text 1 minus its mean cosine with the others, over content words: in [0, 1].

    A model that gives everybody the same comfort has a low value, however varied each of its replies is.
    Compare it between writers of replies to the same posts only: it falls as more texts are compared that
    share a topic. None for a text without content words, or without another that has some.
    """
    units = [_unit(text) for text in texts]
    total: Counter[str] = Counter()
    for unit in units:
        total.update(unit)
    others = sum(bool(unit) for unit in units) - 1
    # The cosine with the sum of all is the sum of the cosines, of which one is with itself.
    return [
        min(1.0, max(0.0, 1 - (sum(value * total[word] for word, value in unit.items()) - 1) / others))
        if unit and others > 0
        else None
        for unit in units
    ]


def has_content(text: str | None) -> bool:
    """Say whether there is a text with a content word in it."""
    return bool(content_words(text or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The texts of posts as unit vectors over content words: what the mean cosine of any draw of posts is made of.

    Two texts make one cosine, so that no text has a value that does not depend on which others are drawn: the
    mean of `distinctness` has to be worked out anew in each resample. What was drawn twice is not compared with
    itself, for no model wrote it twice.

    Attributes
    ----------
    post, word, share
        `[entries]`: entries of the vectors, summed over the texts of each post.
    texts, alike
        `[posts]`: texts that hold a content word, and the sum of the cosines of one post's texts with each other,
        a text's own with itself included.

    """

    post: Integers
    word: Integers
    share: Floats
    texts: Floats
    alike: Floats

    @classmethod
    def of(cls, texts: Sequence[str | None], post: Integers, *, posts: int) -> "Likeness":
        """Read texts, each of the post in its place."""
        units = [_unit(text or "") for text in texts]
        sums: dict[tuple[int, str], float] = {}
        for unit, number in zip(units, post.tolist(), strict=True):
            for word, value in unit.items():
                sums[number, word] = sums.get((number, word), 0.0) + value
        places = {word: place for place, word in enumerate(dict.fromkeys(word for _, word in sums))}
        owner = np.array([number for number, _ in sums], dtype=np.int64)
        share = np.array(list(sums.values()), dtype=np.float64)
        full = np.array([bool(unit) for unit in units], dtype=bool)
        return cls(
            post=owner,
            word=np.array([places[word] for _, word in sums], dtype=np.int64),
            share=share,
            texts=np.bincount(post[full], minlength=posts).astype(np.float64),
            alike=np.bincount(owner, weights=share**2, minlength=posts).astype(np.float64),
        )

    @property
    def value(self) -> float:
        """The mean of `distinctness` over the texts, NaN without two."""
        return float(self.distinctness(np.ones((1, len(self.texts))))[0])

    def distinctness(self, draws: Floats) -> Floats:
        """Return for draws `[b, posts]` of posts 1 minus the mean cosine of two texts, `[b]`; NaN without two."""
        summed = np.array(
            [
                (np.bincount(self.word, weights=row[self.post] * self.share, minlength=1) ** 2).sum()
                for row in draws
            ]
        )
        own, twice = self.alike - self.texts, draws**2
        cosines = summed - twice @ self.alike + draws @ own
        compared = (draws @ self.texts) ** 2 - twice @ self.texts**2 + draws @ (self.texts**2 - self.texts)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = 1 - cosines / compared
        return np.where(compared > 0, found.clip(0, 1), np.nan)


def _unit(text: str) -> dict[str, float]:
    counts = Counter(content_words(text))
    length = norm(counts)
    return {word: count / length for word, count in counts.items()}


def _factors(found: Iterable[str]) -> float:
    factors, types, tokens = 0.0, set[str](), 0
    for word in found:
        types.add(word)
        tokens += 1
        if len(types) / tokens < _THRESHOLD:
            factors, types, tokens = factors + 1, set(), 0
    rest = (1 - len(types) / tokens) / (1 - _THRESHOLD) if tokens else 0.0
    return factors + rest
