"""Corpora and generated sentences -> the texts that the NER is trained on."""

import random
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from prefpairs.deid import gazetteer
from training.ner.augment import Mentions, in_case, joined, with_other_names
from training.ner.corpora import LABELS, Sentence, read_training
from training.ner.topics import place, talk, topics
from training.sentences.generator import generate
from training.sentences.names import Half

_COPIES = {"wnut17": 2, "btc": 0, "tweebank-ner": 1}
"""WNUT17 is the nearest to community text, and the smallest."""
_CASES = ("as written", "lower", "title", "upper")
_CASE_WEIGHTS, _ORIGINAL_CASE_WEIGHTS = (50, 40, 5, 5), (80, 20, 0, 0)
_TYPES = {"STREET_ADDRESS": "LOCATION", **{label: label for label in LABELS}}


def mentions(chance: random.Random) -> Mentions:
    """Return the names that replace names, written as names are."""
    last = _english("last_names") * 5 + _written("last_names")
    towns = _written("towns", "towns", "regions", "countries", "counties")
    companies = [name.upper() if len(name) <= 3 else name for name in _written("organisations")]
    return Mentions(
        first=_english("first_names") * 5 + _written("first_names"),
        last=last,
        places=towns,
        more_places=[place(chance, towns, last) for _ in range(20_000)],
        organisations=companies + list(topics().organisations) * 4,
    )


def _english(kind: str) -> list[str]:
    """Return the names of Faker's American and British locales: the usual ones, among names of the whole world."""
    providers = (import_module(f"faker.providers.person.{locale}").Provider for locale in ("en_US", "en_GB"))
    return sorted({name for provider in providers for name in getattr(provider, kind)})


def _written(*lists: gazetteer.Gazetteer) -> list[str]:
    return [_titled(name) for part in lists for name in sorted(gazetteer.load(part))]


def _titled(name: str) -> str:
    return " ".join(
        word if word in ("of", "the", "and", "de", "la") else word[:1].upper() + word[1:]
        for word in name.split(" ")
    )


def generated(*, seed: int, count: int, templates: Half) -> Iterator[Sentence]:
    """Yield comments of the project's own templates."""
    for example in generate(seed=seed, count=count, templates=templates):
        spans = ((start, end, _TYPES[kind]) for start, end, kind in example.spans if kind in _TYPES)
        yield Sentence(example.text, tuple(spans))


def training_texts(corpora: Path, *, seed: int, comments: int, sentences: int) -> list[Sentence]:
    """Return the corpora as they are and with other names and in other cases, and what is generated."""
    chance = random.Random(seed)
    names = mentions(chance)
    every = []
    for corpus, originals in read_training(corpora).items():
        copies = [with_other_names(chance, item, names, 0.6) for _ in range(_COPIES[corpus]) for item in originals]
        every += [_in_some_case(chance, item, _CASE_WEIGHTS) for item in copies]
        every += [_in_some_case(chance, item, _ORIGINAL_CASE_WEIGHTS) for item in originals]
    every += [_in_some_case(chance, item, _CASE_WEIGHTS) for item in talk(chance, sentences, names)]
    chance.shuffle(every)
    texts = [*joined(chance, every, most_words=70), *generated(seed=seed, count=comments, templates="train")]
    chance.shuffle(texts)
    return texts


def _in_some_case(chance: random.Random, sentence: Sentence, weights: tuple[int, ...]) -> Sentence:
    return in_case(sentence, chance.choices(_CASES, weights)[0])
