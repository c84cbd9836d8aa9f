"""What the lake holds -> what of it is published: ids that lead nowhere, and no more digits than mean something.

The last digits of the vote model are noise, and would change with every version of a library.
"""

import polars as pl

from prefpairs.keys import ProjectKey

_DIGITS = 4
_LEAST_DOUBT = 10.0**-_DIGITS


def published_probability(column: str) -> pl.Expr:
    """Return probabilities with four decimals, 0.0001 to 0.9999; null stays null.

    Nobody is sure: a probability of 0 or 1 would be an infinite log-odds to whoever trains on it.
    """
    return pl.col(column).round(_DIGITS).clip(_LEAST_DOUBT, 1 - _LEAST_DOUBT)


def published_number(column: str) -> pl.Expr:
    """Return numbers with four significant digits; null stays null."""
    return pl.col(column).round_sig_figs(_DIGITS)


def public_ids(public: ProjectKey, names: pl.Series) -> pl.Series:
    """Return the id of each name in a release series; null stays null."""
    return pl.Series([None if name is None else public.public_id(name) for name in names], dtype=pl.String)
