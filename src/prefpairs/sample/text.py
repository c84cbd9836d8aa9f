"""Templates and a random generator -> posts and comments with planted identifiers, and where they stand."""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

_Choice = TypeVar("_Choice")
_SLOT = re.compile(r"\{(\w+)\}")
_PHONE_AREAS = ("206", "312", "415", "503", "617", "646", "718", "808")
_PHONE_SHAPES = ("{0}-555-{1}", "({0}) 555-{1}", "{0}.555.{1}", "+1 {0} 555 {1}", "1-{0}-555-{1}")
_EMAIL_SHAPES = ("{0}@{1}.{2}", "{0} [at] {1} [dot] {2}", "{0}(at){1}(dot){2}", "{0} at {1} dot {2}")
_EMAIL_HOSTS = (("example", "org"), ("example", "com"), ("example", "net"))
_GOOD, _POOR = 0.35, -0.7
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737: addresses for documentation


@dataclass(frozen=True, slots=True)
class Planted:
    """An identifier at `start` to `end` (code points) of a text."""

    start: int
    end: int
    entity_type: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and the identifiers in it."""

    text: str
    planted: tuple[Planted, ...] = ()

    def lower(self) -> "Text":
        """Return the text as somebody writes who never uses capitals."""
        lowered = tuple(Planted(p.start, p.end, p.entity_type, p.text.lower()) for p in self.planted)
        return Text(self.text.lower(), lowered)


@cache
def templates() -> dict[str, Any]:
    """Return the sentences of `templates.toml`."""
    return tomllib.loads(Path(__file__).with_name("templates.toml").read_text(encoding="utf-8"))


def join(texts: Sequence[Text], separator: str = " ") -> Text:
    """Return the texts as one, with every identifier at its new place."""
    parts: list[str] = []
    planted: list[Planted] = []
    length = 0
    for text in (text for text in texts if text.text):
        if parts:
            length += len(separator)
        planted += [Planted(p.start + length, p.end + length, p.entity_type, p.text) for p in text.planted]
        parts.append(text.text)
        length += len(text.text)
    return Text(separator.join(parts), tuple(planted))


class Writer:
    """Writes sentences. The same generator state gives the same sentences."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._templates = templates()
        self._plain: dict[str, list[str]] = self._templates["slots"]
        self._people: dict[str, list[str]] = self._templates["people"]
        self._identifiers: dict[str, Callable[[], str]] = {
            "PERSON": self._person,
            "AGE": self._age,
            "LOCATION": lambda: self._pick(self._people["towns"]),
            "ORGANIZATION": lambda: self._pick(self._people["schools"]),
            "REDDIT_USER": lambda: self._pick(("u/", "/u/")) + self.user_name(),
            "SUBREDDIT": lambda: "r/" + self._pick(self._people["subreddits"]),
            "SOCIAL_HANDLE": self._handle,
            "EMAIL_ADDRESS": self._email,
            "PHONE_NUMBER": self._phone,
            "URL": self._url,
            "IP_ADDRESS": lambda: f"{self._pick(_NETWORKS)}.{self._rng.randint(2, 254)}",
        }

    def topic(self) -> dict[str, Any]:
        """Return a topic: what a thread is about."""
        topics: list[dict[str, Any]] = self._templates["topics"]
        return self._pick(topics)

    def fixed(self, name: str, **slots: str) -> Text:
        """Return one of the sentences that are said word for word."""
        sentences = self._templates["fixed"][name]
        return self._fill(sentences if isinstance(sentences, str) else self._pick(sentences), slots)

    def title(self, topic: dict[str, Any]) -> Text:
        """Return the title of a post."""
        return self._fill(self._pick(topic["titles"]), {})

    def post(self, topic: dict[str, Any], *, plant: bool) -> Text:
        """Return the text of a post."""
        source = self._templates["post"]
        body = [
            self._pick(source["openings"]),
            *self._sample(topic["situations"], 2),
            self._pick(topic["worries"]),
        ]
        body.append(self._pick(source["feelings"]))
        first = join([self._fill(sentence, {}) for sentence in body])
        planted = [self._plant("post")] if plant else []
        question = self._fill(self._pick(source["questions"]), {})
        return self._in_a_voice(join([first, *planted, question], "\n\n"))

    def comment(self, topic: dict[str, Any], quality: float, *, plant: bool) -> Text:
        """Return an answer of a quality: about -2 (dismissive) to 2 (kind, specific, with a concrete step)."""
        slots = {"name_topic": topic["name"]}
        if quality > _GOOD:
            sentences = self._good(topic, quality, slots)
        else:
            source = self._templates["middling" if quality > _POOR else "poor"]
            lines = self._sample(source["lines"], 2 if self._rng.random() < 0.8 else 1)
            opening, end = self._pick(source["leads"]), self._pick(source["tails"])
            sentences = [self._fill(line, slots) for line in (opening, *lines, end)]
        if plant:
            sentences.append(self._plant("comment"))
        return self._in_a_voice(join(sentences))

    def thanks(self, topic: dict[str, Any]) -> Text:
        """Return what the author of a post answers."""
        source = self._templates["thanks"]
        lines = [self._pick(source["lines"]), *self._sample(source["extras"], 2)]
        return join([self._fill(line, {"name_topic": topic["name"]}) for line in lines])

    def age(self) -> Text:
        """Return an age as people put it in front of a title."""
        return self._slot("AGE", {})

    def user_name(self) -> str:
        """Return an invented user name, 5 to 20 characters."""
        adjective, noun = self._pick(self._people["adjectives"]), self._pick(self._people["nouns"])
        number = self._rng.randint(2, 9999)
        shape = self._pick(("{0}_{1}_{2}", "{0}{1}{2}", "{0}-{1}{2}", "{3}{4}{2}"))
        return shape.format(adjective, noun, number, adjective.title(), noun.title())

    def _good(self, topic: dict[str, Any], quality: float, slots: dict[str, str]) -> list[Text]:
        source = self._templates["good"]
        step = f"{self._pick(source['intros'])} {self._pick(topic['steps'])}."
        lines = [self._pick(source["validations"]), step]
        if quality > 0.8:
            lines.insert(1, self._pick(source["mirrors"]))
        if quality > 0.6 and self._rng.random() < 0.7:
            lines.insert(-1, self._pick(source["experiences"]))
        if self._rng.random() < 0.7:
            lines.append(self._pick(source["closings"]))
        return [self._fill(line, slots) for line in lines]

    def _plant(self, kind: str) -> Text:
        return self._fill(self._pick(self._templates["plants"][kind]), {})

    def _in_a_voice(self, text: Text) -> Text:
        return text.lower() if self._rng.random() < 0.1 else text

    def _fill(self, template: str, slots: dict[str, str]) -> Text:
        parts: list[Text] = []
        position = 0
        for match in _SLOT.finditer(template):
            parts.append(Text(template[position : match.start()]))
            parts.append(self._slot(match.group(1), slots))
            position = match.end()
        return join([*parts, Text(template[position:])], "")

    def _slot(self, name: str, slots: dict[str, str]) -> Text:
        if name in self._identifiers:
            value = self._identifiers[name]()
            return Text(value, (Planted(0, len(value), name, value),))
        return Text(slots[name] if name in slots else self._pick(self._plain[name]))

    def _person(self) -> str:
        first = self._pick(self._people["first"])
        return first if self._rng.random() < 0.6 else f"{first} {self._pick(self._people['last'])}"

    def _age(self) -> str:
        age = self._rng.randint(16, 71)
        return self._pick((f"{age}F", f"{age}M", f"F{age}", f"{age}yo", f"{age} years old"))

    def _handle(self) -> str:
        adjective, noun = self._pick(self._people["adjectives"]), self._pick(self._people["nouns"])
        number = self._rng.randint(10, 9999)
        return self._pick(
            (f"@{adjective}.{noun}{number}", f"{adjective}{noun}{number}", f"{noun}{adjective}#{number:04d}")
        )

    def _email(self) -> str:
        local = (
            f"{self._pick(self._people['first'])}.{self._pick(self._people['nouns'])}{self._rng.randint(1, 99)}"
        )
        shape = _EMAIL_SHAPES[0] if self._rng.random() < 0.6 else self._pick(_EMAIL_SHAPES[1:])
        return shape.format(local.lower(), *self._pick(_EMAIL_HOSTS))

    def _phone(self) -> str:
        # 555-2000 to 555-8999: valid for a checker, in use by nobody.
        return self._pick(_PHONE_SHAPES).format(self._pick(_PHONE_AREAS), self._rng.randint(2000, 8999))

    def _url(self) -> str:
        page = f"{self._pick(self._people['nouns'])}-{self._rng.randint(100, 9999)}"
        start = self._pick(
            ("https://www.example.org/", "http://example.com/", "www.example.net/", "https://example.org/")
        )
        return start + page

    def _pick(self, choices: Sequence[_Choice]) -> _Choice:
        return choices[int(self._rng.random() * len(choices))]

    def _sample(self, choices: Sequence[str], count: int) -> list[str]:
        return self._rng.sample(choices, count)
