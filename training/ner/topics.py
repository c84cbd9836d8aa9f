"""`topics.toml` -> sentences of ordinary talk, and names of places of every kind."""

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from training.ner.augment import Mentions
from training.ner.corpora import Sentence

_SLOTS = {"{p}": "LOCATION", "{o}": "ORGANIZATION", "{n}": "PERSON"}
# {t} a town, {l} a surname, {d} a number
_FORMS = (
    "I-{d}", "Route {d}", "Highway {d}", "US-{d}", "the M{d}", "A{d}", "Exit {d}", "{l} Road", "{l} Street",
    "{l} Ave", "{l} Lane", "{l} Drive", "{l} Blvd", "{t} Road", "{t} Highway", "north {t}", "South {t}",
    "East {t}", "west {t}", "downtown {t}", "upstate {t}", "northern {t}", "southern {t}", "central {t}",
    "greater {t}", "{t} area", "Lake {l}", "Mount {l}", "{l} River", "{t} River", "{t} Falls", "Fort {l}",
    "Camp {l}", "Port {l}", "St. {l}", "{t} National Park", "{l} State Park", "{l} Trail", "Cape {l}",
    "{t} Bay", "Gulf of {t}", "Isle of {l}", "{l} Cafe", "{l}'s Bar", "The {l} Arms", "{t} Mall",
    "{l} Stadium", "{l} Tower", "{l} Hall", "{l} Arena", "{t} Museum", "{t} Airport", "{t} Station",
    "{l} Park", "{l} Beach", "{l} Creek", "{l} Canyon", "{l} Hills", "{t} County", "University of {t} campus",
    "Port of {t}", "the {t} border", "{t}, {s}", "{t} {s}", "{t}, {t}",
)  # fmt: skip
_STATES = (
    "TX",
    "CA",
    "NY",
    "FL",
    "OH",
    "PA",
    "IL",
    "Texas",
    "Ohio",
    "Ontario",
    "Michigan",
    "UK",
    "BC",
    "NSW",
    "WA",
)


@dataclass(frozen=True, slots=True)
class Topics:
    """What stands in `topics.toml`."""

    sentences: tuple[str, ...]
    places: tuple[str, ...]
    organisations: tuple[str, ...]


@cache
def topics() -> Topics:
    """Return the file's lists."""
    found = tomllib.loads(Path(__file__).with_name("topics.toml").read_text(encoding="utf-8"))

    def names(key: str) -> tuple[str, ...]:
        return tuple(name.strip() for line in found[key].strip().split("\n") for name in line.split(";"))

    return Topics(tuple(found["sentences"].strip().split("\n")), names("places"), names("organisations"))


def place(chance: random.Random, towns: Sequence[str], surnames: Sequence[str]) -> str:
    """Return the name of a place of any kind."""
    if chance.random() < 0.5:
        return chance.choice(topics().places)
    form = chance.choice(_FORMS)
    for mark, names in (("{t}", towns), ("{l}", surnames), ("{s}", _STATES)):
        while mark in form:
            form = form.replace(mark, chance.choice(names), 1)
    return form.replace(
        "{d}", str(chance.choice((5, 9, 10, 15, 35, 66, 75, 80, 90, 95, 101, 405, chance.randrange(999))))
    )


def talk(chance: random.Random, count: int, mentions: Mentions) -> Iterator[Sentence]:
    """Yield sentences of ordinary talk with all kinds of names."""
    for _ in range(count):
        rest, text, spans = chance.choice(topics().sentences), "", []
        while "{" in rest:
            start = rest.index("{")
            label = _SLOTS[rest[start : start + 3]]
            text += rest[:start]
            name = mentions.draw(chance, label, chance.choice((1, 2))) or ""
            spans.append((len(text), len(text) + len(name), label))
            text += name
            rest = rest[start + 3 :]
        yield Sentence(text + rest, tuple(spans))
