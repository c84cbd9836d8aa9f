"""Rules with reason codes -> the first reason of each row."""

from collections.abc import Sequence

import polars as pl

Rule = tuple[str, pl.Expr]
"""A reason code, and the rows that it drops; null counts as false."""


def first_reason(rules: Sequence[Rule]) -> pl.Expr:
    """Return the code of the first rule that drops a row, or null."""
    if not rules:
        return pl.lit(None, pl.String)
    return pl.coalesce([pl.when(drops.fill_null(value=False)).then(pl.lit(code)) for code, drops in rules])
