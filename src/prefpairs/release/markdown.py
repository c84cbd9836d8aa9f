"""Strings of unknown origin -> Markdown that shows them and does nothing else."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

# Everything that CommonMark or HTML gives a meaning inside a line.
_SPECIAL = frozenset("\\`*_{}[]<>()#!|~&:@$\"'=+")
_LONGEST_LIST = 8


def inline(text: str) -> str:
    """Return `text` on one line, with every character that could start markup written as a reference."""
    return "".join(_letter(letter) for letter in " ".join(text.split()))


def code(text: str, *, also: str = "") -> str:
    """Return an identifier as code; anything but letters, digits, `_ . / - *` and `also` is shown as `?`."""
    plain = "_./-*" + also
    shown = (letter if letter.isascii() and (letter.isalnum() or letter in plain) else "?" for letter in text)
    return f"`{''.join(shown)}`"


def prose(text: str) -> str:
    """Return a sentence of our own, from `schemas/`, as a table cell: only what would end the cell is escaped."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table. Cells are Markdown already: made by `inline`, `code`, `prose` or from numbers.

    A column of numbers stands to the right.
    """
    body = [list(row) for row in rows]
    numeric = [all(row[column].replace(",", "").isdigit() for row in body) for column in range(len(headings))]
    lines = [headings, ["--:" if right and body else "---" for right in numeric], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def value(setting: Any) -> str:
    """Return the value of a setting for a reader; a long list only says how long it is."""
    if isinstance(setting, bool):
        return "yes" if setting else "no"
    if setting is None:
        return "not asked for"
    if isinstance(setting, list | tuple):
        if len(setting) > _LONGEST_LIST:
            return f"{len(setting)} entries, listed in the manifest"
        return ", ".join(value(item) for item in setting) or "none"
    return inline(str(setting)) or "none"


def _letter(letter: str) -> str:
    if letter in _SPECIAL:
        return f"&#{ord(letter)};"
    # Control, format (bidirectional overrides too), surrogate and private-use characters.
    return "�" if unicodedata.category(letter).startswith("C") else letter
