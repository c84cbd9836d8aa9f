"""The package's word lists -> the lexicon that is frozen with the NER.

Where the lists come from stands in the `README.md` beside them, in `src/prefpairs/deid/gazetteers`.
"""

from collections.abc import Iterable, Iterator

from prefpairs.deid import gazetteer
from prefpairs.deid.ner.words import (
    AMBIGUOUS,
    FIRST,
    HEAD,
    LAST,
    ORGANISATION,
    SAFE,
    TOWN,
    Lexicon,
    split,
)
from training.gazetteers import english_words

_SHORTEST = 2


def build() -> Lexicon:
    """Return what is known of single words, and the pairs of words that begin a name."""
    kinds: dict[str, int] = {}

    def mark(words: Iterable[str], kind: int) -> None:
        for word in words:
            if len(word) >= _SHORTEST or kind == SAFE:
                kinds[word] = kinds.get(word, 0) | kind

    safe = {key for entry in gazetteer.load("safe_words") for key in _keys(entry)}
    places = [entry for name in ("towns", "regions", "countries", "counties") for entry in gazetteer.load(name)]
    organisations = gazetteer.load("organisations")
    mark(_words_of(gazetteer.load("first_names"), safe), FIRST)
    mark(_words_of(gazetteer.load("last_names"), safe), LAST)
    mark(_words_of(places, safe), TOWN)
    mark(_words_of(organisations, safe), ORGANISATION)
    mark(english_words() - safe, AMBIGUOUS)
    pairs = {f"{keys[0]} {keys[1]}" for keys in map(_keys, gazetteer.load("worded_names")) if len(keys) > 1}
    mark({pair.split(" ")[0] for pair in pairs}, HEAD)
    mark(safe, SAFE)
    return Lexicon(kinds, frozenset(pairs))


def _keys(name: str) -> list[str]:
    return [word.key for word in split(name) if word.key and word.key[0].isalnum()]


def _words_of(names: Iterable[str], safe: set[str]) -> Iterator[str]:
    """Yield names of one word, and the words of longer names that are no common words."""
    for name in names:
        keys = _keys(name)
        yield from (key for key in keys if len(keys) == 1 or key not in safe)
