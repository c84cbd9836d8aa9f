"""An identifier -> one that looks alike, the same in its whole thread and another in every other thread.

Drawn by HMAC-SHA-256 under a seed that only this thread has (`Thread.seed`), so nothing is remembered and
nothing has to be stored: whoever lacks the project key cannot go back. "Hiding in plain sight" (Carrell et
al. 2013): what a detector missed is hard to tell among what it replaced. What cannot be imitated safely
becomes a placeholder.
"""

import hmac
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import cycle
from string import ascii_uppercase

from prefpairs.deid import surrogate_words as words
from prefpairs.deid.caseless import caseless
from prefpairs.deid.propagate import handle_core, name_words
from prefpairs.deid.surrogate_dates import shifted
from prefpairs.deid.vocabulary import NOT_THE_NAME

_NAME_PIECE = re.compile(r"[^\W\d_](?:['’]?[^\W\d_]|[\u0300-\u036f\u200b-\u200d\u2060\u00ad])*")
_POSSESSIVE = re.compile(r"['’]s?\Z", re.IGNORECASE)
_LETTERS_OR_DIGITS = re.compile(r"[A-Za-z]+|\d+|[^\W\d_]+")
_MENTION = re.compile(r"\A\s*\\?/?(?:u|user)\\?/", re.IGNORECASE)
_EMAIL = re.compile(r"(?P<local>[\w.+%-]+)@[\w.-]+\.(?P<top>[A-Za-z]{2,})")
_RESERVED_TOPS = frozenset({"com", "net", "org"})  # example.com and so on belong to nobody (RFC 2606)
_DIGIT = re.compile(r"\d")
_NATIONAL_DIGITS, _LOCAL_DIGITS = 10, 7  # of a North American phone number
_OFFSET_DAYS = 365
_WORD = re.compile(r"[^\W_]+")


