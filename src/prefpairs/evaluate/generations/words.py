"""A text -> its words, and the words in it that carry content."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FUNCTION_WORDS = Path(__file__).parent / "rules" / "function_words.toml"
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_APOSTROPHES = re.compile("[’ʼ`´]")
# Contractions hide function words: don't is an auxiliary verb and a negation.
_NEGATED = re.compile(r"(?<=[a-z])n't\b")
_CLITIC = re.compile(r"(?<=[a-z])('(?:m|re|ve|ll|d))\b")
_MIN_LETTERS = 3  # of a content word


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionWords:
    """Category -> its words, and the version of the list."""

    categories: Mapping[str, frozenset[str]]
    all: frozenset[str]
    version: str


@cache
def function_words() -> FunctionWords:
    """Read the list that the package ships."""
    content = FUNCTION_WORDS.read_bytes()
    document = tomllib.loads(content.decode())
    categories = {name: frozenset(words.split()) for name, words in document["categories"].items()}
    return FunctionWords(
        categories=categories,
        all=frozenset().union(*categories.values()),
        version=f"{FUNCTION_WORDS.stem} {document['version']}+{hashlib.sha256(content).hexdigest()[:8]}",
    )


def words(text: str) -> list[str]:
    """Return the words in lower case. A contraction is one word; numbers and signs are none."""
    return _WORD.findall(_APOSTROPHES.sub("'", text).lower())


def split_words(text: str) -> list[str]:
    """Return the words with contractions taken apart, as the function words are listed: `do`, `not`, `'ll`."""
    return [part for word in words(text) for part in _CLITIC.sub(r" \1", _NEGATED.sub(" not", word)).split()]


def content_words(text: str) -> list[str]:
    """Return the words that are no function words and have three letters or more."""
    known = function_words().all
    return [word for word in split_words(text) if len(word) >= _MIN_LETTERS and word not in known]
