"""Pieces of text -> the same pieces as people type them: in small letters, in capitals, with slips."""

from collections.abc import Callable
from random import Random
from typing import Final, Literal

from training.sentences.fillers import Piece

Variant = Literal["as-is", "lower", "names lower", "title", "upper", "typos", "no apostrophes"]

# Their form is what they are: nobody writes a key or a link in capitals, however loud.
_FIXED: Final = frozenset(
    {
        "URL", "EMAIL_ADDRESS", "SECRET", "CRYPTO", "IBAN_CODE", "UUID", "MAC_ADDRESS", "CREDIT_CARD",
        "REDDIT_USER", "SUBREDDIT", "SOCIAL_HANDLE",
    }
)  # fmt: skip
_NAMES: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION"})
_SLIP, _SLIP_IN_NAME = 0.09, 0.05  # share of words
_SHORTEST_WORD: Final = 4
_WEIGHTS: Final[dict[Variant, float]] = {
    "as-is": 0.42, "lower": 0.25, "names lower": 0.06, "title": 0.06, "upper": 0.06, "typos": 0.1,
    "no apostrophes": 0.05,
}  # fmt: skip


def choose(rng: Random) -> Variant:
    """Return a variant, the usual ones more often."""
    return rng.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()))[0]


def apply(pieces: list[Piece], variant: Variant, rng: Random) -> list[Piece]:
    """Return the pieces in a variant; what they are stays known."""
    changes: dict[Variant, Callable[[Piece], str]] = {
        "as-is": lambda piece: piece.text,
        "lower": lambda piece: _each(piece.text, str.lower),
        "names lower": lambda piece: _each(piece.text, str.lower) if piece.entity_type else piece.text,
        "title": lambda piece: _title(piece.text),
        "upper": lambda piece: _each(piece.text, str.upper),
        "typos": lambda piece: _typos(piece, rng),
        "no apostrophes": lambda piece: piece.text.replace("'", ""),
    }
    change = changes[variant]
    return [piece if piece.entity_type in _FIXED else Piece(change(piece), piece.entity_type) for piece in pieces]


def _each(text: str, change: Callable[[str], str]) -> str:
    # A letter for a letter: ß has no capital of its own, İ no small letter.
    return "".join(changed if len(changed := change(letter)) == 1 else letter for letter in text)


def _title(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] if word[:1].isalpha() else word for word in text.split(" "))


def _typos(piece: Piece, rng: Random) -> str:
    if piece.entity_type is not None and piece.entity_type not in _NAMES:
        return piece.text
    share = _SLIP_IN_NAME if piece.entity_type else _SLIP
    return " ".join(_slip(word, rng) if rng.random() < share else word for word in piece.text.split(" "))


def _slip(word: str, rng: Random) -> str:
    if len(word) < _SHORTEST_WORD or not word.isalpha():
        return word.replace("'", "")
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + rng.choice("asdfghjkl") + word[at + 1 :]
