"""A name or a place -> the names or places that can stand for it: of the same gender, languages and size."""

import gzip
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from prefpairs.deid import gazetteer
from prefpairs.deid.caseless import caseless

AREA_CODES = (
    "205", "208", "217", "228", "256", "270", "308", "316", "319", "334", "337", "361", "402", "406", "417", "419",
    "435", "479", "505", "515", "530", "541", "563", "573", "580", "605", "606", "608", "701", "712", "715", "765",
    "785", "802", "806", "814", "828", "864", "903", "970",
)  # fmt: skip
_ENGLISH = "english"


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(
        files("prefpairs.deid").joinpath("gazetteers", "surrogates.toml").read_text(encoding="utf-8")
    )


HANDLE_WORDS: Sequence[str] = tuple(_data()["handles"]["words"].split())


@cache
def _given() -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        language: {gender: tuple(names.split()) for gender, names in genders.items()}
        for language, genders in _data()["given"].items()
    }


@cache
def _family() -> dict[str, tuple[str, ...]]:
    return {language: tuple(names.split()) for language, names in _data()["family"].items()}


@cache
def _languages() -> dict[tuple[str, str], tuple[str, str]]:
    """Return (folded name, given or family) -> its languages and its gender."""
    packed = files("prefpairs.deid").joinpath("gazetteers", "names_by_language.txt.gz").read_bytes()
    rows = (line.split("\t") for line in gzip.decompress(packed).decode("utf-8").split("\n"))
    known = {(name, kind): (languages, gender) for name, kind, languages, gender in rows}
    for languages, genders in _given().items():
        known |= {
            (caseless(name), "given"): (languages, gender) for gender, names in genders.items() for name in names
        }
    for languages, names in _family().items():
        known |= {(caseless(name), "family"): (languages, "n") for name in names}
    return known


def given(folded: str) -> Sequence[str]:
    """Return given names like this one; for a name that is on no list, English ones that its ending suggests."""
    languages, gender = _languages().get((folded, "given"), (_ENGLISH, _gender_by_ending(folded)))
    names = _given()[languages]
    return names.get(gender) or (*names["f"], *names["m"])


def family(folded: str) -> Sequence[str]:
    """Return family names of the same languages; English ones for a name that is on no list."""
    return _family()[_languages().get((folded, "family"), (_ENGLISH, ""))[0]]


def _gender_by_ending(folded: str) -> str:
    # Of American given names in -a nine in ten are women's, in -o, -us and -ck men's.
    if folded.endswith("a"):
        return "f"
    return "m" if folded.endswith(("o", "us", "ck", "ert", "ard")) else "n"


def places_like(part: str) -> Sequence[str]:
    """Return places of the same kind (town, state, country), country and size; none if its kind is not known."""
    folded = caseless(part).strip()
    places = _data()["places"]
    if part.strip().isupper() and folded in gazetteer.load("state_codes"):
        return tuple(places["codes"].split())
    if folded in gazetteer.load("regions") or folded in map(caseless, places["states"].split()):
        return tuple(places["states"].split())
    if folded in gazetteer.load("countries"):
        return tuple(places["countries"].split())
    for sizes in _data()["towns"].values():
        for names in sizes.values():
            towns = tuple(names.split(","))
            if folded in map(caseless, towns):
                return towns
    return tuple(_data()["towns"]["US"]["small"].split(",")) if folded in gazetteer.load("towns") else ()


def in_case_of(model: str, word: str, *, title: bool = True) -> str:
    """Return `word` in the case of `model`: upper, lower, or as it is written."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    if model.islower():
        return word.lower()
    return word if title else word[:1].upper() + word[1:]
