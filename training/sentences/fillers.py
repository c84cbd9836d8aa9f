"""A slot of a template -> pieces of text, each plain or an identifier of a type."""

import tomllib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from training.sentences import names, values
from training.sentences.names import Half, Town

_FIRST_DAY: Final = date(2008, 1, 1)
_DAYS: Final = 6_000
_STREET_PARTS: Final = (
    "us_street", "uk_street", "de_street", "fr_street", "es_street", "it_street", "nl_street", "in_street",
    "in_flat",
)  # fmt: skip
_ANONYMOUS: Final = "anon"


class Piece(NamedTuple):
    """A run of text, and the type of identifier that it is, or None."""

    text: str
    entity_type: str | None = None


@cache
def tables() -> dict[str, dict[str, Any]]:
    """Return the words of `slots.toml`."""
    found: dict[str, Any] = tomllib.loads(Path(__file__).with_name("slots.toml").read_text(encoding="utf-8"))
    return found


class Fillers:
    """Fills slots. The same state of the generator gives the same pieces; a half has its own names."""

    def __init__(self, rng: Random, half: Half) -> None:
        self._rng = rng
        self._half: Half = half
        self._plain = tables()["plain"]
        self._parts = tables()["parts"]
        label = self._labelled
        self._labels: dict[str, Callable[[], list[Piece]]] = {
            "name": label("PERSON", self._name),
            "first": label("PERSON", self._first_or_double),
            "full": label("PERSON", self._full),
            "last": label("PERSON", self._last),
            "initials": label("PERSON", self._initials),
            "pair": self._pair,
            "town": label("LOCATION", self._town),
            "townstate": label("LOCATION", self._town_and_state),
            "place": label("LOCATION", self._place),
            "region": label("LOCATION", lambda: self._pick(names.regions(half))),
            "country": label("LOCATION", lambda: self._pick(names.countries(half))),
            "nrp": label("NRP", lambda: self._pick(names.nationalities(half))),
            "school": label("ORGANIZATION", lambda: self._form("schools")),
            "uni": label("ORGANIZATION", self._university),
            "hospital": label("ORGANIZATION", lambda: self._form("hospitals")),
            "employer": label("ORGANIZATION", self._employer),
            "street": label("STREET_ADDRESS", self._street),
            "postcode": label("POSTCODE", lambda: values.postcode(rng)),
            "date": label("DATE_TIME", lambda: self._date("dates")),
            "birthdate": label("DATE_TIME", lambda: self._date("birthdates")),
            "reldate": label("RELATIVE_DATE", self._relative_date),
            "agetag": label("AGE", lambda: self._part("age_tags").format(age=self._age())),
            "agefull": label("AGE", lambda: self._part("ages").format(age=self._age())),
            "agenum": label("AGE", lambda: str(self._age())),
            "phone": label("PHONE_NUMBER", lambda: values.phone(rng, self._parts["us_areas"])),
            "email": label("EMAIL_ADDRESS", self._email),
            "handle": label("SOCIAL_HANDLE", self._handle),
            "athandle": label("SOCIAL_HANDLE", self._handle),
            "discord": label("SOCIAL_HANDLE", self._discord),
            "user": label("REDDIT_USER", lambda: self._pick(("u/", "/u/")) + self._handle(sign="-_")),
            "sub": label("SUBREDDIT", lambda: self._pick(("r/", "/r/")) + self._part("subreddits")),
            "url": label("URL", lambda: self._part("profiles").format(self._handle(sign="-"))),
            "ip": label("IP_ADDRESS", lambda: values.ip_address(rng)),
            "mac": label("MAC_ADDRESS", lambda: values.mac_address(rng)),
            "uuid": label("UUID", lambda: values.uuid(rng)),
            "record": label("RECORD_NUMBER", self._record),
            "secret": label("SECRET", lambda: values.secret(rng)),
            "ssn": label("US_SSN", lambda: values.ssn(rng)),
            "card": label("CREDIT_CARD", lambda: values.card(rng)),
            "iban": label("IBAN_CODE", lambda: values.iban(rng)),
            "crypto": label("CRYPTO", lambda: values.crypto(rng)),
        }

    def fill(self, slot: str) -> list[Piece]:
        """Return what a slot becomes. A slot that begins with a capital begins a sentence.

        Raises
        ------
        KeyError
            If there is no such slot.

        """
        if slot in self._labels:
            return self._labels[slot]()
        text = self._pick(self._plain[slot.lower()])
        return [Piece(text[:1].upper() + text[1:] if slot[0].isupper() else text)]

    def _labelled(self, entity_type: str, make: Callable[[], str]) -> Callable[[], list[Piece]]:
        return lambda: [Piece(make(), entity_type)]

    def _pick(self, choices: Sequence[str]) -> str:
        return choices[int(self._rng.random() * len(choices))]

    def _part(self, kind: str) -> str:
        return self._pick(self._parts[kind])

    def _coined(self, kind: str, share: float) -> str | None:
        """Return, in the held-out half, now and then a name that is in no list."""
        if self._half == "train" or self._rng.random() >= share:
            return None
        return "".join(map(self._pick, tables()["coined"][kind]))

    def _first(self) -> str:
        if coined := self._coined("first", 0.05):
            return coined
        chance = self._rng.random()
        if chance < 0.72:
            return self._pick(names.common_first_names(self._half))
        return self._pick((names.wide_first_names if chance < 0.97 else names.word_first_names)(self._half))

    def _first_or_double(self) -> str:
        if self._rng.random() < 0.02:
            return f"{self._first()}{self._pick(('-', ' '))}{self._first()}"
        return self._first()

    def _last(self) -> str:
        if coined := self._coined("last", 0.1):
            return coined
        pool = names.common_last_names if self._rng.random() < 0.75 else names.wide_last_names
        return self._pick(pool(self._half))

    def _full(self) -> str:
        middle = f" {self._pick('ABCDEGJKLMRST')}." if self._rng.random() < 0.06 else ""
        last = self._last()
        if self._rng.random() < 0.04:
            last += f"-{self._last()}"
        return f"{self._first()}{middle} {last}"

    def _name(self) -> str:
        chance = self._rng.random()
        if chance < 0.6:
            return self._first_or_double()
        return self._full() if chance < 0.9 else f"{self._first()} {self._pick('ABCDEFGHJKLMNPRSTW')}."

    def _initials(self) -> str:
        shape = self._pick(("{0}.{1}.", "{0}. {1}."))  # one letter points at nobody
        return shape.format(self._pick("ABCDEGHJKLMNPRST"), self._pick("BCDFGHJKLMNPRSTW"))

    def _pair(self) -> list[Piece]:
        joint = self._pick((" and ", " & ", " and ", ", ", "/"))
        first, second = Piece(self._first(), "PERSON"), Piece(self._first(), "PERSON")
        if joint == ", ":
            return [first, Piece(joint), second, Piece(" and "), Piece(self._first(), "PERSON")]
        return [first, Piece(joint), second]

    def _a_town(self) -> Town:
        towns = (names.near_towns if self._rng.random() < 0.75 else names.far_towns)(self._half)
        return towns[int(self._rng.random() * len(towns))]

    def _town(self) -> str:
        if coined := self._coined("town", 0.05):
            return coined
        nick = names.town_nicknames(self._half)
        return self._pick(nick) if self._rng.random() < 0.12 else self._a_town().name

    def _town_and_state(self) -> str:
        town = self._a_town()
        if town.state_code:
            shape = self._pick(("{0}, {1}", "{0}, {2}", "{0} {1}", "{0}, {1}", "{0} {2}"))
            return shape.format(town.name, town.state_code, town.state)
        return f"{town.name}, {town.country_name}" if self._rng.random() < 0.3 else town.name

    def _place(self) -> str:
        chance = self._rng.random()
        if chance < 0.5:
            return self._town()
        if chance < 0.6:
            return self._town_and_state()
        return self._pick((names.regions if chance < 0.85 else names.countries)(self._half))

    def _form(self, kind: str) -> str:
        shape = self._part(kind)
        return shape.format(
            town=self._a_town().name, last=self._last(), saint=self._part("saint"),
            virtue=self._part("virtue"), nature=self._part("nature"),
        )  # fmt: skip

    def _university(self) -> str:
        real = names.universities(self._half)
        return self._pick(real) if self._rng.random() < 0.65 else self._form("universities")

    def _employer(self) -> str:
        real = names.organisations(self._half)
        return self._pick(real) if self._rng.random() < 0.65 else self._form("employers")

    def _street(self) -> str:
        rng, shape = self._rng, self._part("streets")
        town = rng.choice(names.american_towns(self._half)) if "{state}" in shape else self._a_town()
        return shape.format(
            **{kind: self._part(kind) for kind in _STREET_PARTS},
            name=self._last() if rng.random() < 0.4 else self._part("street_words"),
            number=rng.randint(1, 9899), small=rng.randint(1, 240), unit=rng.randint(1, 40), town=town.name,
            state=town.state_code, zip=f"{rng.randint(1001, 99929):05d}", pin=rng.randint(110001, 799999),
        )  # fmt: skip

    def _date(self, shapes: str) -> str:
        day = _FIRST_DAY + timedelta(days=int(self._rng.random() * _DAYS))
        ending = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
        month = self._plain["month"][day.month - 1]
        return self._part(shapes).format(
            day=day.day, number=day.month, year=day.year, short=f"{day.year % 100:02d}", month=month,
            mon=month[:3], ordinal=f"{day.day}{ending}",
        )  # fmt: skip

    def _relative_date(self) -> str:
        return self._part("relative_dates").format(
            count=self._part("counts"),
            unit=self._part("units"),
            weekday=self._pick(self._plain["weekday"]), month=self._pick(self._plain["month"]),
        )  # fmt: skip

    def _age(self) -> int:
        return int(self._rng.triangular(14, 71, 22))

    def _handle(self, *, sign: str = "._") -> str:
        return self._part("handles").format(
            adjective=self._part("adjective"), noun=self._part("noun"), number=self._rng.randint(2, 9999),
            first=self._plain_first(), sign=self._pick(sign),
        )  # fmt: skip

    def _plain_first(self) -> str:
        """Return a first name as it stands in an address: small letters without accents."""
        return "".join(filter(str.isalpha, self._first())).encode("ascii", "ignore").decode().lower() or _ANONYMOUS

    def _discord(self) -> str:
        return f"{self._handle()}#{values.digits(self._rng, 4)}"

    def _email(self) -> str:
        local = self._part("email_names").format(
            first=self._plain_first(), noun=self._part("noun"), adjective=self._part("adjective"),
            number=self._rng.randint(1, 99999),
        )  # fmt: skip
        host = self._part("email_hosts")
        if self._rng.random() < 0.6:
            return f"{local}@{host}"
        return f"{local}{self._part('ats')}{host.replace('.', self._part('dots'))}"

    def _record(self) -> str:
        number = values.digits(self._rng, self._rng.randint(5, 9))
        return self._part("record").format(self._part("record_letters"), number)
