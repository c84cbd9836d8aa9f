"""A rule: a reason code and the rows that it drops.

Most rules judge a row by its own columns: `name`, `kind`, `text`, `author`, `created_utc`, the flags of the raw
tables, the vote columns of `votes.settled_votes`, and what `facts` adds. A few look at the whole corpus; texts
are gone by then, and they have only the small columns of `facts` and of `authors`.
"""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Rule:
    """`drops` is true for the rows to drop; null counts as false."""

    code: str
    drops: pl.Expr
    among_all: bool = False
    """True if other rows decide as well: then it is judged after every row was read once."""


def is_kind(kind: str) -> pl.Expr:
    """Return true for rows of one kind: `post` or `comment`."""
    return pl.col("kind") == kind


def any_of(*patterns: str) -> str:
    """Return one regular expression that matches where any of `patterns` does, in any case."""
    return "(?i)" + "|".join(f"(?:{pattern})" for pattern in patterns)
