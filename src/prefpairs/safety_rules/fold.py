"""A text as people type it -> the text as the lexicons read it: one kind of quote, no markdown, lower case.

What hides a word from a filter is undone here (invisible characters, look-alike letters); what changes
its spelling (`s*icide`, `unalive`) stands in the lexicons, where a steward can see it.
"""

import re
from collections.abc import Mapping

REPLACED: Mapping[str, str] = {
    "‘": "'", "’": "'", "ʼ": "'", "`": "'", "´": "'", "&#39;": "'", "&#x27;": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "&quot;": '"',
    "…": "...", "–": " - ", "—": " - ", "&gt;": ">", "&lt;": "<", "&amp;": "&", "&nbsp;": " ",
    # Invisible, or a space of another width.
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u00ad": "", "\u00a0": " ",
    "\u2009": " ", "\u202f": " ", "\t": " ", "\r": "",
    # Cyrillic and Greek letters that look like Latin ones.
    "а": "a", "е": "e", "о": "o", "с": "c", "і": "i", "р": "p", "у": "y", "х": "x", "ѕ": "s", "ο": "o",
    "А": "A", "Е": "E", "О": "O", "С": "C", "І": "I", "Р": "P", "К": "K", "М": "M", "Т": "T", "Н": "H",
    # Markdown: emphasis at the edge of a word, escapes. A star inside a word stays: `s*icide`.
    "**": "", "__": "", "~~": "", "\\": "", " *": " ", "* ": " ", "*.": ".", "*,": ",", "*!": "!", "*?": "?",
    "*\n": "\n", "\n*": "\n", " _": " ", "_ ": " ", "  ": " ",
}  # fmt: skip
"""What is replaced by what: at each place the first of them that fits."""

_ANY = re.compile("|".join(map(re.escape, REPLACED)))


def unmarked(text: str) -> str:
    """Return a text with one kind of quote and space, without markdown, entities and invisible characters."""
    return _ANY.sub(lambda match: REPLACED[match[0]], text)


def folded(text: str) -> str:
    """Return an `unmarked` text in lower case: what the patterns of the lexicons are written for."""
    return text.lower()
