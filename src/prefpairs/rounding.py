"""What the vote model says -> the digits of it that are published.

Its last digits are noise, and would change with every version of a library.
"""

import polars as pl

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
