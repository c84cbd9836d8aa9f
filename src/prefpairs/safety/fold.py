"""Texts as people type them -> texts as the lexicons read them, a column at a time (see `safety_rules.fold`)."""

import polars as pl

from prefpairs.safety_rules.fold import REPLACED


def unmarked(text: pl.Expr) -> pl.Expr:
    """Return texts with one kind of quote and space, without markdown, entities and invisible characters."""
    return text.str.replace_many(list(REPLACED), list(REPLACED.values()), leftmost=True)


def folded(text: pl.Expr) -> pl.Expr:
    """Return `unmarked` texts in lower case: what the patterns of the lexicons are written for."""
    return text.str.to_lowercase()