class Surrogates:
    """The surrogates of one thread."""

    def __init__(self, seed: bytes, identifiers: Iterable[tuple[str, str]], texts: Sequence[str]) -> None:
        """Draw for `identifiers` (entity type, raw text). Nothing that stands in `texts` is ever drawn."""
        self._seed = seed
        self._identifiers = sorted(set(identifiers))
        self._taken = {word for text in texts for word in _WORD.findall(caseless(text))}

    def of(self, entity_type: str, identifier: str) -> str | None:
        """Return what stands for an identifier, or None if only a placeholder may."""
        match entity_type:
            case "PERSON":
                return self._person(identifier)
            case "REDDIT_USER" | "SOCIAL_HANDLE":
                return self._handle(identifier)
            case "EMAIL_ADDRESS":
                return self._email(identifier)
            case "PHONE_NUMBER":
                return self._phone(identifier)
            case "LOCATION":
                return self._place(identifier)
            case "DATE_TIME":
                return shifted(identifier, days=1 + self._number("offset") % _OFFSET_DAYS)
            case _:
                return None

    def _person(self, identifier: str) -> str | None:
        if not _NAME_PIECE.search(identifier):
            return None
        return _NAME_PIECE.sub(lambda match: self._name_piece(match[0]), identifier)

    def _name_piece(self, piece: str) -> str:
        ending = _POSSESSIVE.search(piece)
        stem = piece[: ending.start()] if ending else piece
        folded = caseless(stem)
        if folded in NOT_THE_NAME or not folded:
            return piece
        drawn = self._initial(folded) if len(folded) == 1 else self._names.get(folded) or self._other_word(folded)
        return words.in_case_of(stem, drawn) + (ending[0] if ending else "")

    @cached_property
    def _names(self) -> dict[str, str]:
        """Each word of a person's name in this thread -> its surrogate: no two words share one."""
        roles: dict[str, str] = {}
        for entity_type, identifier in self._identifiers:
            if entity_type != "PERSON":
                continue
            parts = [part for name in name_words(identifier) for part in re.split("-", name)]
            parts = [part for part in parts if part not in NOT_THE_NAME and len(part) > 1]
            for number, part in enumerate(parts):
                is_family = number == len(parts) - 1 and len(parts) > 1
                roles[part] = "family" if is_family or roles.get(part) == "family" else "given"
        # `Anas book`: not a name of its own.
        roles = {part: role for part, role in roles.items() if not (part.endswith("s") and part[:-1] in roles)}
        drawn: dict[str, str] = {}
        used: set[str] = set()
        for part, role in sorted(roles.items()):
            candidates = words.family(part) if role == "family" else words.given(part)
            drawn[part] = self._draw(f"{role}:{part}", candidates, used)
            used.add(caseless(drawn[part]))
        return drawn

    def _other_word(self, folded: str) -> str:
        """Return what stands for a word that is no name of the thread: `Anas` of Ana, or `A²`."""
        if folded.endswith("s") and folded[:-1] in self._names:
            return f"{self._names[folded[:-1]]}s"
        return self._draw(f"given:{folded}", words.given(folded), set(map(caseless, self._names.values())))

    def _initial(self, letter: str) -> str:
        """Return the first letter of the surrogate, where the thread has just one name with that letter."""
        full = sorted(part for part in self._names if part.startswith(letter))
        if len(full) == 1:
            return self._names[full[0]][0]
        others = [other for other in ascii_uppercase if caseless(other) != letter]
        return others[self._number(f"initial:{letter}") % len(others)]

    def _handle(self, identifier: str) -> str | None:
        core = handle_core(identifier)
        if not core:
            return None
        # Without `u/`: a link to somebody's profile would be made of it, and that somebody may exist.
        start = identifier.find(core)
        around = (
            ("", "")
            if _MENTION.match(identifier) or start < 0
            else (identifier[:start], identifier[start + len(core) :])
        )
        return "".join((self._digits(around[0], core), self._like(core), self._digits(around[1], core)))

    def _like(self, core: str) -> str:
        for attempt in range(100):
            key = f"handle:{caseless(core)}:{attempt}"
            between = _LETTERS_OR_DIGITS.split(core)
            inner = [
                self._run(f"{key}:{number}", run) for number, run in enumerate(_LETTERS_OR_DIGITS.findall(core))
            ]
            made = between[0] + "".join(run + gap for run, gap in zip(inner, between[1:], strict=True))
            if caseless(made) != caseless(core) and not self._taken.intersection(_WORD.findall(caseless(made))):
                return made
        return words.HANDLE_WORDS[0] + str(self._number(f"handle:{caseless(core)}"))

    def _run(self, key: str, run: str) -> str:
        if run.isdigit():
            return self._digits(run, key)
        alike = [word for word in words.HANDLE_WORDS if abs(len(word) - len(run)) <= 1] or list(words.HANDLE_WORDS)
        return words.in_case_of(run, alike[self._number(key) % len(alike)], title=False)

    def _digits(self, text: str, key: str) -> str:
        number = self._number(f"digits:{caseless(key)}")
        digits = cycle(str(number))
        return _DIGIT.sub(lambda _: next(digits), text)

    def _email(self, identifier: str) -> str | None:
        match = _EMAIL.fullmatch(identifier)
        if match is None:
            return None
        top = match["top"].lower() if match["top"].lower() in _RESERVED_TOPS else "com"
        return f"{self._like(match['local'])}@example.{top}"

    def _phone(self, identifier: str) -> str | None:
        """Return a North American number that is reserved for fiction, 555-01xx, grouped alike.

        The gate in front of a candidate lets these pass, and of no other country any.
        """
        digits = "".join(_DIGIT.findall(identifier))
        drawn = self._number(f"phone:{digits[-_LOCAL_DIGITS:]}")
        country = digits[:-_NATIONAL_DIGITS]
        if len(digits) >= _NATIONAL_DIGITS and country == ("1" if "+" in identifier or country else ""):
            area = words.AREA_CODES[drawn // 100 % len(words.AREA_CODES)]
            new = f"{country}{area}55501{drawn % 100:02d}"
        elif len(digits) == _LOCAL_DIGITS:
            new = f"55501{drawn % 100:02d}"
        else:
            return None
        replaced = iter(new)
        return None if new == digits else _DIGIT.sub(lambda _: next(replaced), identifier)

    def _place(self, identifier: str) -> str | None:
        parts = re.split(r"(\s*,\s*)", identifier)
        drawn = [part if number % 2 else self._place_part(part) for number, part in enumerate(parts)]
        return None if None in drawn else "".join(part for part in drawn if part is not None)

    def _place_part(self, part: str) -> str | None:
        folded = caseless(part).strip()
        candidates = words.places_like(part)
        if not candidates or not folded:
            return None
        return words.in_case_of(part, self._draw(f"place:{folded}", candidates, set()))

    def _draw(self, key: str, candidates: Sequence[str], used: set[str]) -> str:
        """Return a candidate that is not in the thread and not in use, the first from a drawn place on."""
        start = self._number(key)
        for step in range(len(candidates)):
            candidate = candidates[(start + step) % len(candidates)]
            plain = caseless(candidate)
            if plain not in used and not self._taken.intersection(_WORD.findall(plain)):
                return candidate
        return f"{words.HANDLE_WORDS[start % len(words.HANDLE_WORDS)].capitalize()}{start % 1000}"

    def _number(self, key: str) -> int:
        return int.from_bytes(hmac.digest(self._seed, key.encode("utf-8", "surrogatepass"), "sha256"))
