"""The same text again -> dropped, the earliest stays."""

import polars as pl

CODE = "DUPLICATE"


def repeats(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the `name` of every row whose text an earlier row of the same kind already has.

    Texts are equal if they differ in case and white space only. `rows` must hold only rows that no
    other rule drops: a text that was removed once does not take the place of one that was not.
    """
    normalised = pl.col("text").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    return (
        rows.select("name", "kind", "created_utc", normalised=normalised)
        .filter(pl.col("normalised") != "")
        .sort("created_utc", "name", nulls_last=True)
        .filter(~pl.struct("kind", "normalised").is_first_distinct())
        .select("name")
    )
