"""A rule: a reason code and the rows that it drops.

Each rule is a Polars expression over the columns of `decide.candidate_rows`: `name`, `kind`, `text`,
`author`, `created_utc`, the flags of the raw tables, and the vote columns of `votes.settled_votes`.
"""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Rule:
    """`drops` is true for the rows to drop; null counts as false."""

    code: str
    drops: pl.Expr


def is_kind(kind: str) -> pl.Expr:
    """Return true for rows of one kind: `post` or `comment`."""
    return pl.col("kind") == kind
