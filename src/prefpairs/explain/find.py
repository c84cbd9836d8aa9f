"""What a person typed -> the pair, the comment or the post that it names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from prefpairs.errors import PrefpairsError
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake

PUBLIC_ID = re.compile(r"[0-9a-f]{24}")
NAME = re.compile(r"[a-z][a-z0-9]{0,20}_[A-Za-z0-9]{1,64}")
_FORMS = (
    "A pair, response or thread of the dataset has 24 hexadecimal digits; a comment of a source is like "
    "t1_abc123, a post like t3_abc123."
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A selected pair, by the names of its two sides."""

    pair_id: str
    chosen_name: str
    rejected_name: str


@dataclass(frozen=True, slots=True)
class Item:
    """A post or a comment, by its name."""

    name: str


def find(lake: Lake, public: ProjectKey, given: str) -> Pair | Item:
    """Return what an id names. `public` is the key of the release series.

    Raises
    ------
    PrefpairsError
        If it has none of the forms of an id, or nothing in the lake has this public id. What was given is not
        repeated: it may be anything.

    """
    given = given.strip()
    if PUBLIC_ID.fullmatch(given.lower()):
        return _by_public_id(lake, public, given.lower())
    if NAME.fullmatch(given):
        return Item(given)
    msg = f"That is no id. {_FORMS}"
    raise PrefpairsError(msg)


def _by_public_id(lake: Lake, public: ProjectKey, given: str) -> Pair | Item:
    selected = lake.scan("selected_pairs").select("chosen_name", "rejected_name").sort(pl.all()).collect()
    for chosen, rejected in selected.iter_rows():
        if public.public_id(f"{chosen}|{rejected}") == given:
            return Pair(given, chosen, rejected)
    # Names are keyed one by one: those that are published are few, those of the lake may be millions.
    published = pl.concat([selected["chosen_name"], selected["rejected_name"]]).unique(maintain_order=True)
    everything = lake.scan("decisions").select("name").collect()["name"]
    for names in (published, everything):
        if (found := _named(names, public, given)) is not None:
            return Item(found)
    msg = (
        "No pair, response or thread of this lake has that public id. It may come from another release series "
        "(project.series), from an older version, or from a project with another key."
    )
    raise PrefpairsError(msg)


def _named(names: Iterable[str], public: ProjectKey, given: str) -> str | None:
    return next((name for name in names if public.public_id(name) == given), None)
