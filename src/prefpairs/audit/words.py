"""Texts and spans -> the capitalised words that were masked or left most often, without giving a name away.

A word that was left may be a name that was missed. It is shown only if enough threads by enough authors
hold it: then it is no secret of one person, and a steward has to see it. Rarer ones are counted. A word
that was masked is shown as its first letter and its length, unless it is one of the package's common words.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from prefpairs.audit.population import Population
from prefpairs.audit.report import Word, WordFigures
from prefpairs.config import Audit
from prefpairs.deid.recognizers.common_words import COMMON_WORDS

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$", re.IGNORECASE)
_LOOK_BACK = 8  # characters: spaces and opening marks between a full stop and the next sentence are fewer
_OPENING = " \t\"“‘'(*_"
_SENTENCE_ENDS = ".!?:;\n…>-–—*#|[]()"
_NOBODY = (None, "[deleted]", "[removed]")
_NEIGHBOURS = 2  # words on either side
_CONTEXT_SHOWN = 3

Range = tuple[int, int, str]
"""Start, end and entity type of a span."""


@dataclass(slots=True)
class _Seen:
    """Where one word was seen, in whatever case and with or without its possessive."""

    occurrences: int = 0
    threads: set[str] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    surfaces: Counter[str] = field(default_factory=Counter)
    entity_types: Counter[str] = field(default_factory=Counter)
    context: Counter[str] = field(default_factory=Counter)

    def add(self, surface: str, *, thread: str, author: str | None, context: Iterable[str]) -> None:
        self.occurrences += 1
        self.threads.add(thread)
        if author not in _NOBODY:  # deleted accounts may all be one person
            self.authors.add(author)
        self.surfaces[surface] += 1
        self.context.update(context)

    def is_in(self, least: int) -> bool:
        return len(self.threads) >= least and len(self.authors) >= least


def word_figures(population: Population, settings: Audit) -> WordFigures:
    """Return the capitalised words of a project's texts that may be shown, and how many may not."""
    masked, left = _collect(population)
    common = {word: seen for word, seen in masked.items() if word in COMMON_WORDS}
    names = {word: seen for word, seen in masked.items() if word not in COMMON_WORDS}
    hidden = [seen for seen in left.values() if not seen.is_in(settings.word_min_threads)]
    return WordFigures(
        masked=_shown(names, settings.min_count, settings, is_shape=True),
        masked_common=_shown(common, settings.min_count, settings),
        masked_hidden=sum(not seen.is_in(settings.min_count) for seen in masked.values()),
        unmasked=_shown(left, settings.word_min_threads, settings),
        unmasked_hidden=len(hidden),
        unmasked_hidden_occurrences=sum(seen.occurrences for seen in hidden),
    )


def _collect(population: Population) -> tuple[dict[str, _Seen], dict[str, _Seen]]:
    masked: dict[str, _Seen] = {}
    left: dict[str, _Seen] = {}
    spans = _spans_by_text(population.spans)
    rows = population.texts.select("text_id", "raw", "thread", "author").iter_rows()
    for text_id, raw, thread, author in rows:
        words = list(_WORD.finditer(raw))
        for place, entity_type in _capitalised(raw, words, spans.get(text_id, ())):
            surface = _POSSESSIVE.sub("", words[place][0])
            word = surface.casefold()
            if entity_type is None and (word in COMMON_WORDS or len(word) == 1):
                continue
            seen = (left if entity_type is None else masked).setdefault(word, _Seen())
            seen.add(surface, thread=thread, author=author, context=_context(words, place))
            if entity_type is not None:
                seen.entity_types[entity_type] += 1
    return masked, left


def _spans_by_text(spans: pl.DataFrame) -> Mapping[str, list[Range]]:
    found: dict[str, list[Range]] = {}
    for text_id, start, end, entity_type in spans.select("text_id", "start", "end", "entity_type").iter_rows():
        found.setdefault(text_id, []).append((start, end, entity_type))
    return found


def _capitalised(
    raw: str, words: Sequence[re.Match[str]], spans: Sequence[Range]
) -> Iterator[tuple[int, str | None]]:
    """Yield the place of each capitalised word, and the type that it was masked as; spans come sorted.

    One that was left counts inside a sentence only: at its beginning every word has a capital.
    """
    current = 0
    for place, match in enumerate(words):
        while current < len(spans) and spans[current][1] <= match.start():
            current += 1
        if not match[0][0].isupper():
            continue
        if current < len(spans) and spans[current][0] < match.end():
            yield place, spans[current][2]
        elif not _begins_sentence(raw, match.start()) and not _is_shouted(words, place):
            yield place, None


def _begins_sentence(raw: str, start: int) -> bool:
    before = raw[max(0, start - _LOOK_BACK) : start].rstrip(_OPENING)
    return not before or before[-1] in _SENTENCE_ENDS


def _is_shouted(words: Sequence[re.Match[str]], place: int) -> bool:
    nearby = words[max(0, place - 1) : place + _NEIGHBOURS]
    return sum(word[0].isupper() and len(word[0]) > 1 for word in nearby) > 1


def _context(words: Sequence[re.Match[str]], place: int) -> Iterator[str]:
    around = (*words[max(0, place - _NEIGHBOURS) : place], *words[place + 1 : place + 1 + _NEIGHBOURS])
    return (word for word in (match[0].casefold() for match in around) if word in COMMON_WORDS)


def _shown(words: Mapping[str, _Seen], least: int, settings: Audit, *, is_shape: bool = False) -> list[Word]:
    frequent = sorted(
        ((word, seen) for word, seen in words.items() if seen.is_in(least)),
        key=lambda entry: (-len(entry[1].threads), -entry[1].occurrences, entry[0]),
    )
    return [
        Word(
            shown=f"{word[0].upper()}···" if is_shape else _most_frequent(seen.surfaces, 1)[0],
            letters=len(word),
            entity_types=_most_frequent(seen.entity_types, _CONTEXT_SHOWN),
            occurrences=seen.occurrences,
            threads=len(seen.threads),
            context=_most_frequent(seen.context, _CONTEXT_SHOWN),
        )
        for word, seen in frequent[: settings.words_shown]
    ]


def _most_frequent(counts: Counter[str], number: int) -> list[str]:
    return [name for name, _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:number]]
