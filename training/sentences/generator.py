"""A seed -> posts and comments of mental-health communities, with every identifier in them known.

A document is one to eight sentences of `templates/train.toml` or `templates/heldout.toml`, their slots filled and
the whole typed in one of the variants. The two files share no sentence, and the two halves no name.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Final

from training.sentences import variants
from training.sentences.fillers import Fillers, Piece
from training.sentences.names import Half

_SLOT: Final = re.compile(r"\{(\w+)\}")
_CHOICE: Final = re.compile(r"<([^<>|]*(?:\|[^<>|]*)+)>")
_ENDS: Final = (".", "!", "?", ")", "\n", ":", "…", "3")
_EMOJI: Final = ("😢", "😭", "💔", "🙏", "❤️", "😂", "🥺", "👍🏽", "lol", "xx", ":(", "/s")
# How often a sentence of each group begins a document or goes on with it.
_GROUPS: Final = {
    "people": 0.32, "places": 0.13, "organisations": 0.13, "contact": 0.11, "time": 0.08, "clinical": 0.08,
    "words": 0.09, "plain": 0.18,
}  # fmt: skip
_LENGTHS: Final = (24, 20, 16, 13, 10, 8, 5, 4)  # of 100 documents, those with 1, 2, ... 8 sentences


@dataclass(frozen=True, slots=True)
class Example:
    """A text, the identifiers in it as (start, end, entity type) in code points, and how it was made."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    template_id: str
    variant: str


def generate(*, seed: int, count: int, templates: Half) -> Iterator[Example]:
    """Return `count` documents. The same seed gives the same documents."""
    rng = Random(f"{templates}:{seed}")
    fillers = Fillers(rng, templates)
    for _ in range(count):
        yield _document(rng, fillers, templates)


@cache
def sentences(templates: Half) -> dict[str, tuple[str, ...]]:
    """Return the sentences of a half by their group, slots and choices unfilled."""
    path = Path(__file__).with_name("templates") / f"{templates}.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return {group: tuple(table["lines"]) for group, table in found.items()}


def skeletons(sentence: str) -> set[str]:
    """Return what a sentence says apart from its fillers: every choice, words only, one mark for any slot."""
    parts = _CHOICE.split(sentence)
    options = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
    spoken = ("".join(chosen) for chosen in product(*options))
    return {" ".join(re.findall(r"[\w'_]+", _SLOT.sub(" _ ", text).lower())) for text in spoken}


def _document(rng: Random, fillers: Fillers, templates: Half) -> Example:
    length = rng.choices(range(1, len(_LENGTHS) + 1), weights=_LENGTHS)[0]
    groups = rng.choices(list(_GROUPS), weights=list(_GROUPS.values()), k=length)
    pieces: list[Piece] = []
    used = []
    for group in groups:
        lines = sentences(templates)[group]
        number = rng.randrange(len(lines))
        used.append(f"{group}.{number}")
        if pieces:
            pieces.append(Piece(_joint(pieces[-1].text, rng)))
        pieces += _fill(lines[number], rng, fillers)
    if rng.random() < 0.07:
        pieces.append(Piece(f" {rng.choice(_EMOJI)}"))
    variant = variants.choose(rng)
    pieces = _as_sent(variants.apply(pieces, variant, rng), rng)
    return _assembled(pieces, f"{templates}:{'+'.join(used)}", variant)


def _joint(before: str, rng: Random) -> str:
    if not before.endswith(_ENDS):
        return rng.choice((". ", ". ", ". ", " ", ", ", "\n", "... ", " and "))
    return rng.choice((" ", " ", " ", " ", " ", " ", "\n\n", "\n", "  "))


def _fill(sentence: str, rng: Random, fillers: Fillers) -> list[Piece]:
    spoken = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), sentence)
    pieces: list[Piece] = []
    for at, part in enumerate(_SLOT.split(spoken)):
        if at % 2:
            pieces += fillers.fill(part)
        elif part:
            pieces.append(Piece(part))
    return pieces


def _as_sent(pieces: list[Piece], rng: Random) -> list[Piece]:
    """Return the pieces as they reach us: typographic apostrophes, escaped ampersands, Windows line ends."""
    for share, old, new in (
        (0.1, "'", "’"),
        (0.04, "&", "&amp;"),
        (0.02, "\n", "\r\n"),
        (0.02, "\n\n", "\n\n&#x200B;\n\n"),
    ):
        if rng.random() < share:
            pieces = [Piece(text.replace(old, new) if kind != "URL" else text, kind) for text, kind in pieces]
    return pieces


def _assembled(pieces: list[Piece], template_id: str, variant: str) -> Example:
    spans = []
    length = 0
    for text, entity_type in pieces:
        if entity_type:
            spans.append((length, length + len(text), entity_type))
        length += len(text)
    return Example("".join(piece.text for piece in pieces), tuple(spans), template_id, variant)
