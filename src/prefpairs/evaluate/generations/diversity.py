"""Texts -> how varied their words are: within a reply (MTLD), and from reply to reply."""

from collections import Counter
from collections.abc import Iterable, Sequence

from prefpairs.evaluate.generations.connection import norm
from prefpairs.evaluate.generations.words import content_words, words

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
