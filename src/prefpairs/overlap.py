"""Two columns of texts -> how many of their words they share."""

from collections.abc import Callable

import polars as pl

_WORD = r"\w+(?:['’]\w+)*"
_CHUNK_ROWS = 16_384  # lists of words take many times the memory of the text they come from


def token_overlap(texts: pl.DataFrame, one: str, other: str) -> pl.Series:
    """Return the Jaccard overlap of the lower-case words of two columns, 0 to 1; 0 if both have none."""
    shared = _words(one).list.set_intersection(_words(other)).list.len()
    all_ = _words(one).list.set_union(_words(other)).list.len()
    overlap = pl.when(all_ > 0).then(shared / all_).otherwise(0.0)
    return _in_chunks(texts, lambda part: part.lazy().select(token_overlap=overlap).collect())


def containment(texts: pl.DataFrame, one: str, other: str) -> pl.Series:
    """Return the share of the shorter text's words that the longer one has too, 0 to 1; 0 if one has none.

    Words are counted with their repeats: a text that says "no" twice is held by one that says it twice. At 1,
    the longer text is the shorter one in another order, and whatever was added to it.
    """
    return _in_chunks(texts, lambda part: _containment(part.select(one=one, other=other)))


def _containment(texts: pl.DataFrame) -> pl.DataFrame:
    rows = texts.with_row_index("row").select("row", one=_words("one"), other=_words("other"))
    shared = (
        _word_counts(rows, "one")
        .join(_word_counts(rows, "other"), on=["row", "word"], suffix="_other")
        .group_by("row")
        .agg(shared=pl.min_horizontal("len", "len_other").sum())
    )
    shorter = pl.min_horizontal(pl.col("one").list.len(), pl.col("other").list.len())
    return (
        rows.select("row", shorter=shorter)
        .join(shared, on="row", how="left", maintain_order="left")
        .select(containment=pl.when(pl.col("shorter") > 0).then(pl.col("shared") / pl.col("shorter")))
        .fill_null(0.0)
    )


def _word_counts(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    return rows.select("row", word=column).explode("word").drop_nulls().group_by("row", "word").len()


def _in_chunks(texts: pl.DataFrame, measure: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.Series:
    starts = range(0, max(texts.height, 1), _CHUNK_ROWS)
    return pl.concat([measure(texts.slice(start, _CHUNK_ROWS)) for start in starts]).to_series()


def _words(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().str.extract_all(_WORD)
