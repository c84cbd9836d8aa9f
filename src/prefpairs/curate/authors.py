"""Rows that stand -> what each author does in the whole corpus: how often, and how often the same."""

import polars as pl

from prefpairs.curate.removed import DELETED_AUTHOR

_SECONDS_PER_DAY = 86_400


def habits(comments: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each author: own_comments, copied_share and busiest_day.

    `copied_share` is the share of an author's comments whose normalised text the author wrote elsewhere too; it
    is looked for under names of bots only. `busiest_day` is the most comments on one day, in UTC. Authors whose
    account is gone are one name for many people, and have no habits.
    """
    named = comments.filter(pl.col("author_key").is_not_null() & (pl.col("author_key") != DELETED_AUTHOR))
    days = named.filter(pl.col("created_utc").is_not_null()).with_columns(
        day=pl.col("created_utc") // _SECONDS_PER_DAY
    )
    busiest = days.group_by("author_key", "day").len().group_by("author_key").agg(busiest_day=pl.col("len").max())
    texts = named.filter("bot_named", pl.col("same_text").is_not_null())
    copies = texts.group_by("author_key", "same_text").len()
    copied = copies.group_by("author_key").agg(
        own_comments=pl.col("len").sum(),
        copied_share=pl.col("len").filter(pl.col("len") > 1).sum() / pl.col("len").sum(),
    )
    return busiest.join(copied, on="author_key", how="full", coalesce=True)
