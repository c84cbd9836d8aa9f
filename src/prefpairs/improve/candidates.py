"""What a source of improvement pairs gives: which text is a draft, which one is better, and whose they are."""

from collections.abc import Callable

import polars as pl

from prefpairs.config import Settings
from prefpairs.lake import Lake

SCHEMA = pl.Schema(
    {
        "link_id": pl.String,
        "draft_name": pl.String,
        "draft_field": pl.String,
        "better_name": pl.String,
        "better_field": pl.String,
        "made_by": pl.String,
        "reviser": pl.String,
        "score_draft": pl.Int64,
        "score_better": pl.Int64,
        "preference_probability": pl.Float64,
        "parent_id": pl.String,
        "draft_author": pl.String,
        "better_author": pl.String,
        "comment_kept": pl.Boolean,
    }
)
"""One row a candidate, by id only. `parent_id` is what the text answers; the authors are keyed hashes, null if
unknown. `comment_kept` is false if a comment that the row names was dropped by curation or is not there."""

Source = Callable[[Settings, Lake], pl.DataFrame]
"""Gives candidates with the columns of `SCHEMA`."""


def conform(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return rows with the columns of `SCHEMA`; those that they lack are null."""
    have = rows.collect_schema().names()
    missing = [pl.lit(None).alias(name) for name in SCHEMA if name not in have]
    return rows.with_columns(missing).select(SCHEMA.names()).cast(SCHEMA).collect(engine="streaming")


def kept_comments(lake: Lake) -> pl.LazyFrame:
    """Return `name`, `link_id`, `parent_id`, `author`, `score` and `edited` of the comments that curation kept."""
    kept = lake.scan("decisions").filter(pl.col("keep") & (pl.col("kind") == "comment"))
    return kept.select("name", "link_id", "parent_id", "score", "edited", author="author_hash")
