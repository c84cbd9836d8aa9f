"""A text -> how hard it is to read, by two indices that measure different things, and how long its sentences are.

Readability indices are largely one another again: most of them combine the length of sentences with the
length of words (arXiv 2511.05080). One of those is enough, Coleman and Liau (1975), which counts letters, and
which earlier studies of supportive replies used. The other looks at familiarity instead: the share of words
that are not in the list of Dale and Chall (1948), which 80 % of fourth-graders knew.

Flesch, Gunning fog, SMOG and textstat's own Dale-Chall score count syllables, for which textstat downloads a
dictionary; nothing is downloaded here, so they are not used.
"""

from importlib import metadata

import textstat
from textstat.backend.utils._get_lang_easy_words import get_lang_easy_words

from prefpairs.evaluate.generations.words import words


def version() -> str:
    """Return which textstat works the indices out and ships the list of words."""
    return f"textstat {metadata.version('textstat')}"


def grade(text: str, *, min_words: int) -> float | None:
    """Return the Coleman-Liau index: the school grade in the USA that can read the text.

    Letters and sentences for 100 words, weighed. Sentences of one or two words are not counted as sentences.
    None for a text of fewer than `min_words` words, or of none.
    """
    return float(textstat.coleman_liau_index(text)) if len(words(text)) >= max(1, min_words) else None


def unfamiliar_words(text: str, *, min_words: int) -> float | None:
    """Return the share of words that are not on Dale and Chall's list, in [0, 1].

    None for a text of fewer than `min_words` words, or of none.

    textstat's list holds base forms only, so `walks` is unfamiliar where `walk` is not: compare, do not grade.
    """
    found = words(text)
    if len(found) < max(1, min_words):
        return None
    known: set[str] = get_lang_easy_words("en")
    return sum(word not in known for word in found) / len(found)


def sentence_words(text: str) -> float | None:
    """Return the mean number of words in a sentence; None without words."""
    return float(textstat.words_per_sentence(text)) if words(text) else None
