"""Texts as people type them -> texts as the lexicons read them: one kind of quote, no markdown, lower case.

What hides a word from a filter is undone here (invisible characters, look-alike letters); what changes
its spelling (`s*icide`, `unalive`) stands in the lexicons, where a steward can see it.
"""

import polars as pl

_REPLACED = {
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


def unmarked(text: pl.Expr) -> pl.Expr:
    """Return texts with one kind of quote and space, without markdown, entities and invisible characters."""
    return text.str.replace_many(list(_REPLACED), list(_REPLACED.values()), leftmost=True)


def folded(text: pl.Expr) -> pl.Expr:
    """Return `unmarked` texts in lower case: what the patterns of the lexicons are written for."""
    return text.str.to_lowercase()
