"""Sentences with spans -> many more: other names in the same places, other case, several in one text."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from training.ner.corpora import Sentence

_BODIES = (
    "University", "High School", "Hospital", "College", "United", "City Council", "Police", "FC", "Church",
    "Clinic", "Medical Center", "Library", "Institute", "Foundation", "Bank", "Elementary",
    "Community College", "Records", "Inc", "Studios", "Motors", "Foods", "Pharmacy", "Health", "Group",
    "Party", "Association", "Times", "News",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mentions:
    """Names to put in the place of names."""

    first: Sequence[str]
    last: Sequence[str]
    places: Sequence[str]
    more_places: Sequence[str]
    organisations: Sequence[str]

    def draw(self, chance: random.Random, label: str, words: int) -> str | None:
        """Return a name of the kind, None for a kind without a list. `words` is how long the old one was."""
        if label == "PERSON":
            if words == 1:
                return chance.choice(self.first if chance.random() < 0.75 else self.last)
            return f"{chance.choice(self.first)} {chance.choice(self.last)}"
        if label == "LOCATION":
            kinds = (self.places, self.more_places)
            return chance.choice(kinds[chance.random() < 0.5])
        if label == "ORGANIZATION":
            if chance.random() < 0.2:
                stem = chance.choice(chance.choice((self.last, self.places)))
                return f"{stem} {chance.choice(_BODIES)}"
            return chance.choice(self.organisations)
        return None


def with_other_names(chance: random.Random, sentence: Sentence, mentions: Mentions, share: float) -> Sentence:
    """Replace each entity with the given chance, in the case in which it was written."""
    text, spans, position = "", [], 0
    for start, end, label in sentence.spans:
        old = sentence.text[start:end]
        new = mentions.draw(chance, label, len(old.split())) if chance.random() < share else None
        text += sentence.text[position:start]
        name = old if new is None else _in_case_of(old, new)
        spans.append((len(text), len(text) + len(name), label))
        text += name
        position = end
    return Sentence(text + sentence.text[position:], tuple(spans))


def in_case(sentence: Sentence, case: str) -> Sentence:
    """Return the sentence in lower case, Title Case or UPPER CASE; unchanged if that moved its characters."""
    change = {"lower": str.lower, "title": _title, "upper": str.upper}.get(case)
    changed = change(sentence.text) if change else sentence.text
    return Sentence(changed, sentence.spans) if len(changed) == len(sentence.text) else sentence


def joined(chance: random.Random, sentences: Iterable[Sentence], *, most_words: int) -> Iterator[Sentence]:
    """Yield texts of one to six sentences, as comments are."""
    together: list[Sentence] = []
    wanted = 1
    for sentence in sentences:
        together.append(sentence)
        words = sum(len(item.text.split()) for item in together)
        if len(together) >= wanted or words > most_words:
            yield _glued(chance, together)
            together, wanted = [], chance.choice((1, 1, 1, 2, 2, 3, 4, 6))
    if together:
        yield _glued(chance, together)


def _glued(chance: random.Random, sentences: Sequence[Sentence]) -> Sentence:
    text, spans = "", []
    for sentence in sentences:
        text += chance.choice((" ", " ", "\n", "\n\n", ". ")) if text else ""
        spans += [(start + len(text), end + len(text), label) for start, end, label in sentence.spans]
        text += sentence.text
    return Sentence(text, tuple(spans))


def _in_case_of(old: str, new: str) -> str:
    if old.islower():
        return new.lower()
    return new.upper() if old.isupper() and len(old) > 3 else new


def _title(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))
