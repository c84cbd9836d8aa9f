"""Two texts -> how close they are: in what they say (content words), and in how they say it (function words)."""

from collections import Counter
from collections.abc import Mapping
from math import sqrt

from prefpairs.evaluate.generations.words import content_words, function_words, split_words

_SMALL = 0.0001
"""Keeps the ratio of two absent categories from being 0 / 0 (Gonzales et al. 2010)."""


def shared_content(one: str, other: str) -> float | None:
    """Return the cosine of the texts' counts of content words, in [0, 1]; None if either has no such word."""
    left, right = Counter(content_words(one)), Counter(content_words(other))
    if not left or not right:
        return None
    product = sum(count * right[word] for word, count in left.items())
    return min(1.0, product / (norm(left) * norm(right)))


def style_match(one: str, other: str, *, min_words: int) -> float | None:
    """Return the Language Style Matching of two texts, in [0, 1].

    Gonzales, Hancock and Pennebaker 2010: for each of nine categories of function words
    `1 - |p - q| / (p + q + 0.0001)`, p and q being their shares in the two texts; then the mean.

    Returns
    -------
    float or None
        None if either text has fewer than `min_words` words.

    """
    left, right = split_words(one), split_words(other)
    if min(len(left), len(right)) < max(1, min_words):
        return None
    categories = function_words().categories.values()
    matches = [_match(_share(left, category), _share(right, category)) for category in categories]
    return sum(matches) / len(matches)


def norm(counts: Mapping[str, float]) -> float:
    """Return the Euclidean length of counts."""
    return sqrt(sum(count * count for count in counts.values()))


def _share(found: list[str], category: frozenset[str]) -> float:
    return sum(word in category for word in found) / len(found)


def _match(left: float, right: float) -> float:
    return 1 - abs(left - right) / (left + right + _SMALL)
