"""A draft and a better text -> how many words changed, how many stayed, and how alike they are by their words."""

import polars as pl

from prefpairs.improve.function_words import FUNCTION_WORDS

MEASURES = ("words_draft", "words_better", "changed_words", "kept_words", "english_draft", "english_better")
"""Columns of `measures`, besides `word_similarity`."""

_WORD = r"\w+(?:'\w+)*"
_CHUNK_ROWS = 4096  # an exploded text takes many times its memory
_DIGITS = 4  # the order in which a sum is made must not show


def measures(texts: pl.DataFrame) -> pl.DataFrame:
    """Count and compare the lower-case words of `draft` and `better`, row by row.

    Returns
    -------
    pl.DataFrame
        `words_draft` and `words_better` count words; `changed_words` those taken out and put in, together;
        `kept_words` is the share of the draft's words that are in the better text too; `english_draft` and
        `english_better` are the shares of function words; `word_similarity` is the cosine, 0 to 1, of the
        content words, each weighted 1 + ln(how often): 0 if a text has none.

    """
    starts = range(0, max(texts.height, 1), _CHUNK_ROWS)
    return pl.concat([_measures(texts.slice(start, _CHUNK_ROWS)) for start in starts])


def _measures(texts: pl.DataFrame) -> pl.DataFrame:
    rows = texts.select(pl.int_range(pl.len()).alias("row"))
    draft, better = pl.col("draft"), pl.col("better")
    is_function = pl.col("word").is_in(list(FUNCTION_WORDS))
    counts = (
        _words(texts, "draft")
        .join(_words(texts, "better"), on=["row", "word"], how="full", coalesce=True)
        .fill_null(0)
        .with_columns(function=is_function)
        .with_columns(weight_draft=_weight(draft), weight_better=_weight(better))
        .with_columns(shared=pl.min_horizontal(draft, better))
        .sort("row", "word")
    )
    norm = (pl.col("weight_draft").pow(2).sum() * pl.col("weight_better").pow(2).sum()).sqrt()
    dot = (pl.col("weight_draft") * pl.col("weight_better")).sum()
    by_row = counts.group_by("row").agg(
        words_draft=draft.sum(),
        words_better=better.sum(),
        changed_words=(draft + better).sum() - 2 * pl.col("shared").sum(),
        kept_words=_share(pl.col("shared").sum(), draft.sum()),
        english_draft=_share(draft.filter("function").sum(), draft.sum()),
        english_better=_share(better.filter("function").sum(), better.sum()),
        word_similarity=_share(dot, norm).round(_DIGITS),
    )
    return rows.join(by_row, on="row", how="left", maintain_order="left").drop("row").fill_null(0)


def _words(texts: pl.DataFrame, side: str) -> pl.DataFrame:
    folded = pl.col(side).str.to_lowercase().str.replace_all("’", "'", literal=True)
    words = texts.select(row=pl.int_range(pl.len()), word=folded.str.extract_all(_WORD))
    return words.explode("word").drop_nulls().group_by("row", "word").agg(pl.len().cast(pl.Int64).alias(side))


def _weight(count: pl.Expr) -> pl.Expr:
    counts = (count > 0) & ~pl.col("function")
    return pl.when(counts).then(1 + count.clip(lower_bound=1).log()).otherwise(0.0)


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole).otherwise(0.0)
