"""Two columns of texts -> how many of their words they share."""

import polars as pl

_WORD = r"\w+(?:['’]\w+)*"
_CHUNK_ROWS = 16_384  # lists of words take many times the memory of the text they come from


def token_overlap(texts: pl.DataFrame, one: str, other: str) -> pl.Series:
    """Return the Jaccard overlap of the lower-case words of two columns, 0 to 1; 0 if both have none."""
    shared = _words(one).list.set_intersection(_words(other)).list.len()
    all_ = _words(one).list.set_union(_words(other)).list.len()
    overlap = pl.when(all_ > 0).then(shared / all_).otherwise(0.0)
    parts = [
        texts.lazy().slice(start, _CHUNK_ROWS).select(token_overlap=overlap).collect()
        for start in range(0, max(texts.height, 1), _CHUNK_ROWS)
    ]
    return pl.concat(parts).to_series()


def _words(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().str.extract_all(_WORD)
