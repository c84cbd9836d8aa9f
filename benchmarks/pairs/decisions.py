"""A corpus -> the tables that the select stage would find in a lake."""

import polars as pl

from prefpairs.contracts import contract


def decisions(responses: pl.DataFrame) -> pl.DataFrame:
    """Return the corpus as curate would have written it, posts included: all are kept."""
    posts = responses.unique("post", maintain_order=True).select(
        name=_fullname("t3", "post"), link_id=_fullname("t3", "post"), kind=pl.lit("post"),
        subreddit=pl.col("community").cast(pl.String), score=pl.col("post_score").cast(pl.Int64),
        created_utc=pl.col("post_created_utc").cast(pl.Int64), is_self=pl.lit(value=True),
        over_18=pl.lit(value=False),
    )  # fmt: skip
    comments = responses.select(
        name=_fullname("t1", "response"), link_id=_fullname("t3", "post"), parent_id=_fullname("t3", "post"),
        kind=pl.lit("comment"), subreddit=pl.col("community").cast(pl.String),
        created_utc=pl.col("created_utc").cast(pl.Int64), score=pl.col("score").cast(pl.Int64),
        author_hash=pl.col("author").cast(pl.String).str.zfill(64),
    )  # fmt: skip
    rows = pl.concat([posts, comments], how="diagonal_relaxed").with_columns(
        month=pl.lit("2023-11"), keep=pl.lit(value=True), words=pl.lit(50, pl.Int32), score_age_h=pl.lit(100.0),
        reason=pl.lit(None, pl.String), reasons=pl.lit([], pl.List(pl.String)), edited=pl.lit(None, pl.Int64),
        upvote_ratio=pl.lit(None, pl.Float64), views=pl.lit(None, pl.Int64),
    )  # fmt: skip
    return rows.select(contract("decisions").columns)


def labels(kept: pl.DataFrame) -> pl.DataFrame:
    """Return the labels of `decisions`: every text was looked at, none has a label."""
    nothing = pl.lit([], pl.List(pl.String))
    rows = kept.select(
        "name", "kind", labels=nothing, topics=nothing, uncertain=nothing, lexicon_version=pl.lit("benchmark")
    )
    return rows.select(contract("labels").columns)


def _fullname(kind: str, column: str) -> pl.Expr:
    return pl.lit(f"{kind}_") + pl.col(column).cast(pl.String).str.zfill(8)
