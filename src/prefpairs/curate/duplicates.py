"""The same text again -> dropped, the earliest stays."""

import polars as pl

CODE = "DUPLICATE"
# An address ends where its markdown does.
_ADDRESS = r"(?:https?://|www\.)[^\s)\]>]+"


def normalised(text: pl.Expr) -> pl.Expr:
    """Return the words of a text alone: no case, markdown, punctuation, white space or addresses; numbers are 0.

    To normalise twice changes nothing.
    """
    words = (
        text.str.to_lowercase()
        .str.replace_all(_ADDRESS, " ")
        .str.replace_all(r"\d+", "0")
        .str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ")
    )
    return words.str.strip_chars()


def with_facts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Add `same_text`, equal for equal normalised texts and null if no word is left, and `normal_words`."""
    text = pl.col("normalised")
    return (
        rows.with_columns(normalised=normalised(pl.col("text")))
        .with_columns(
            # 64 bits: in 50 million texts, the chance that any two agree by accident is one in ten thousand.
            same_text=pl.when(text != "").then(text.hash()),
            normal_words=text.str.count_matches(" ") + 1,
        )
        .drop("normalised")
    )


def repeats(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the `name` of every row whose text an earlier row of the same kind already has.

    `rows` must hold only rows that no other rule drops: a text that was removed once does not take the place of
    one that was not. Crisis lines are help for whoever reads them, so an answer that lists them repeats only
    another one by the same author in the same thread.
    """
    answer = pl.col("crisis_line") & (pl.col("kind") == "comment")
    place = pl.when(answer).then(pl.concat_str("link_id", pl.col("author_key").fill_null(""), separator="\n"))
    return (
        rows.filter(pl.col("same_text").is_not_null())
        .sort("created_utc", "name", nulls_last=True)
        .filter(~pl.struct("kind", "same_text", place=place).is_first_distinct())
        .select("name")
    )
