"""Faker's lists of names -> whom a name belongs to, so that surrogates are alike: `names_by_language.txt.gz`.

Run it as `python -m training.surrogate_names`. One name a line: folded name, `given` or `family`, the
languages that it is at home in (as in `gazetteers/surrogates.toml`), and f, m or n (both). The first
languages of a name win.
"""

import gzip
import importlib
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from prefpairs.deid.caseless import caseless

OUTPUT = Path(__file__).parents[1] / "src/prefpairs/deid/gazetteers/names_by_language.txt.gz"
# The United States have names of all the world: they come last, so that Jose stays Spanish and Anna English.
LOCALES = (
    ("english", ("en_GB", "en_IE")),
    ("spanish", ("es_ES", "es_MX", "es_AR", "es_CO", "pt_BR", "pt_PT")),
    ("south_asian", ("en_IN", "en_PK")),
    ("arabic", ("tr_TR",)),
    ("east_asian", ("vi_VN", "id_ID")),
    ("slavic", ("pl_PL", "cs_CZ", "hr_HR")),
    ("german", ("de_DE", "nl_NL", "sv_SE", "da_DK", "no_NO", "fi_FI")),
    ("french", ("fr_FR", "fr_CA", "it_IT", "ro_RO")),
    ("african", ("en_NG", "en_KE", "yo_NG", "ig_NG", "ha_NG", "zu_ZA", "sw", "tw_GH")),
    ("english", ("en_US", "en_NZ")),
)
_FEMALE, _MALE, _FAMILY = "first_names_female", "first_names_male", "last_names"


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield name, kind, languages and gender; each name once for each kind."""
    given: set[str] = set()
    family: set[str] = set()
    for languages, locales in LOCALES:
        female, male, last = (_names(locales, attribute) for attribute in (_FEMALE, _MALE, _FAMILY))
        for name in sorted((female | male) - given):
            gender = "n" if name in female and name in male else "f" if name in female else "m"
            yield name, "given", languages, gender
        for name in sorted(last - family):
            yield name, "family", languages, "n"
        given |= female | male
        family |= last


def pack(lines: Iterable[tuple[str, ...]]) -> bytes:
    """Return the rows as they ship: sorted, compressed without a date."""
    text = "\n".join(sorted("\t".join(line) for line in lines))
    return gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)


def _names(locales: Iterable[str], attribute: str) -> set[str]:
    found: set[str] = set()
    for locale in locales:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        found |= {caseless(name) for name in getattr(provider, attribute, ()) if _is_plain(name)}
    return found


def _is_plain(name: str) -> bool:
    return name.isalpha() and all(unicodedata.name(character, "").startswith("LATIN") for character in name)


if __name__ == "__main__":
    OUTPUT.write_bytes(pack(rows()))
