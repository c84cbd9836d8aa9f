"""The word lists that ship with the package -> frozen sets of lower-case strings."""

import gzip
from functools import cache
from importlib.resources import files
from typing import Final, Literal, get_args

Gazetteer = Literal[
    "ambiguous_words",
    "counties",
    "countries",
    "first_names",
    "last_names",
    "nationalities",
    "organisations",
    "regions",
    "safe_words",
    "state_codes",
    "towns",
    "worded_names",
]
NAMES: Final[tuple[Gazetteer, ...]] = get_args(Gazetteer)


@cache
def load(name: Gazetteer) -> frozenset[str]:
    """Return a word list: lower case, without empty entries, some entries of several words.

    What each list holds and where it comes from stands in `gazetteers/README.md`.
    """
    packed = files("prefpairs.deid").joinpath("gazetteers", f"{name}.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode("utf-8").split("\n"))
